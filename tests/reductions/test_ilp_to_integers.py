import numpy as np
import pytest
from brute_force import program_optimum, random_program
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidInstance
from solverhub.core.result import Sense
from solverhub.problems import families
from solverhub.problems.ilp import IntegerProgram
from solverhub.reductions.ilp_to_integers import LARGEST_BOX, refusal, whole_program

INF = np.inf
ILP = families.get("ilp")


def program(c, rows, low, high, *, lower=0.0, upper=INF, integer=True):
    n = len(c)
    return IntegerProgram(
        sense=Sense.MINIMISE,
        c=np.array(c, float),
        A=csr_array(np.array(rows, float).reshape(len(low), n)),
        row_lower=np.array(low, float),
        row_upper=np.array(high, float),
        lower=np.broadcast_to(np.array(lower, float), n),
        upper=np.broadcast_to(np.array(upper, float), n),
        integer=np.broadcast_to(integer, n),
    )


def holds(whole, point):
    matrix = csr_array(
        (whole.coefficients, whole.columns, whole.indptr),
        shape=(len(whole.row_lower), len(whole.lower)),
    )
    value = matrix @ point
    low = whole.no_lower | (value >= whole.row_lower)
    high = whole.no_upper | (value <= whole.row_upper)
    inside = (point >= whole.lower) & (point <= whole.upper)
    return bool(low.all() and high.all() and inside.all())


@pytest.mark.parametrize("decimals", [False, True])
def test_points_and_their_feasibility_carry_over(decimals):
    rng = np.random.default_rng(0)
    for _ in range(20):
        instance = random_program(rng, decimals=decimals, feasible=False)
        whole = whole_program(instance)
        if whole.contradiction:
            assert program_optimum(instance) is None
            continue
        assert whole.exact
        for _ in range(30):
            point = rng.integers(instance.lower - 1, instance.upper + 2)
            feasible = ILP.violations(instance, point.astype(float)) == []
            assert holds(whole, point) == feasible
            if feasible:
                assert np.array_equal(whole.point(whole.values(point)), point)


def test_thirds_and_repeated_decimals():
    halves = whole_program(program([1], [[0.125]], [0.3], [0.9], upper=9))
    assert halves.coefficients.tolist() == [1]
    assert (halves.row_lower[0], halves.row_upper[0]) == (3, 7)
    assert "row 0 has the coefficient" in refusal(program([1], [[1 / 3]], [0], [1], upper=9))


def test_a_hair_beside_an_integer_is_that_integer():
    whole = whole_program(program([1], [[1]], [1 + 1e-12], [3 - 1e-12], lower=1e-12, upper=5))
    assert (whole.row_lower[0], whole.row_upper[0]) == (1, 3)
    assert whole.lower[0] == 0


def test_columns_without_bounds():
    assert whole_program(program([1, 1], [[1, 2]], [-INF], [9])).exact
    cut_off = whole_program(program([1, 1], [[1, -1]], [0], [0]))
    assert not cut_off.exact
    assert cut_off.upper.max() == LARGEST_BOX
    known = whole_program(program([1, 1], [[1, -1]], [0], [0]), known=12)
    assert known.exact
    assert known.upper.tolist() == [12, 12]


@pytest.mark.parametrize(
    ("instance", "words"),
    [
        (program([1, 1], [[1e15, 1e-3]], [0], [1], upper=9), "row 0"),
        (program([1, 1], [[1e10, 1]], [0], [1], upper=1e12), "row 0"),
        (program([1, 1], [[1e15, -1]], [0], [INF]), "row 0"),
        (program([1.5, 1], [[1, 1]], [0], [INF], upper=2.0**60), "costs"),
        (program([1, 1], [[1, 1]], [0], [1], integer=[True, False], upper=np.pi), "column 1"),
        (
            program([1] * 3, [[1, 1, 0], [0, 1, 1], [1, 0, 1]], [1] * 3, [9] * 3, integer=False),
            "column 0",
        ),
    ],
)
def test_refusals_name_the_place(instance, words):
    assert words in refusal(instance)
    with pytest.raises(InvalidInstance, match="highs"):
        whole_program(instance)


def relaxed_optimum(instance):
    found = milp(
        instance.c,
        integrality=instance.integer.astype(int),
        bounds=(instance.lower, instance.upper),
        constraints=LinearConstraint(instance.A, instance.row_lower, instance.row_upper),
    )
    return found.fun if found.status == 0 else None


def whole_optimum(whole):
    """The optimum over the grid, by a solver that shares no code with the reduction."""
    matrix = csr_array(
        (whole.coefficients.astype(float), whole.columns, whole.indptr),
        shape=(len(whole.row_lower), len(whole.lower)),
    )
    low = np.where(whole.no_lower, -INF, whole.row_lower)
    high = np.where(whole.no_upper, INF, whole.row_upper)
    found = milp(
        whole.costs.coefficients.astype(float),
        integrality=np.ones(len(whole.lower)),
        bounds=(whole.lower, whole.upper),
        constraints=LinearConstraint(matrix, low, high),
    )
    return float(whole.costs.scale) * found.fun if found.status == 0 else None


def test_continuous_differences_lose_nothing():
    """Random programs whose continuous part is a signed graph: the grid has their optimum."""
    rng = np.random.default_rng(3)
    served = 0
    for _ in range(60):
        rows = np.zeros((5, 6))
        rows[:, :3] = rng.integers(-3, 4, (5, 3)) / rng.choice([1, 2, 4])
        for row in rows:
            first, second = rng.choice(3, 2, replace=False) + 3
            factor = rng.choice([1, 2, 3])
            row[first], row[second] = factor, -factor * rng.choice([0, 1])
        instance = program(
            rng.integers(-4, 5, 6) / 2,
            rows,
            rng.integers(-5, 2, 5) / 4,
            rng.integers(2, 9, 5) / 4,
            upper=3,
            integer=[True] * 3 + [False] * 3,
        )
        whole = whole_program(instance)
        served += 1
        expected = relaxed_optimum(instance)
        if whole.contradiction:
            assert expected is None
            continue
        found = whole_optimum(whole)
        assert (found is None) == (expected is None)
        if expected is not None:
            assert found == pytest.approx(expected, abs=1e-6)
    assert served == 60


def test_signs_that_do_not_split_are_refused():
    """x + y, y + z and x + z at odd values have their vertex at halves."""
    odd = [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
    assert refusal(program([1] * 3, odd, [1] * 3, [1] * 3, integer=False)) is not None
    even = [[1, 1, 0], [0, 1, 1], [1, 0, -1]]
    assert refusal(program([1] * 3, even, [1] * 3, [1] * 3, integer=False, upper=9)) is None
