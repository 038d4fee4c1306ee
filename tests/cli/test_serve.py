"""`solverhub serve`: says where it listens, takes jobs, stops on a signal, refuses bad settings."""

import signal


def test_serve_takes_jobs_until_it_is_told_to_stop(start, solverhub, two, tmp_path):
    service = start("serve", "--port", 0, "--data-dir", tmp_path / "data", "--log-level", "warning")
    address = service.stdout.readline().split()[-1]
    found = solverhub("submit", two, "--server", address, "--wait", "--output", "json")
    assert found.status == 0
    assert found.json["objective"] == 7
    service.send_signal(signal.SIGINT)
    assert service.wait(30) == 0


def test_an_open_address_needs_keys(solverhub, tmp_path):
    done = solverhub("serve", "--host", "0.0.0.0", "--port", 0, "--data-dir", tmp_path / "data")
    assert done.status == 2
    assert "key" in done.err
    assert "Traceback" not in done.err


def test_a_key_opens_the_service(start, solverhub, tmp_path):
    service = start("serve", "--port", 0, "--data-dir", tmp_path / "data", "--api-key", "k" * 32)
    address = service.stdout.readline().split()[-1]
    refused = solverhub("jobs", "--server", address)
    assert refused.status == 2
    assert "API key" in refused.err
    assert solverhub("jobs", "--server", address, "--api-key", "k" * 32).status == 0


def test_bad_settings_name_their_variable(solverhub):
    done = solverhub("serve", SOLVERHUB_PORT="many")
    assert done.status == 2
    assert "SOLVERHUB_PORT" in done.err
    assert solverhub("serve", "--port", 99_999).status == 2
