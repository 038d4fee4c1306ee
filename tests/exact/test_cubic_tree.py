"""The branch and bound on parts of cubic correlation clusterings, and its strong bound."""

import numpy as np
import pytest

from solverhub.exact.cubic_node import Node
from solverhub.exact.cubic_strong import StrongBound
from solverhub.exact.cubic_tree import CubicTree
from solverhub.problems.generators import generate
from solverhub.reductions.cubic_dense import DenseCubic
from solverhub.reductions.cubic_quads import PAIRS, STATES
from solverhub.reductions.kernel_cubic import Part
from tests.support.brute_force import cubic_values, partitions, random_cubic


def never():
    return False


def whole(dense):
    """The part that is all of an instance."""
    n = dense.n
    none = np.zeros((n, n), bool), np.zeros((n, n, n), bool)
    return Part(tuple(np.arange(n)[:, None]), dense, *none)


def test_the_tables_list_the_clusterings_of_four():
    labels = partitions(4)
    order = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert {tuple(row) for row in PAIRS} == {
        tuple(row[a] == row[b] for a, b in order) for row in labels
    }
    assert STATES.shape == (15, 4)
    assert (STATES.min(axis=1) == 4).sum() == 1


@pytest.mark.parametrize("seed", range(8))
def test_the_strong_bound_and_its_lifts_are_below_the_optima(seed):
    rng = np.random.default_rng(seed)
    instance = random_cubic(rng, 7, density=0.9, scale=(3, 6))
    dense, values, labels = DenseCubic.of(instance), cubic_values(instance), partitions(7)
    part = whole(dense)
    node = Node.root(dense.pair, dense.triple, part.apart, part.not_all)
    weak = node.tighten(50)
    strong, last = StrongBound(node), weak
    for _ in range(20):
        now = strong.tighten(never)
        assert now >= last - 1e-6
        last = now
    assert last <= values.min() + 1e-6
    joined, apart = strong.lifts(never)
    for i in range(7):
        for j in range(i):
            same = labels[:, i] == labels[:, j]
            assert last + joined[i, j] <= values[same].min() + 1e-6
            assert last + apart[i, j] <= values[~same].min() + 1e-6


def test_the_strong_bound_closes_most_of_the_gap():
    dense = DenseCubic.of(generate("planted-triples", 3, n=2, alpha=0.9, beta=0.5).instance)
    part = whole(dense)
    node = Node.root(dense.pair, dense.triple, part.apart, part.not_all)
    weak, strong = node.tighten(200), StrongBound(node)
    for _ in range(40):
        found = strong.tighten(never)
    best = -4249
    assert best - found < 0.2 * (best - weak)


@pytest.mark.parametrize("cheap", [1, 5, 300])
@pytest.mark.parametrize("fractional", [False, True])
def test_trees_end_at_the_optimum(cheap, fractional):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        instance = random_cubic(rng, 8, density=0.9, scale=(4, 5), fractional=fractional)
        dense = DenseCubic.of(instance)
        tree = CubicTree(whole(dense), dense, np.arange(8), 1e-6, cheap)
        while tree.open:
            tree.step(never)
        best = cubic_values(instance).min()
        assert tree.value == pytest.approx(best)
        assert dense.value(tree.labels) == pytest.approx(best)
        assert best - 1e-4 * abs(best) - 1e-9 <= tree.lower <= tree.value


def test_a_stopped_tree_keeps_a_bound():
    dense = DenseCubic.of(generate("planted-triples", 3, n=2, alpha=0.9).instance)
    tree = CubicTree(whole(dense), dense, np.arange(16), 1e-6, 1)
    tree.step(lambda: True)
    assert tree.open
    assert np.isfinite(tree.lower)
    assert tree.lower <= tree.value
