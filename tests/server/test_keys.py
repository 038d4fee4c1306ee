"""API keys: when they are needed, and who comes in."""

import hashlib

import httpx
import pytest

from solverhub.config import Settings
from solverhub.core.errors import InvalidParams
from solverhub.server.keys import digests


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org"])
def test_beyond_loopback_a_key_is_needed(host, tmp_path):
    with pytest.raises(InvalidParams, match="API key"):
        digests(Settings(data_dir=tmp_path, host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_loopback_none_is(host, tmp_path):
    assert digests(Settings(data_dir=tmp_path, host=host)) == ()


@pytest.mark.parametrize("key", ["sha256:12", "sha256:" + "g" * 64])
def test_a_broken_digest_is_refused(key, tmp_path):
    with pytest.raises(InvalidParams, match="hex"):
        digests(Settings(data_dir=tmp_path, api_keys=(key,)))


@pytest.fixture(scope="module")
def locked(serve_with):
    hashed = f"sha256:{hashlib.sha256(b'second').hexdigest()}"
    with serve_with(api_keys=("first", hashed)) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer first"},
        {"authorization": "bearer second"},
        {"x-api-key": "first"},
        {"x-api-key": "second"},
    ],
)
def test_a_known_key_comes_in(locked, headers):
    assert locked.get("/v1/jobs", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer third"},
        {"authorization": "Basic first"},
        {"x-api-key": ""},
        {"x-api-key": hashlib.sha256(b"first").hexdigest()},
        {"x-api-key": f"sha256:{hashlib.sha256(b'second').hexdigest()}"},
    ],
)
def test_others_do_not(locked, headers):
    answer = locked.get("/v1/jobs", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:solverhub:error:unauthorised"


def test_a_large_body_without_a_key_is_refused_before_it_is_read(locked):
    answer = locked.put("/v1/instances", content=b"x" * 5_000_000)
    assert answer.status_code == 401


def test_health_needs_no_key(locked):
    assert locked.get("/healthz").status_code == 200
