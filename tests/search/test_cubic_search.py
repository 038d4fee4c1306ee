"""The search for clusters with costs on triples, against brute force and the judge."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.result import Reason
from solverhub.core.solver import Params
from solverhub.problems import families, judge
from solverhub.problems.cubic_instance import CubicInstance
from solverhub.problems.generators import generate
from solverhub.problems.reading import read
from solverhub.search.clustering_form import dense
from solverhub.search.cubic_chain import start_of
from solverhub.search.cubic_form import CubicForm
from solverhub.search.cubic_moves import anneal, descend, tally
from solverhub.search.cubic_search import CubicSearchSolver
from tests.support.brute_force import cubic_values, random_cubic

FAMILY = families.get("cubic-correlation-clustering")


def solve(instance, *, seed=0, iterations=200, warm_start=None, **budget):
    return CubicSearchSolver(FAMILY).solve(
        instance,
        Budget.start(**{"threads": 1, "iterations": iterations, "deterministic": True, **budget}),
        params=Params(),
        seed=seed,
        warm_start=warm_start,
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_form_survives_contraction(seed):
    rng = np.random.default_rng(seed)
    instance = random_cubic(rng, 12, density=0.5)
    form = CubicForm.of(instance)
    groups = dense(rng.integers(0, 5, 12))
    coarse = form.contracted(groups)
    labels = rng.integers(0, coarse.n, coarse.n)
    lifted = labels[groups]
    assert form.value(lifted) == FAMILY.objective(instance, lifted)
    inside = form.value(groups)
    assert form.value(lifted) == pytest.approx(coarse.value(labels) + inside)


@pytest.mark.parametrize("seed", range(6))
def test_moves_change_what_they_say_and_keep_the_tallies(seed):
    form = CubicForm.of(random_cubic(np.random.default_rng(seed), 14, density=0.4))
    labels = np.arange(14)
    tallies = tally(labels)
    state = np.array([seed + 1], np.uint64)
    before = form.value(labels)
    told = anneal(*form.rows, labels, *tallies, state, 3.0, 2000)
    assert form.value(labels) == pytest.approx(before + told)
    before = form.value(labels)
    told, done = descend(*form.rows, labels, *tallies, 1000)
    assert done
    assert told <= 0
    assert form.value(labels) == pytest.approx(before + told)
    again = tally(labels)
    assert again[0].tolist() == tallies[0].tolist()
    assert set(again[1][1 : again[1][0] + 1]) == set(tallies[1][1 : tallies[1][0] + 1])


@pytest.mark.parametrize("seed", range(4))
def test_a_descent_ends_where_no_single_move_gains(seed):
    form = CubicForm.of(random_cubic(np.random.default_rng(seed), 10, density=0.6))
    labels = start_of(form)
    here = form.value(labels)
    for x in range(10):
        for target in range(10):
            moved = labels.copy()
            moved[x] = target
            assert form.value(moved) >= here - 1e-9


@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.5])
@pytest.mark.parametrize("fractional", [False, True])
def test_small_instances_are_solved(shift, fractional):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        instance = random_cubic(rng, 8, density=0.8, shift=shift, fractional=fractional)
        result = solve(instance, seed=seed, iterations=1000)
        assert result.objective == pytest.approx(cubic_values(instance).min())


def test_triples_alone_are_found():
    instance = CubicInstance.of(
        7, np.zeros((2, 0), np.int64), [], [[0, 1, 4], [1, 2, 5], [2, 3, 6]], [-1, -1, -7]
    )
    assert solve(instance, iterations=20).objective == -9


@pytest.mark.parametrize(
    ("wire", "labels"),
    [
        ({"n": 0, "pairs": []}, 0),
        ({"n": 1, "pairs": []}, 1),
        ({"n": 4, "pairs": [[0, 1, 2]], "triples": [[0, 1, 2, 3]]}, 4),
        ({"n": 3, "pairs": [[0, 1, -2]], "triples": [[0, 1, 2, -3]]}, 1),
        ({"n": 3, "pairs": [[0, 1, 0]], "triples": [[0, 1, 2, 0]]}, 3),
    ],
)
def test_costs_without_conflict_are_proved_at_once(wire, labels):
    parsed = read({"problem": FAMILY.name, **wire})
    checked = judge.verify(solve(parsed.instance), parsed)
    assert checked.termination.reason is Reason.OPTIMAL
    assert np.unique(checked.solution).size <= labels


def test_several_threads_and_a_warm_start():
    parsed = generate("planted-triples", 2, n=3, alpha=0.7)
    known = solve(parsed.instance, iterations=50)
    again = solve(
        parsed.instance,
        warm_start=known.solution,
        iterations=None,
        time_s=0.3,
        threads=2,
        deterministic=False,
    )
    assert again.objective <= known.objective
    assert judge.verify(again, parsed).verified
