"""Quadratic programs from Python: tuples of arrays, instances and CVXPY problems."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidInstance
from solverhub.local_inputs import to_parsed
from solverhub.problems.quadratic_program import QuadraticProgram

ARRAYS = (csr_array([[2.0, 1], [1, 2]]), [1, 1], [[1, 1]], [0], [1e20])


@pytest.mark.parametrize("problem", [None, "qp"])
def test_a_tuple_of_arrays_is_a_quadratic_program(problem):
    parsed = to_parsed(ARRAYS, problem)
    assert parsed.problem.name == "qp"
    assert parsed.instance.u.tolist() == [np.inf]
    full = to_parsed((*ARRAYS, 3.5, [True, False]), problem).instance
    assert (full.r, full.integer.tolist()) == (3.5, [True, False])


def test_parts_of_the_tuple_may_be_absent():
    bare = to_parsed((None, [1, 2], None, None, None)).instance
    assert (bare.n, bare.m, bare.P.nnz) == (2, 0, 0)
    with pytest.raises(InvalidInstance, match="q is None"):
        to_parsed((np.eye(2), None, None, None, None))


def test_an_instance_is_taken_as_it_is():
    made = QuadraticProgram(P=np.eye(1), q=[0], A=[[1]], l=[0], u=[1])
    assert to_parsed(made).instance is made
    with pytest.raises(InvalidInstance, match="one of qp, not of ilp"):
        to_parsed(made, "ilp")


def test_indefinite_arrays_are_refused():
    with pytest.raises(InvalidInstance, match="eigenvalue of -1 or less"):
        to_parsed((np.diag([1.0, -1]), *ARRAYS[1:]))


def test_a_matrix_of_distances_is_taken_for_the_metric_problem():
    lopsided = np.array([[0, 3, 1], [5, 0, 1], [1, 1, 0.0]])
    parsed = to_parsed(lopsided, "metric-nearness", symmetrise=True)
    assert parsed.instance.distances.tolist() == [4, 1, 1]
    with pytest.raises(InvalidInstance, match="not symmetric"):
        to_parsed(lopsided, "metric-nearness")


def test_json_forms_are_read_with_signs_and_symmetrised_when_asked():
    graph = {"problem": "correlation-clustering", "n": 2, "edges": [[0, 1, -3]]}
    assert to_parsed(graph, signs=True).instance.weights.tolist() == [-1]
    wire = {"distances": [[0, 1], [3, 0]]}
    assert to_parsed(wire, symmetrise=True).instance.distances.tolist() == [2]
