"""Edge-coloured clustering as a program: equal optima, maps there and back."""

import numpy as np
import pytest

from solverhub.problems import families
from solverhub.problems.coloured_hypergraph import ColouredHypergraph
from solverhub.reductions.coloured_to_ilp import reduce_coloured
from tests.problems.test_edge_coloured_clustering import FAMILY, hypergraph, optimum
from tests.support.brute_force import program_optimum

ILP = families.get("ilp")


@pytest.mark.parametrize("kind", ["unit", "integer", "real"])
@pytest.mark.parametrize("seed", range(4))
def test_lowered_colourings_are_feasible_and_worth_the_same(kind, seed):
    instance = hypergraph(8, 14, seed, kind=kind)
    reduction = reduce_coloured(instance)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        labels = rng.integers(0, 3, 8)
        values = reduction.lower(labels)
        assert ILP.violations(reduction.instance, values) == []
        lost = FAMILY.objective(instance, labels)
        free = np.setdiff1d(np.arange(instance.m), reduction.edges)
        assert ILP.objective(reduction.instance, values) <= lost + 1e-9
        lifted = reduction.lift(values)
        assert FAMILY.objective(instance, lifted) <= lost + 1e-9
        bounds = instance.indptr
        assert all(
            (lifted[instance.vertices[bounds[e] : bounds[e + 1]]] == instance.colour[e]).all()
            for e in free
        )


@pytest.mark.parametrize("seed", range(3))
def test_the_optima_are_equal(seed):
    instance = hypergraph(4, 5, seed, kind="integer")
    reduction = reduce_coloured(instance)
    assert program_optimum(reduction.instance) == pytest.approx(optimum(instance))


def test_vertices_with_the_same_edges_share_their_rows():
    edges, colours = [[0, 1, 2], [0, 1, 3], [0, 4]], [0, 1, 0]
    instance, _ = ColouredHypergraph.of(5, 2, edges, colours)
    program = reduce_coloured(instance).instance
    assert program.m == 3, "vertex 0 alone: two links of its first colour and a sum"
    assert program.n == 4
