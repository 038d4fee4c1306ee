"""Bells wake whoever listens, also in folders with long names, and never fail."""

import os
import time

import pytest

from solverhub.service.notifier import SocketNotifier


@pytest.fixture
def notifier(tmp_path):
    found = SocketNotifier(tmp_path / ("long" * 40) / "bells")
    yield found
    found.close()


def test_all_who_listen_hear_what_is_rung(notifier):
    ears = [notifier.listen("news") for _ in range(2)]
    deaf = notifier.listen("work")
    notifier.ring("news", "a")
    notifier.ring("news", "b")
    assert [ear.heard(1.0) for ear in ears] == [{"a", "b"}] * 2
    assert deaf.heard() == set()
    assert ears[0].heard() == set()


def test_nobody_listening_is_no_error(notifier):
    notifier.ring("news", "a")
    ear = notifier.listen("news")
    ear.close()
    notifier.ring("news", "a")


def test_a_listener_that_never_hears_stops_nobody(notifier):
    notifier.listen("news")
    for number in range(2000):
        notifier.ring("news", str(number))


def test_the_socket_of_a_dead_process_is_cleared_away(notifier, tmp_path):
    folder = tmp_path / ("long" * 40) / "bells"
    pid = os.fork()
    if pid == 0:
        notifier.listen("news")
        os._exit(0)
    os.waitpid(pid, 0)
    assert len(os.listdir(folder)) == 1
    notifier.ring("news")
    assert os.listdir(folder) == []


def test_waiting_ends(notifier):
    began = time.monotonic()
    assert notifier.listen("news").heard(0.05) == set()
    assert time.monotonic() - began >= 0.04
