"""The first packing of a sparse instance: cycles that share no more than there is."""

import itertools

import pytest

from solverhub.exact.conflict_packing import ConflictPacking
from solverhub.exact.conflict_program import ConflictProgram
from solverhub.problems import families
from solverhub.problems.generators import generate
from tests.problems.test_correlation_clustering import optimum, signed

FAMILY = families.get("correlation-clustering")


def program_of(seed, n=60):
    name = "correlation-clustering"
    return ConflictProgram(
        generate("er", seed, problem=name, n=n, p=0.2, signed=True).instance, seed
    )


def cycles_of(passes, work):
    found = []
    while not passes.done:
        ends, cycles = passes.more(work)
        found += [tuple(cycles[a:b]) for a, b in itertools.pairwise(ends)]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_cycles_close_and_share_no_edge(seed):
    program = program_of(seed)
    u, v = program.graph.edge_index
    positive = {frozenset(pair) for pair in zip(u.tolist(), v.tolist(), strict=True)}
    negative = {frozenset(pair) for pair in zip(*(x.tolist() for x in program.pairs), strict=True)}
    found = cycles_of(program.passes(), 10**9)
    used = set()
    for cycle in found:
        assert len(set(cycle)) == len(cycle) >= 3
        path = [frozenset(pair) for pair in itertools.pairwise(cycle)]
        closing = frozenset((cycle[0], cycle[-1]))
        assert closing in negative
        assert set(path) <= positive
        assert not used & {closing, *path}
        used |= {closing, *path}
    assert len(found) > 10


def test_a_pass_in_parts_finds_the_same():
    whole, parts = (cycles_of(program_of(3).passes(), work) for work in (10**9, 50))
    assert whole == parts


@pytest.mark.parametrize("seed", range(5))
def test_the_first_round_is_a_bound_already(seed):
    instance = signed(8, seed, density=0.8)
    packing = ConflictPacking(instance, seed)
    packing.round()
    assert FAMILY.bound_value(instance, packing.evidence) <= optimum(instance)
    assert packing.bound > 0 or optimum(instance) == 0
