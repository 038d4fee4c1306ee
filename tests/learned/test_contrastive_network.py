"""Features and network of the contrastive policy."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from solverhub.core.result import Sense
from solverhub.exact.ilp_start import ilp_start
from solverhub.learned.contrastive_features import COLUMN, ROW, bipartite, features
from solverhub.learned.contrastive_network import (
    ContrastiveNetwork,
    NetworkConfig,
    Sides,
    neighbour_sum,
)
from solverhub.learned.contrastive_relaxation import relax
from solverhub.problems.generators import generate
from solverhub.problems.integer_program import IntegerProgram


def scores(network, program, incumbents, relaxation=None):
    graph = bipartite(program, relaxation)
    shown = map(torch.from_numpy, features(graph, incumbents))
    return network(*shown, Sides.of(graph))


@pytest.fixture
def network():
    torch.manual_seed(3)
    return ContrastiveNetwork(NetworkConfig(width=8, heads=2)).eval()


def drawn(name="set-cover", **sizes):
    parsed = generate(name, 4, **(sizes or {"columns": 40, "rows": 25, "density": 0.15}))
    return parsed, ilp_start(parsed.problem, parsed.instance)


def test_scores_follow_a_renumbering_of_columns_and_rows(network):
    parsed, x = drawn()
    program, rng = parsed.instance, np.random.default_rng(1)
    relaxation = relax(program)
    columns, rows = rng.permutation(program.n), rng.permutation(program.m)
    moved = replace(
        program,
        c=program.c[columns],
        A=program.A[rows][:, columns],
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
    )
    other = replace(
        relaxation,
        values=relaxation.values[columns],
        reduced_costs=relaxation.reduced_costs[columns],
    )
    with torch.no_grad():
        first = scores(network, program, [x], relaxation)
        second = scores(network, moved, [x[columns]], other)
    assert torch.allclose(first[torch.from_numpy(columns)], second, atol=1e-5)


def test_the_units_of_costs_and_rows_do_not_enter(network):
    parsed, x = drawn()
    program = parsed.instance
    scaled = replace(program, c=7 * program.c, A=program.A * 3.0, row_lower=3 * program.row_lower)
    turned = replace(program, sense=Sense.MAXIMISE, c=-program.c)
    with torch.no_grad():
        first, second, third = (scores(network, p, [x]) for p in (program, scaled, turned))
    assert torch.allclose(first, second, atol=1e-5)
    assert torch.allclose(first, third, atol=1e-5)


def test_odd_programs_give_finite_features():
    program = IntegerProgram(
        sense=Sense.MINIMISE,
        c=np.array([0.0, 1e12, -1e-12, 0.0]),
        A=csr_array([[1e12, 1e-12, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0]]),
        row_lower=np.array([-np.inf, -np.inf, 2.0]),
        row_upper=np.array([np.inf, 0.0, 2.0]),
        lower=np.array([-np.inf, -5.0, 0.0, 3.0]),
        upper=np.array([np.inf, np.inf, 1.0, 3.0]),
        integer=np.array([True, True, False, True]),
    )
    columns, rows = features(bipartite(program), [np.array([1e15, 3.0, 1.0, 3.0])])
    assert columns.shape == (4, COLUMN)
    assert rows.shape == (3, ROW)
    assert np.isfinite(columns).all()
    assert np.isfinite(rows).all()


def test_gradients_of_sums_over_neighbours_are_those_of_differences():
    parsed, _ = drawn("independent-set", n=12, degree=3)
    side = Sides.of(bipartite(parsed.instance)).columns
    rng = torch.Generator().manual_seed(1)
    weight, values = (
        torch.rand(shape, generator=rng, dtype=torch.float64, requires_grad=True)
        for shape in ((side.of.numel(),), (side.senders, 3))
    )
    torch.autograd.gradcheck(lambda w, v: neighbour_sum(w, v, side), (weight, values))
