"""Files under the digest of their bytes."""

import hashlib

import pytest

from solverhub.core.errors import InputTooLarge, SolverhubError, UnknownId
from solverhub.service.spool import Spool


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool", max_bytes=1000)


def test_a_file_is_found_by_the_digest_of_its_bytes(spool):
    digest = spool.keep(b"abc")
    assert digest == f"sha256:{hashlib.sha256(b'abc').hexdigest()}"
    assert spool.path(digest).read_bytes() == b"abc"
    assert spool.keep(b"abc") == digest
    assert [name for name, _ in spool.files()] == [digest]


def test_nothing_is_seen_of_what_is_not_whole(spool):
    with spool.open() as incoming:
        incoming.write(b"abc")
        assert list(spool.files()) == []
    assert list(spool.folder.iterdir()) == []
    with pytest.raises(SolverhubError):
        incoming.commit()


def test_too_large_a_file_is_refused_and_leaves_nothing(spool):
    with spool.open() as incoming:
        incoming.write(b"x" * 999)
        with pytest.raises(InputTooLarge, match="1000 bytes"):
            incoming.write(b"xx")
    assert list(spool.folder.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", "sha256:", "../../etc/passwd", "sha256:" + "g" * 64, "x" * 99]
)
def test_what_is_no_digest_is_not_a_path(spool, name):
    with pytest.raises(UnknownId):
        spool.path(name)
