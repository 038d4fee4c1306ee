"""Programs of packing and covering rows: every optimum by enumeration, and what is refused."""

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csr_array

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Reason, Sense
from solverhub.problems import families
from solverhub.problems.integer_program import IntegerProgram
from solverhub.reductions.ilp_structure import structure_of

PROBLEM = families.get("ilp")
KINDS = ("packing", "edge cover", "complement", "set cover")


def program(kind, seed, n=9, m=12):
    """Random rows of a kind, some of them scaled or negated, with costs of either sign."""
    rng = np.random.default_rng(seed)
    rows = rng.random((m, n)) < 0.35
    for i in np.flatnonzero(rows.sum(1) < 2):
        rows[i, rng.choice(n, 2, replace=False)] = True
    if kind == "edge cover":
        rows[:] = False
        for i in range(m):
            rows[i, rng.choice(n, 2, replace=False)] = True
    k = rows.sum(1)
    low = {"packing": 0 * k - np.inf, "complement": k - 1.0}.get(kind, np.ones(m))
    high = np.ones(m) if kind == "packing" else np.full(m, np.inf)
    scale = rng.choice([1.0, 2.5, -1.0], m)
    sides = np.sort(np.stack([low * scale, high * scale]), axis=0)
    return IntegerProgram(
        sense=rng.choice([Sense.MINIMISE, Sense.MAXIMISE]),
        c=rng.integers(-3, 8, n).astype(float),
        offset=float(rng.integers(5)),
        A=csr_array(rows * scale[:, None]),
        row_lower=sides[0],
        row_upper=sides[1],
        lower=np.zeros(n),
        upper=np.ones(n),
        integer=np.ones(n, bool),
    )


def best(instance):
    points = [np.array(x, float) for x in product((0, 1), repeat=instance.n)]
    values = [PROBLEM.objective(instance, x) for x in points if not PROBLEM.violations(instance, x)]
    return min(values) if instance.sense is Sense.MINIMISE else max(values)


def solve(instance, **more):
    solver = catalog.solver("ilp", "structure-search")
    budget = Budget.start(more.pop("time_s", None), iterations=2000, threads=1, deterministic=True)
    return solver.solve(instance, budget, **more)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_the_best_point_is_found_and_bounds_stay_outside(kind, seed):
    instance = program(kind, seed)
    events = []
    result = solve(instance, observe=events.append)
    assert not PROBLEM.violations(instance, result.solution)
    assert result.objective == PROBLEM.objective(instance, result.solution) == best(instance)
    for event in events:
        if event.kind is EventKind.BOUND:
            assert not instance.sense.better(result.objective, event.bound)
    if result.termination.reason is Reason.OPTIMAL:
        assert result.bound == pytest.approx(result.objective)


def test_equal_seeds_give_equal_answers_and_a_warm_start_is_kept():
    instance = program("packing", 3, n=60, m=90)
    first, second = solve(instance, seed=5), solve(instance, seed=5)
    assert np.array_equal(first.solution, second.solution)
    again = solve(instance, seed=6, warm_start=first.solution, time_s=0.0)
    assert again.objective == first.objective


def test_what_others_find_is_taken_over():
    instance = program("set cover", 2, n=40, m=30)
    good = solve(instance).solution
    told = [Event(EventKind.INCUMBENT, 0.0, solution=good)]
    budget = Budget.start(iterations=1, threads=1).replace(
        incoming=lambda: [told.pop()] if told else []
    )
    solver = catalog.solver("ilp", "structure-search")
    result = solver.solve(instance, budget)
    assert not instance.sense.better(PROBLEM.objective(instance, good), result.objective)


def refused(**changes):
    fields = {
        "sense": Sense.MINIMISE,
        "c": np.ones(3),
        "A": csr_array(np.ones((2, 3))),
        "row_lower": np.ones(2),
        "row_upper": np.full(2, np.inf),
        "lower": np.zeros(3),
        "upper": np.ones(3),
        "integer": np.ones(3, bool),
    }
    return IntegerProgram(**{**fields, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"integer": np.array([True, False, True])},
        {"upper": np.array([1.0, 2.0, 1.0])},
        {"A": csr_array([[1.0, 2.0, 1.0], [1.0, 1.0, 1.0]])},
        {"row_lower": np.array([1.0, -np.inf]), "row_upper": np.array([np.inf, 1.0])},
        {"row_upper": np.ones(2)},
        {"row_lower": np.full(2, 3.0)},
        {"row_lower": np.full(2, 4.0)},
        {"row_lower": np.full(2, -np.inf)},
        {"A": csr_array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])},
    ],
)
def test_other_rows_are_refused(changes):
    instance = refused(**changes)
    assert isinstance(structure_of(instance), str)
    with pytest.raises(InvalidInstance):
        solve(instance)


def test_rows_that_always_hold_do_not_count():
    rows = csr_array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    loose = refused(A=rows, row_lower=np.array([1.0, -5.0, 0.0]), row_upper=np.full(3, np.inf))
    found = structure_of(loose)
    assert found.kind == "vertex-cover"
    assert found.rows.shape == (1, 3)
