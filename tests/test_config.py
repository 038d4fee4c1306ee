import pytest

from solverhub.config import Settings


def test_variables_are_read_by_type():
    settings = Settings.from_environment(
        {
            "SOLVERHUB_PORT": "9000",
            "SOLVERHUB_API_KEYS": "a, b",
            "SOLVERHUB_DATA_DIR": "/srv/solverhub",
            "SOLVERHUB_MEMORY_BYTES": "none",
            "SOLVERHUB_LEASE_S": "2.5",
        }
    )
    assert (settings.port, settings.api_keys, settings.lease_s) == (9000, ("a", "b"), 2.5)
    assert str(settings.data_dir) == "/srv/solverhub"
    assert settings.memory_bytes is None


def test_overrides_win_over_the_environment():
    assert Settings.from_environment({"SOLVERHUB_PORT": "9000"}, port=1, host=None).port == 1


def test_a_wrong_value_names_its_variable():
    with pytest.raises(ValueError, match="SOLVERHUB_PORT"):
        Settings.from_environment({"SOLVERHUB_PORT": "http"})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback(host, loopback):
    assert Settings.from_environment({}, host=host).loopback is loopback
