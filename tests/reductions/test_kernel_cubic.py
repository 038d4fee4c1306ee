"""Partial optimality of cubic correlation clustering: no test ever loses the optimum."""

import itertools

import numpy as np
import pytest

from solverhub.problems.cubic_instance import CubicInstance
from solverhub.problems.generators import generate
from solverhub.problems.triple_bound import triple_messages
from solverhub.reductions.cubic_cuts import doubled, least_between, least_cuts
from solverhub.reductions.cubic_dense import DenseCubic
from solverhub.reductions.cubic_messages import bound, evidence, sweep
from solverhub.reductions.cubic_subsets import kept_together
from solverhub.reductions.kernel_cubic import EDGE_CUT, TESTS, TRIPLET_CUT, reduce_cubic
from tests.support.brute_force import cubic_values, partitions, random_cubic

KINDS = (  # of random instances: how likely costs are there, their mean, scales of the two sizes
    (1.0, -0.8, (3, 3)),
    (0.5, 0.0, (9, 2)),
    (0.3, -0.3, (5, 5)),
    (0.7, 0.7, (6, 4)),
    (0.2, 0.0, (2, 9)),
)


def instances(count, n=6, *, fractional=False):
    for seed, (density, shift, scale) in itertools.product(range(count), KINDS):
        rng = np.random.default_rng(seed)
        yield random_cubic(rng, n, density=density, shift=shift, scale=scale, fractional=fractional)


def sparse(dense):
    """The instance of dense costs."""
    two = np.array(list(itertools.combinations(range(dense.n), 2)), np.int64).reshape(-1, 2).T
    three = np.array(list(itertools.combinations(range(dense.n), 3)), np.int64).reshape(-1, 3).T
    return CubicInstance.of(dense.n, two, dense.pair[tuple(two)], three, dense.triple[tuple(three)])


def best_of(dense):
    """Labels of an optimal clustering of dense costs."""
    return partitions(dense.n)[cubic_values(sparse(dense)).argmin()]


def suggested(part):
    return best_of(part.costs)


def agreeing(kernel):
    """Which partitions, bool, have what the kernel decided."""
    labels = partitions(kernel.n)
    kept = np.ones(len(labels), bool)
    first = [[members[0] for members in part.members] for part in kernel.parts]
    for part, own in zip(kernel.parts, first, strict=True):
        for members in part.members:
            kept &= (labels[:, members] == labels[:, members[:1]]).all(axis=1)
        for a, b in zip(*np.nonzero(part.apart), strict=True):
            kept &= labels[:, own[a]] != labels[:, own[b]]
        for a, b, c in zip(*np.nonzero(part.not_all), strict=True):
            kept &= (labels[:, own[a]] != labels[:, own[b]]) | (
                labels[:, own[a]] != labels[:, own[c]]
            )
    for one, other in itertools.combinations(first, 2):
        kept &= (labels[:, one][:, :, None] != labels[:, other][:, None]).all(axis=(1, 2))
    return kept


@pytest.mark.parametrize("test", [*TESTS, "all"])
def test_no_test_loses_the_optimum(test):
    fired = 0
    for fractional in (False, True):
        for instance in instances(20, fractional=fractional):
            chosen = TESTS if test == "all" else (test,)
            kernel = reduce_cubic(instance, suggested, tests=chosen)
            values = cubic_values(instance)
            assert values[agreeing(kernel)].min() == pytest.approx(values.min())
            fired += sum(kernel.fixed.values())
            assert 0 <= kernel.share <= 1
    assert fired > 5


def test_tests_hold_on_larger_instances_together():
    for instance in instances(8, n=8):
        kernel = reduce_cubic(instance, suggested)
        values = cubic_values(instance)
        assert values[agreeing(kernel)].min() == values.min()


@pytest.mark.parametrize("seed", range(5))
def test_optima_of_the_parts_lift_to_an_optimum(seed):
    for instance in instances(1 + seed, n=7):
        kernel = reduce_cubic(instance)
        labels = [best_of(part.costs) for part in kernel.parts]
        lifted = kernel.lift(labels)
        assert DenseCubic.of(instance).value(lifted) == cubic_values(instance).min()


@pytest.mark.parametrize("seed", range(5))
def test_contraction_keeps_values(seed):
    rng = np.random.default_rng(seed)
    dense = DenseCubic.of(random_cubic(rng, 9, density=0.7))
    groups = np.unique(rng.integers(0, 4, 9), return_inverse=True)[1]
    coarse = dense.contracted(groups)
    labels = rng.integers(0, 3, coarse.n)
    assert dense.value(labels[groups]) == coarse.value(labels) + dense.value(groups)


@pytest.mark.parametrize("seed", range(8))
def test_least_cuts_are_least(seed):
    rng = np.random.default_rng(seed)
    dense = DenseCubic.of(random_cubic(rng, 7, density=0.6))
    pair, triple = np.abs(dense.pair), np.abs(dense.triple)
    sides, capacity = least_cuts(doubled(pair, triple))
    between = least_between(sides, capacity, capacity.sum())

    def weight(side):
        cut = side[:, None] != side
        third = cut[:, :, None] | cut[:, None, :]
        return int((pair * cut).sum() / 2 + (triple * third).sum() / 6)

    for side, found in zip(sides, capacity, strict=True):
        assert found == 2 * weight(side)
    all_sides = [np.array(bits) for bits in itertools.product((False, True), repeat=7)]
    for i, j in itertools.combinations(range(7), 2):
        least = min(weight(side) for side in all_sides if side[i] != side[j])
        assert between[i, j, j] == between[j, i, i] == 2 * least


def test_the_bound_of_messages_only_rises_and_is_what_the_judge_says():
    for instance in instances(3, n=8):
        dense = DenseCubic.of(instance)
        pair, triple = dense.pair.astype(float), dense.triple.astype(float)
        message, last = np.zeros_like(triple), -np.inf
        for _ in range(20):
            sweep(pair, message, triple)
            now = bound(pair, message, triple)
            assert now >= last - 1e-9
            last = now
        assert last <= cubic_values(instance).min() + 1e-9
        assert triple_messages(instance, evidence(message)) == np.ceil(last - 1e-3)
        assert np.allclose(pair + message.sum(axis=2), dense.pair)


def test_kept_together_is_no_more_than_true():
    found = 0
    for instance in instances(8):
        values = cubic_values(instance)
        optima = partitions(6)[values == values.min()]
        dense = DenseCubic.of(instance)
        for size in (2, 3, 4):
            for chosen in itertools.combinations(range(6), size):
                inside = np.isin(np.arange(6), chosen)
                if kept_together(dense, inside):
                    found += 1
                    assert (optima[:, inside] == optima[:, chosen[:1]]).all()
    assert found > 5


def test_a_planted_partition_is_wholly_decided():
    instance = generate("planted-triples", 3, n=3, alpha=0.3).instance
    kernel = reduce_cubic(instance, lambda part: np.zeros(part.costs.n, np.int64))
    assert kernel.share == 1
    assert len(kernel.parts) == 4
    assert kernel.fixed["subset join"] > 0


def test_stopping_leaves_a_kernel_that_is_right():
    instance = generate("planted-triples", 3, n=2, alpha=0.5).instance
    kernel = reduce_cubic(instance, stopped=lambda: True)
    assert sum(members.size for part in kernel.parts for members in part.members) == 16
    assert kernel.fixed[EDGE_CUT] == kernel.fixed[TRIPLET_CUT] == 0
    assert reduce_cubic(CubicInstance.of(0, *([[]] * 2, [], [[]] * 3, []))).share == 1
