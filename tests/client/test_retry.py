"""What is sent again, how often, and after how long."""

import random

import pytest

from solverhub import wire
from solverhub.client.exchange import Call, Lost, Pause, Reply
from solverhub.client.retry import Retry
from solverhub.core.errors import ParseError, SolverhubError, Unreachable

GET = Call(method="GET", path="/v1/jobs")
LOST = Lost(ConnectionResetError("gone"))


def drive(steps, replies):
    """The outcome of the steps and the pauses between, given the replies in turn."""
    pauses, replies, answer = [], iter(replies), None
    while True:
        try:
            want = steps.send(answer)
        except StopIteration as done:
            return done.value, pauses
        if isinstance(want, Pause):
            pauses.append(want.seconds)
            answer = None
        else:
            answer = next(replies)


def reply(status, body=b"{}", **headers):
    return Reply(status, headers, body)


def retry(attempts=5):
    return Retry(attempts, random.Random(7))


def test_a_lost_get_is_sent_again_until_it_is_answered():
    found, pauses = drive(retry().send(GET), [LOST, reply(503), reply(200)])
    assert found.status == 200
    assert len(pauses) == 2


def test_a_request_that_may_not_be_repeated_is_sent_once():
    once = Call(method="POST", path="/v1/jobs", repeatable=False)
    with pytest.raises(Unreachable, match="POST /v1/jobs"):
        drive(retry().send(once), [LOST])


def test_the_attempts_end():
    with pytest.raises(Unreachable, match="gone"):
        drive(retry(3).send(GET), [LOST] * 3)


def test_pauses_are_jittered_and_bounded():
    drawn = [retry().pause_s(attempt, LOST) for attempt in range(20)]
    assert all(0 <= pause <= 5 for pause in drawn)
    several = {Retry(random=random.Random(seed)).pause_s(3, LOST) for seed in range(20)}
    assert len(several) == 20


@pytest.mark.parametrize(
    ("given", "least", "most"), [("2", 2, 2), ("1e9", 30, 30), ("-4", 0, 0.1), ("soon", 0, 0.1)]
)
def test_retry_after_is_a_lower_bound_within_reason(given, least, most):
    pause = retry().pause_s(0, Reply(429, {"retry-after": given}, b""))
    assert least <= pause <= max(most, 0.1)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 413, 422, 500])
def test_refusals_are_final(status):
    with pytest.raises(SolverhubError):
        drive(retry().send(GET), [reply(status)])


def test_a_problem_document_becomes_the_same_typed_error():
    given = ParseError("bad edge", file="G1", line=3, column=4, remedy="give two vertices")
    body = wire.dump({**wire.error_to_wire(given), "status": 422, "title": "x"})
    with pytest.raises(ParseError) as caught:
        drive(retry().send(GET), [reply(422, body)])
    assert (str(caught.value), caught.value.line) == (str(given), 3)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"type": 3}'])
def test_a_foreign_error_body_is_no_crash(body):
    with pytest.raises(SolverhubError):
        drive(retry().send(GET), [reply(500, body)])


def test_a_stream_that_brings_nothing_is_given_up():
    kept = retry(3)
    for failures in range(3):
        assert kept.reconnect_s(failures, GET, None) >= 0
    with pytest.raises(Unreachable):
        kept.reconnect_s(3, GET, None)
    with pytest.raises(SolverhubError):
        kept.reconnect_s(0, GET, reply(404))
