"""What the cache serves, for which time limit, and what it forgets first."""

import pytest

from solverhub.service import answers
from solverhub.service.answers import Answer

from .store_parts import result, store_at


@pytest.fixture
def database(settings):
    store, _ = store_at(settings)
    yield store.database
    store.close()


def keep(database, time_s, settled=False, body=b"x", question="q", now=1.0):
    with database.writing() as cursor:
        answer = Answer(question=question, time_s=time_s, settled=settled, body=body)
        answers.keep(cursor, answer, now)


def test_an_answer_cut_by_time_serves_that_time_alone(database):
    keep(database, 10.0)
    assert answers.find(database, "q", 10.0) is not None
    for other in (5.0, 20.0):
        assert answers.find(database, "q", other) is None
    assert answers.find(database, "p", 10.0) is None


def test_a_settled_answer_serves_any_time(database):
    keep(database, 10.0, body=b"cut")
    keep(database, 20.0, settled=True, body=b"settled")
    for time_s in (1.0, 10.0, 20.0, 1000.0):
        assert answers.find(database, "q", time_s).body == b"settled"


def test_a_longer_run_starts_from_the_longest_shorter_one(database):
    for time_s in (1.0, 5.0, 30.0):
        keep(database, time_s, body=str(time_s).encode())
    assert answers.find_start(database, "q", 10.0).body == b"5.0"
    assert answers.find_start(database, "q", 1.0) is None


@pytest.mark.parametrize(
    ("reason", "limit", "settled"),
    [
        ("optimal", None, True),
        ("infeasible", None, True),
        ("unbounded", None, True),
        ("feasible", None, True),
        ("feasible", "target", True),
        ("feasible", "iterations", True),
        ("feasible", "time", False),
    ],
)
def test_what_more_time_would_not_change_is_settled(reason, limit, settled):
    assert answers.settled(result(reason, limit)) is settled


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (result("feasible", "time", verified=True), True),
        (result("infeasible"), True),
        (result("feasible", "cancelled", verified=True), False),
        (result("feasible", "memory", verified=True), False),
        (result("no_solution", "time"), False),
        (result("no_solution", verified=False), False),
    ],
)
def test_only_checked_answers_are_kept(found, kept):
    assert answers.worth_keeping(found) is kept


def test_what_was_not_used_for_longest_goes_first(database):
    for number in range(10):
        keep(database, 1.0, body=b"x" * 100, question=str(number), now=float(number))
    first = answers.find(database, "0", 1.0)
    with database.writing() as cursor:
        answers.touch(cursor, first, 100.0)
    assert answers.evict(database, 10_000) == 0
    assert answers.evict(database, 350) == 7
    left = [n for n in range(10) if answers.find(database, str(n), 1.0)]
    assert left == [0, 8, 9]
