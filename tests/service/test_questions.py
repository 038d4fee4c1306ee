"""What makes two requests the same question."""

import pytest

from solverhub.service.questions import question
from solverhub.service.recent import Recent

ASKED = {
    "problem": "max-cut",
    "instance": "sha256:1",
    "solver": "cp-sat",
    "params": {"a": 1, "b": 2},
    "seed": 0,
    "budget": {"time_s": 10.0, "threads": 1, "gap": 1e-6},
    "warm_start": None,
}


@pytest.mark.parametrize(
    "change",
    [
        {"problem": "job-shop"},
        {"instance": "sha256:2"},
        {"solver": "highs"},
        {"params": {"a": 1, "b": 3}},
        {"seed": 1},
        {"budget": {"time_s": 10.0, "threads": 2, "gap": 1e-6}},
        {"budget": {"time_s": 10.0, "threads": 1, "gap": 1e-6, "target": 4}},
        {"warm_start": "sha256:3"},
    ],
)
def test_everything_that_an_answer_depends_on_tells_questions_apart(change):
    assert question(**{**ASKED, **change}) != question(**ASKED)


@pytest.mark.parametrize(
    "change",
    [
        {"params": {"b": 2, "a": 1}},
        {"budget": {"gap": 1e-6, "threads": 1, "time_s": 99.0}},
        {"budget": {"gap": 1e-6, "threads": 1, "memory_bytes": 5}},
    ],
)
def test_order_time_and_memory_do_not(change):
    assert question(**{**ASKED, **change}) == question(**ASKED)


def test_what_was_not_used_lately_is_forgotten():
    recent = Recent(2)
    recent["a"], recent["b"] = 1, 2
    assert recent.get("a") == 1
    recent["c"] = 3
    assert [recent.get(name) for name in "abc"] == [1, None, 3]
