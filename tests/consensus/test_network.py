"""What makes a network, and what is refused by name."""

import numpy as np
import pytest

from solverhub.consensus import Network, Operator, complete, penalty, ring, star
from solverhub.core.errors import InvalidInstance


def agents(*names, n=2):
    return {name: Operator(n, lambda v, rho: rho * v / (rho + 3.0)) for name in names}


def test_edges_are_undirected_and_counted_once():
    network = Network(agents("a", "b"), [("a", "b"), ("b", "a"), ("a", "b")])
    assert network.edges == (("a", "b"),)
    assert network.neighbours == {"a": ("b",), "b": ("a",)}


def test_a_disconnected_graph_is_refused_by_name():
    with pytest.raises(InvalidInstance, match="no path from agent 'a' to 'c'"):
        Network(agents("a", "b", "c", "d"), [("a", "b"), ("c", "d")])


@pytest.mark.parametrize(
    ("given", "edges", "words"),
    [
        ({}, [], "no agent"),
        (agents("a", "b"), [("a", "z")], "no agent 'z'"),
        (agents("a", "b"), [("a", "a"), ("a", "b")], "loop"),
        ({**agents("a"), **agents("b", n=3)}, [("a", "b")], "'b' has 3 variables and 'a' has 2"),
    ],
)
def test_misuse_is_named(given, edges, words):
    with pytest.raises(InvalidInstance, match=words):
        Network(given, edges)


def test_ready_made_graphs():
    assert len(ring("abcd")) == 4
    assert ring("a") == []
    assert len(complete("abcd")) == 6
    assert star("a", "abc") == [("a", "b"), ("a", "c")]


def test_the_penalty_is_curvature_over_degree():
    assert penalty(Network(agents(*"abc"), ring("abc"))) == pytest.approx(1.5, rel=0.01)
    assert np.isfinite(penalty(Network({"a": Operator(2, lambda v, rho: np.zeros(2))})))
