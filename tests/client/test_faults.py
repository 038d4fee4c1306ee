"""Connections that drop and servers that die: nothing is done twice, nothing is lost."""

import signal
import threading
import time
import uuid

import pytest

from solverhub.client import Client
from solverhub.client.retry import Retry
from solverhub.core.errors import SolverhubError
from solverhub.core.events import EventKind


def test_a_lost_answer_does_not_submit_twice(flaky, client, easy_shop):
    name = str(uuid.uuid4())
    with flaky([0, 0, 40]) as proxy, Client(proxy.url) as shaky:
        result = shaky.solve(easy_shop, solver="cp-sat", name=name, use_cache=False)
    assert result.objective == 11
    assert proxy.connections >= 4
    assert sum(job.name == name for job in client.jobs()) == 1


def test_an_upload_that_breaks_is_sent_again(flaky, tmp_path):
    path = tmp_path / "large.col"
    path.write_bytes(b"c padding\n" * 300_000 + b"p edge 2 1\ne 1 2\n")
    with flaky([0, None, 0, 0]) as proxy, Client(proxy.url) as shaky:
        result = shaky.solve(path, "maximum-independent-set", "cp-sat")
    assert result.objective == 1


def test_events_go_on_where_the_connection_broke(flaky, client, hard_shop):
    job = client.submit(hard_shop, solver="cp-sat", time_limit=3, seed=71)
    with flaky([None, 700, 0, 900, 1100]) as proxy, Client(proxy.url) as shaky:
        seen = list(shaky.job(job.id).events())
    assert seen == list(job.events())
    assert any(event.kind is EventKind.INCUMBENT for event in seen)


def test_a_network_that_stays_broken_is_told(flaky, easy_shop):
    with flaky([0] * 50) as proxy, Client(proxy.url, retry=Retry(3)) as shaky:
        with pytest.raises(SolverhubError, match="no answer"):
            shaky.problems()
        assert proxy.connections == 3


def test_a_server_killed_while_a_client_waits(own_server, easy_shop, hard_shop):
    found = []

    def wait():
        with Client(own_server.url, retry=Retry(30)) as client:
            found.append(client.solve(hard_shop, solver="cp-sat", time_limit=4, seed=72))

    thread = threading.Thread(target=wait)
    thread.start()
    with Client(own_server.url) as client:
        until = time.monotonic() + 30
        while not list(client.jobs(state="running")):
            assert time.monotonic() < until
            time.sleep(0.05)
    own_server.kill(signal.SIGKILL)
    own_server.start()
    thread.join(90)
    assert found[0].verified is True
    with Client(own_server.url) as client:
        assert len(list(client.jobs())) == 1
        assert client.solve(easy_shop, solver="cp-sat").objective == 11
