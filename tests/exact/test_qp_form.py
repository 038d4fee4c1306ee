import numpy as np
import pytest
from quadratic_programs import quadratic, solved
from scipy.sparse import csc_array

from solverhub.engines import clarabel
from solverhub.exact.qp_form import bounds_of, convert
from solverhub.problems.qp_residuals import residuals
from solverhub.problems.quadratic_program import QuadraticProgram


def test_rows_of_one_entry_become_bounds_of_their_tightest():
    program = quadratic(
        np.eye(2),
        [0, 0],
        [[2, 0], [-1, 0], [0, 1], [1, 1], [0, 1]],
        [(2, 8), (-3, None), (None, 5), (0, 1), (-1, 4)],
    )
    bounds = bounds_of(program)
    assert bounds.lower.tolist() == [1, -1]
    assert bounds.upper.tolist() == [3, 4]
    assert bounds.lower_row.tolist() == [0, 4]
    assert bounds.upper_row.tolist() == [1, 4]
    form = convert(program).form
    assert form.G.toarray().tolist() == [[1, 1]]
    assert not len(form.b)


def test_fixed_columns_leave_and_come_back_with_their_multiplier():
    program = quadratic(
        [[2, 1], [1, 2]], [1, -6], [[1, 0], [1, 1], [0, 1]], [(3, 3), (None, 4), (0, None)]
    )
    conversion = convert(program)
    assert conversion.form.n == 1
    answer = clarabel.Run(conversion.form, eps=1e-9).solve()
    x = conversion.values(answer)
    y = conversion.multipliers(answer, program.P @ x + program.q)
    assert x == pytest.approx([3, 1], abs=1e-7)
    assert residuals(program, x, y).meets(1e-7)


@pytest.mark.parametrize("seed", range(8))
def test_a_pair_survives_there_and_back(seed):
    rng = np.random.default_rng(seed)
    program, *_, value = solved(rng, 8, 12)
    conversion = convert(program)
    answer = clarabel.Run(conversion.form, eps=1e-10).solve()
    found = conversion.values(answer)
    y = conversion.multipliers(answer, program.P @ found + program.q)
    measured = residuals(program, found, y)
    assert measured.meets(1e-7)
    assert measured.objective == pytest.approx(value, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize(
    ("rows", "sides"),
    [
        ([[1, 0], [-2, 0]], [(3, None), (-2, None)]),
        ([[0, 0]], [(1, 2)]),
        ([[0, 0]], [(None, -1)]),
    ],
)
def test_contradictions_of_single_rows_are_proved(rows, sides):
    program = quadratic(np.eye(2), [0, 0], rows, sides)
    y = convert(program).contradiction
    assert y is not None
    assert (program.A.T @ y == 0).all()
    above, below = np.maximum(y, 0), np.maximum(-y, 0)
    assert program.u[above > 0] @ above[above > 0] - program.l[below > 0] @ below[below > 0] < 0


def test_bounds_equal_but_for_rounding_are_no_contradiction():
    third = 0.1 + 0.2
    program = quadratic([[1]], [0], [[3], [10]], [(3 * 0.3, None), (None, 10 * third - 1e-15)])
    assert convert(program).contradiction is None


def test_no_column_and_no_row():
    program = QuadraticProgram(
        P=csc_array((0, 0)), q=np.zeros(0), A=csc_array((0, 0)), l=np.zeros(0), u=np.zeros(0)
    )
    assert convert(program).form.n == 0
