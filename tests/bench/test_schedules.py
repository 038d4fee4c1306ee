"""The measure of schedules evaluates schedules."""

from __future__ import annotations

import numpy as np

from solverhub.bench.schedules import shop
from solverhub.ops.schedules import evaluate


def test_dispatched_schedules_are_complete_and_have_no_cycle():
    duration, indptr, after = shop(5, 4, B=30)
    found = evaluate(duration, indptr, after)
    assert (found.makespan >= duration.reshape(5, 4).sum(1).max()).all()
    assert ((after < 0).sum(1) == 4).all()
    assert len(np.unique(after, axis=0)) == 30
