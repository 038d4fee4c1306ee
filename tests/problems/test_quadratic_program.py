"""The instance: its checks, its canonical form and the bounds in its rows."""

import numpy as np
import pytest
from qp_cases import random_program
from scipy.sparse import csc_array

from solverhub.core.errors import InvalidInstance
from solverhub.problems.quadratic_program import QuadraticProgram, variable_bounds

SQUARE = {"P": np.eye(2), "q": [1, 2], "A": [[1, 1], [1, 0], [0, -2]], "l": [0, 0, -4]}


def program(**changes):
    return QuadraticProgram(**{**SQUARE, "u": [1, np.inf, 1e20], **changes})


def test_arrays_are_canonical_and_read_only():
    made = program(P=csc_array([[1.0, 0], [0, 0]]), u=[1, 1e20, 3e30])
    assert (made.n, made.m, made.P.nnz) == (2, 3, 1)
    assert made.u.tolist() == [1, np.inf, np.inf]
    assert not made.integer.any()
    assert made.P.indices.dtype == made.A.indptr.dtype == np.int32
    for array in (made.q, made.l, made.u, made.integer, made.P.data, made.A.indices):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_program_may_have_no_rows_no_columns_and_crossed_sides():
    assert program(A=csc_array((0, 2)), l=[], u=[]).m == 0
    empty = QuadraticProgram(P=csc_array((0, 0)), q=[], A=csc_array((0, 0)), l=[], u=[])
    assert empty.n == 0
    assert program(l=[2, 0, 0]).l[0] == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"q": [1, 2, 3]}, "P has shape \\(2, 2\\), but q has 3"),
        ({"q": [[1, 2]]}, "q has shape \\(1, 2\\)"),
        ({"q": ["a", 2]}, "q is not a list of numbers"),
        ({"q": [1, np.nan]}, "q\\[1\\] is not a number"),
        ({"q": [1, np.inf]}, "q\\[1\\] is inf"),
        ({"r": np.nan}, "r is nan"),
        ({"P": [[1, 0], [0, np.nan]]}, "P\\[1, 1\\] is nan"),
        ({"P": [[1, 2], [0, 1]]}, "not symmetric"),
        ({"P": np.ones((3, 2))}, "P has shape \\(3, 2\\)"),
        ({"A": [[1, 1], [1e20, 0], [0, -2]]}, "A\\[1, 0\\] is 1e\\+20"),
        ({"A": np.ones((3, 3))}, "A has shape \\(3, 3\\)"),
        ({"l": [0, 0]}, "l has shape \\(2,\\), expected \\(3,\\)"),
        ({"l": [0, np.inf, 0]}, "l\\[1\\] is inf"),
        ({"u": [0, 0, -1e20]}, "u\\[2\\] is -inf"),
        ({"u": [0, np.nan, 0]}, "u\\[1\\] is not a number"),
        ({"integer": [1, 2]}, "neither true nor false"),
        ({"integer": [1]}, "integer has shape"),
    ],
)
def test_wrong_data_is_named_with_its_place(changes, message):
    with pytest.raises(InvalidInstance, match=message):
        program(**changes)


def test_rows_with_one_entry_are_bounds():
    lower, upper, general = variable_bounds(program(u=[1, 5, 6]))
    assert general.tolist() == [0]
    assert lower.tolist() == [0, pytest.approx(-3)]
    assert upper.tolist() == [5, pytest.approx(2)]
    assert lower[1] <= -3
    assert upper[1] >= 2


def test_bounds_intersect_and_empty_rows_are_general():
    made = QuadraticProgram(
        P=np.zeros((1, 1)), q=[0], A=[[1], [0], [1], [3]], l=[0, -1, 1, -np.inf], u=[9, 1, 7, 9]
    )
    lower, upper, general = variable_bounds(made)
    assert (lower[0], upper[0]) == (1, pytest.approx(3))
    assert general.tolist() == [1]


def test_points_within_the_bounds_are_within_the_rows():
    for seed in range(20):
        made, inside = random_program(seed)
        lower, upper, general = variable_bounds(made)
        assert (lower <= inside).all()
        assert (inside <= upper).all()
        assert (np.diff(made.A.tocsr().indptr)[general] != 1).all()
