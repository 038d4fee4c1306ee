"""A server in a thread, without workers: enough for everything that is refused."""

import contextlib
import sys
import threading
from pathlib import Path

import httpx
import pytest

from solverhub.config import Settings
from solverhub.server import serve
from solverhub.server.app import create_app
from solverhub.service.service import Service

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))


@contextlib.contextmanager
def serving(settings):
    """Base URL of a server with these settings."""
    service = Service(settings)
    app = create_app(service, settings)
    with serve.bind(settings) as listening:
        server = serve.Server(app, settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield serve.url(listening)
        finally:
            server.should_exit = True
            thread.join(20)
            service.close()


@pytest.fixture(scope="session")
def serve_with(tmp_path_factory):
    """Context manager that serves with changed settings."""

    def start(**changes):
        folder = tmp_path_factory.mktemp("served")
        return serving(Settings(data_dir=folder, port=0, log_level="CRITICAL", **changes))

    return start


@pytest.fixture(scope="session")
def api(live_server):
    """An HTTP client of the live server."""
    with httpx.Client(base_url=live_server.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def refusing(serve_with):
    """An HTTP client of a server with small limits and no workers."""
    limits = {
        "max_json_bytes": 2**20,
        "max_file_bytes": 2**21,
        "max_decompressed_bytes": 2**22,
    }
    with serve_with(**limits) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client
