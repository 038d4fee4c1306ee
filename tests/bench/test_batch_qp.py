"""The measure of batches judges answers apart from the kernels that gave them."""

from __future__ import annotations

import numpy as np

from solverhub.bench.batch_qp import judged, one_by_one, programs
from solverhub.ops.batch_qp import BatchStatus, solve_batch


def test_solved_programs_pass_and_wrong_ones_do_not():
    data = programs(50)
    found = solve_batch(*data)
    assert (found.status == BatchStatus.SOLVED).all()
    assert judged(data, found.x, found.y).all()
    assert not judged(data, found.x + 0.1, found.y).any()
    assert not judged(data, found.x, -found.y).any()


def test_the_programs_are_feasible_with_equalities():
    _, _, A, low, high = programs(20)
    assert (low <= high).all()
    assert ((low == high).sum(1) == 5).all()
    assert A.shape == (20, 40, 20)
    assert not np.array_equal(A[0], A[1])


def test_solvers_of_single_programs_are_judged_like_the_batch():
    lines = {line[0]: line for line in one_by_one(programs(4))}
    assert lines["Clarabel, one by one"][3] == "100.00 %"
