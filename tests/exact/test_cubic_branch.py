"""The exact solver of cubic correlation clustering, its nodes and bounds, against brute force."""

import numpy as np
import pytest

from solverhub.core.budget import Budget
from solverhub.core.result import BoundCheck, Limit, Reason
from solverhub.core.solver import Params
from solverhub.exact.cubic_branch import CubicBranchSolver
from solverhub.exact.cubic_node import Node, lifts
from solverhub.problems import families, judge
from solverhub.problems.cubic_instance import CubicInstance
from solverhub.problems.generators import generate
from solverhub.problems.reading import read
from solverhub.reductions.cubic_dense import DenseCubic
from tests.support.brute_force import cubic_values, partitions, random_cubic

FAMILY = families.get("cubic-correlation-clustering")


def solve(instance, *, seed=0, warm_start=None, **budget):
    return CubicBranchSolver(FAMILY).solve(
        instance,
        Budget.start(**{"threads": 1, "deterministic": True, "time_s": 60, **budget}),
        params=Params(),
        seed=seed,
        warm_start=warm_start,
    )


@pytest.mark.parametrize("fractional", [False, True])
@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.5])
def test_small_instances_are_proved(shift, fractional):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        instance = random_cubic(rng, 8, density=0.8, shift=shift, fractional=fractional)
        result = solve(instance)
        assert result.termination.reason is Reason.OPTIMAL
        assert result.objective == pytest.approx(cubic_values(instance).min())


def test_several_parts_are_proved_together():
    rng = np.random.default_rng(5)
    parts = [random_cubic(rng, 7, density=0.8) for _ in range(3)]
    instance = CubicInstance.of(
        21,
        np.concatenate([part.pairs + 7 * at for at, part in enumerate(parts)], axis=1),
        np.concatenate([part.pair_costs for part in parts]),
        np.concatenate([part.triples + 7 * at for at, part in enumerate(parts)], axis=1),
        np.concatenate([part.triple_costs for part in parts]),
    )
    result = solve(instance)
    assert result.termination.reason is Reason.OPTIMAL
    assert result.objective == sum(cubic_values(part).min() for part in parts)


@pytest.mark.parametrize("seed", range(6))
def test_a_node_bounds_its_partitions(seed):
    rng = np.random.default_rng(seed)
    instance = random_cubic(rng, 7, density=0.8)
    dense, labels = DenseCubic.of(instance), partitions(7)
    none = np.zeros((7, 7), bool)
    node = Node.root(dense.pair, dense.triple, none, np.zeros((7, 7, 7), bool))
    node.tighten(2)
    for _ in range(3):
        i, j = rng.choice(7, 2, replace=False)
        a, b = (int(node.groups[x]) for x in (i, j))
        same = (labels[:, node.groups.argmax()] >= 0).copy()
        for x in range(7):
            for y in range(7):
                if node.groups[x] == node.groups[y]:
                    same &= labels[:, x] == labels[:, y]
                elif node.apart[node.groups[x], node.groups[y]]:
                    same &= labels[:, x] != labels[:, y]
        values, lower = cubic_values(instance), node.tighten(1)
        assert lower <= values[same].min() + 1e-6
        if a == b or node.apart[a, b]:
            continue
        joined, apart = lifts(node.pair, node.message, node.triple)
        together = labels[:, i] == labels[:, j]
        assert lower + joined[a, b] <= values[same & together].min() + 1e-6
        assert lower + apart[a, b] <= values[same & ~together].min() + 1e-6
        pairs = np.zeros((node.n, node.n), bool)
        pairs[a, b] = pairs[b, a] = True
        node = node.joined(pairs) if rng.random() < 0.5 else node.separated(pairs)
        assert node.tighten(0) >= lower - 1e-6


def test_planted_partitions_are_proved_by_the_judge():
    parsed = generate("planted-triples", 3, n=3, alpha=0.6)
    checked = judge.verify(solve(parsed.instance), parsed)
    assert checked.termination.reason is Reason.OPTIMAL
    assert checked.bound_check is BoundCheck.RECOMPUTED


def test_triangles_are_proved_by_branching():
    parsed = generate("equilateral-triangles", 3, n=4)
    checked = judge.verify(solve(parsed.instance), parsed)
    assert checked.termination.reason is Reason.OPTIMAL
    assert "partial optimality" in checked.log[0]


@pytest.mark.parametrize(
    "wire",
    [
        {"n": 0, "pairs": []},
        {"n": 1, "pairs": []},
        {"n": 2, "pairs": [[0, 1, -3]]},
        {"n": 2, "pairs": [[0, 1, 3]]},
        {"n": 4, "pairs": [[0, 1, 2]], "triples": [[0, 1, 2, 3]]},
        {"n": 4, "pairs": [[0, 1, -2.5]], "triples": [[0, 1, 2, -3]]},
        {"n": 3, "pairs": [[0, 1, 0]], "triples": [[0, 1, 2, 0]]},
    ],
)
def test_degenerate_instances_are_proved(wire):
    parsed = read({"problem": FAMILY.name, **wire})
    checked = judge.verify(solve(parsed.instance), parsed)
    assert checked.termination.reason is Reason.OPTIMAL


def test_a_subproblem_too_large_for_bounds_is_searched():
    rng = np.random.default_rng(0)
    n = 400
    pairs = np.sort(rng.integers(0, n, (2, 3000)), axis=0)
    pairs = pairs[:, pairs[0] < pairs[1]]
    costs = rng.choice([-2, 3], pairs.shape[1])
    instance = CubicInstance.of(n, pairs, costs, np.zeros((3, 0), np.int64), [])
    result = solve(instance, time_s=None, iterations=3)
    assert result.termination.reason is Reason.FEASIBLE
    assert result.termination.limit is Limit.ITERATIONS
    assert result.objective < 0


def test_relabelling_changes_no_value():
    instance = generate("planted-triples", 5, n=2, alpha=0.75).instance
    place = np.random.default_rng(1).permutation(instance.n)
    moved = CubicInstance.of(
        instance.n,
        place[instance.pairs],
        instance.pair_costs,
        place[instance.triples],
        instance.triple_costs,
    )
    assert solve(instance).objective == solve(moved).objective
