"""Canonical graphs: order, direction and duplicates of the input leave no trace."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InputTooLarge, InvalidInstance
from solverhub.problems.graph import Graph, exact_sum
from solverhub.problems.graph_summary import summarise

pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30)


def graph(n, edges, **weights):
    u = [a for a, _ in edges]
    v = [b for _, b in edges]
    return Graph.from_edges(n, u, v, **weights)


@given(pairs)
def test_edges_are_a_sorted_set_without_loops(edges):
    found = graph(7, edges)
    expected = sorted({(min(e), max(e)) for e in edges if e[0] != e[1]})
    assert list(zip(*found.edge_index.tolist(), strict=True)) == expected
    assert found.edge_index.dtype == np.int64
    assert found.edge_index.shape == (2, len(expected))


@given(pairs)
def test_rows_are_sorted_and_symmetric(edges):
    found = graph(7, edges)
    for x in range(7):
        row = found.neighbours(x).tolist()
        assert row == sorted(
            {b for a, b in edges + [(b, a) for a, b in edges] if a == x and b != x}
        )
        ids = found.edge_ids[found.indptr[x] : found.indptr[x + 1]]
        ends = found.edge_index[:, ids]
        assert ((ends[0] == x) | (ends[1] == x)).all()
    assert found.degrees.sum() == 2 * found.n_edges


@given(pairs.flatmap(lambda e: st.tuples(st.just(e), st.permutations(e), st.data())))
@settings(max_examples=50)
def test_digest_does_not_see_order_or_direction(case):
    edges, shuffled, data = case
    turned = [(b, a) if data.draw(st.booleans()) else (a, b) for a, b in shuffled]
    assert graph(7, edges).digest("x") == graph(7, turned).digest("x")
    assert graph(7, edges).digest("x") != graph(7, edges).digest("y")
    assert graph(7, edges).digest("x") != graph(8, edges).digest("x")


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(-9, 9)), max_size=12))
def test_sums_of_fractional_weights_do_not_see_order(rows):
    u, v, w = ([row[k] for row in rows] for k in range(3))
    one = Graph.from_edges(5, u, v, edge_weights=w)
    two = Graph.from_edges(5, v[::-1], u[::-1], edge_weights=w[::-1])
    assert one.digest("x") == two.digest("x")


def test_duplicate_weights_are_summed_and_unit_weights_are_none():
    found = Graph.from_edges(3, [0, 1, 1], [1, 0, 2], edge_weights=[2, 3, 4])
    assert found.edge_weights.tolist() == [5, 4]
    assert Graph.from_edges(3, [0, 1], [1, 2], edge_weights=[1.0, 1.0]).edge_weights is None
    assert Graph.from_edges(3, [0, 1], [1, 0], edge_weights=[1, 1]).edge_weights.tolist() == [2]
    assert Graph.from_edges(2, [0], [1], weights=[1, 1]).weights is None
    assert Graph.from_edges(2, [0], [1], weights=[1.0, 2.0]).weights.dtype == np.int64


def test_integer_weights_beyond_2_53_stay_exact():
    big = 2**53 + 1
    found = Graph.from_edges(3, [0, 1], [1, 2], edge_weights=[big, 2**62])
    assert found.edge_weights.tolist() == [big, 2**62]
    assert exact_sum(np.array([2**62] * 5)) == 5 * 2**62


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"n": 2, "u": [0], "v": [2]}, "leaves the vertices"),
        ({"n": 2, "u": [-1], "v": [1]}, "leaves the vertices"),
        ({"n": -1, "u": [], "v": []}, "n is -1"),
        ({"n": 3, "u": [0, 1], "v": [1]}, "2 first and 1 second"),
        ({"n": 3, "u": [0.5], "v": [1]}, "not an integer id"),
        ({"n": 3, "u": ["a"], "v": [1]}, "not an integer id"),
        ({"n": 2, "u": [0], "v": [1], "weights": [1]}, "shape"),
        ({"n": 2, "u": [0], "v": [1], "weights": [1, float("nan")]}, "nan"),
        ({"n": 2, "u": [0], "v": [1], "weights": [1, float("inf")]}, "inf"),
        ({"n": 2, "u": [0], "v": [1], "weights": [1, 2**63]}, "2\\^63"),
        ({"n": 2, "u": [0], "v": [1], "weights": [1, 2**70]}, "2\\^63"),
        ({"n": 2, "u": [0, 1], "v": [1, 0], "edge_weights": [2**62, 2**62]}, "2\\^63"),
        ({"n": 2, "u": [0, 1], "v": [1, 0], "edge_weights": [1e308, 1e308]}, "infinity"),
    ],
)
def test_bad_parts_are_refused(fields, message):
    with pytest.raises(InvalidInstance, match=message):
        Graph.from_edges(**fields)


def test_too_many_vertices_are_refused():
    with pytest.raises(InputTooLarge):
        Graph.from_edges(2**40, [0], [1])
    with pytest.raises(InputTooLarge):
        Graph.from_edges(10**6, [0], [1]).complement()


@given(pairs)
def test_complement_has_the_other_pairs(edges):
    found = graph(7, edges, weights=[3] * 7)
    other = found.complement()
    mine = set(map(tuple, found.edge_index.T.tolist()))
    theirs = set(map(tuple, other.edge_index.T.tolist()))
    assert mine | theirs == set(itertools.combinations(range(7), 2))
    assert not mine & theirs
    assert other.complement().digest("x") == found.digest("x")


@given(pairs)
@settings(max_examples=50)
def test_summary_agrees_with_networkx(edges):
    nx = pytest.importorskip("networkx")
    found = graph(7, edges)
    summary = summarise(found)
    other = nx.Graph()
    other.add_nodes_from(range(7))
    other.add_edges_from(found.edge_index.T.tolist())
    assert summary["components"] == nx.number_connected_components(other)
    assert summary["bipartite"] == nx.is_bipartite(other)
    assert summary["degeneracy"] == max(nx.core_number(other).values())
    assert summary["density"] == pytest.approx(nx.density(other))


def test_summary_of_the_empty_graph():
    summary = summarise(Graph.from_edges(0, [], []))
    assert summary["vertices"] == summary["edges"] == summary["components"] == 0
    assert summary["bipartite"]
