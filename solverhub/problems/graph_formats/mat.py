"""Graphs in MATLAB files up to version 7, SuiteSparse's `Problem` structs too.

The adjacency matrix is `Problem.A`, or the only square matrix, or the one called `A`,
`adj`, `adjacency`, `G`, `W` or `M`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems.graph_formats.matrices import graph_of_array, graph_of_entries
from solverhub.problems.graph_formats.raw import RawGraph
from solverhub.problems.mat_file import mat_shapes, mat_variables

_NAMES = ("A", "adj", "adjacency", "G", "W", "M")


def read_mat(source: Source) -> RawGraph:
    """The graph of a MATLAB file; `ParseError` says what is missing in it."""
    found = _matrix(source)
    if scipy.sparse.issparse(found):
        return _sparse(found, source)
    if not isinstance(found, np.ndarray):
        raise ParseError(
            "the matrix is text", file=source.name, remedy="give an adjacency matrix of numbers"
        )
    return graph_of_array(found, source, "the matrix")


def _matrix(source: Source) -> Any:
    sizes = mat_shapes(source)
    square = [name for name, s in sizes.items() if len(s) == 2 and s[0] == s[1] and s[0] > 1]
    named = [name for name in _NAMES if name in square]
    if "Problem" in sizes:
        return _field(mat_variables(source, ["Problem"])["Problem"], source)
    if not named and len(square) != 1:
        raise ParseError(
            f"no adjacency matrix among the variables {', '.join(sizes)[:200] or '(none)'}",
            file=source.name,
            remedy="keep one square matrix, or call it A",
        )
    name = named[0] if named else square[0]
    return mat_variables(source, [name])[name]


def _field(problem: Any, source: Source) -> Any:
    matrix = problem.get("A") if isinstance(problem, dict) else None
    if matrix is None:
        raise ParseError(
            "the struct Problem has no matrix A",
            file=source.name,
            remedy="keep one square matrix, or call it A",
        )
    return matrix


def _sparse(matrix: Any, source: Source) -> RawGraph:
    entries = scipy.sparse.coo_array(matrix)
    entries.sum_duplicates()
    n, columns = entries.shape
    rows, cols = entries.coords
    if n != columns:
        raise ParseError(
            f"the matrix has shape {entries.shape}",
            file=source.name,
            remedy="give a square adjacency matrix",
        )
    return graph_of_entries(n, rows, cols, np.asarray(entries.data), source, "the matrix")
