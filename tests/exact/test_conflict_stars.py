"""Stars: the rows made hold for every clustering, and lack at the point they were made at."""

import numpy as np
import pytest

from solverhub.exact.conflict_packing import ConflictPacking
from solverhub.exact.conflict_program import ConflictProgram
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from tests.problems.test_correlation_clustering import optimum, partitions, signed

FAMILY = families.get("correlation-clustering")


def disagreement(program, labels):
    """d of each column, where `labels` are of the vertices of the program."""
    u, v = program.graph.edge_index
    a, b = program.pairs
    return np.append(labels[u] != labels[v], labels[a] == labels[b]).astype(float)


def rows_of(program):
    rows = program.rows
    for first, last, need in zip(rows.indptr[:-1], rows.indptr[1:], rows.need, strict=True):
        yield rows.columns[first:last], need


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_rows_hold_for_every_clustering_and_cut_off_the_point(complete, seed):
    instance = signed(7, seed, complete=complete, density=0.6 if complete else 0.95)
    program = ConflictProgram(instance, seed)
    program.add_cycles(0.0, 100)
    program.keep(np.zeros(program.rows.need.size, bool))
    program.x = program.rng.random(program.cost.size) * program.rng.choice([0.1, 0.4])
    point = program.x.copy()
    program.add_stars(1e-3, 1000)
    for columns, need in rows_of(program):
        known = columns < point.size
        assert np.unique(columns).size == columns.size
        assert 1 <= need <= columns.size
        assert point[columns[known]].sum() <= need - 1e-3
    clusterings = [np.array(labels) for labels in partitions(program.n)]
    all_d = np.array([disagreement(program, labels) for labels in clusterings])
    for columns, need in rows_of(program):
        assert all_d[:, columns].sum(axis=1).min() >= need
    single = np.zeros(program.rows.need.size)
    best = optimum(instance)
    for row in range(min(20, single.size)):
        single[:] = 0.0
        single[row] = 1.0
        evidence = program.evidence(single)
        assert FAMILY.bound_value(instance, evidence) <= best


@pytest.mark.parametrize(("left", "right"), [(2, 2), (2, 4), (3, 3), (3, 5)])
def test_two_sets_that_attract_each_other_and_repel_themselves_are_proved(left, right):
    """All that can agree is a matching; with one centre the packing ends below."""
    u, v = np.divmod(np.arange(left * right), right)
    n = left + right
    instance = SignedGraph.of(Graph.from_edges(n, u, left + v), True)
    a, b = np.triu_indices(n, 1)
    weights = instance.weights_of(a, b)
    listed = SignedGraph.of(Graph.from_edges(n, a, b, None, weights), False)
    for form in (instance, listed):
        packing = ConflictPacking(form, 0)
        for _ in range(100):
            packing.round()
        value = left * right - min(left, right)
        assert packing.bound == pytest.approx(value, abs=1e-3)
        assert FAMILY.bound_value(form, packing.evidence) == value
        if n <= 7:
            assert value == optimum(form)
