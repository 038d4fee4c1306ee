"""Graphs as matrices: square arrays, dense or sparse, and arrays that list edges.

A square matrix is an adjacency matrix: an entry that is not 0 is an edge.  A symmetric one
gives each edge its weight; in any other, as in weighted edge lists, both directions are
summed.  An integer array (E, 2), or (2, E), is an edge list with ids as in text, and (E, 3)
one with weights.  Vertices of a matrix are 0..n-1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems.graph import MAX_VERTICES, as_weights
from solverhub.problems.graph_formats.edge_list import compact
from solverhub.problems.graph_formats.lines import data_lines, fields, is_number
from solverhub.problems.graph_formats.raw import RawGraph, check_sizes

_SMALLEST_CSV = 4


def graph_of_array(array: np.ndarray, source: Source, what: str) -> RawGraph:
    """The graph of a square matrix or of an array of edges."""
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise ParseError(
            f"{what} is {array.dtype} of shape {array.shape}",
            file=source.name,
            remedy="give a square matrix of numbers, or edges as (E, 2) or (E, 3)",
        )
    rows, columns = array.shape
    if rows == columns:
        i, j = np.nonzero(array)
        return graph_of_entries(rows, i, j, array[i, j], source, what)
    if columns in (2, 3):
        return _edges(array, source, what)
    if rows == 2:
        return _edges(array.T, source, what)
    raise ParseError(
        f"{what} has shape {array.shape}",
        file=source.name,
        remedy="give a square matrix, or edges as (E, 2) or (E, 3)",
    )


def graph_of_entries(
    n: int, rows: np.ndarray, columns: np.ndarray, values: np.ndarray, source: Source, what: str
) -> RawGraph:
    """The graph of the entries (row, column, value) of an n x n matrix, ids within 0..n-1."""
    check_sizes(n, rows.size, source)
    if n > MAX_VERTICES or values.dtype.kind not in "biuf":
        raise ParseError(f"{what} is not a matrix of numbers", file=source.name)
    if values.dtype.kind == "b":
        values = values.astype(np.int64)
    weights = as_weights(values, f"{source.name}: entries of {what}", values.size)
    kept = weights != 0
    u, v, w = rows[kept].astype(np.int64), columns[kept].astype(np.int64), weights[kept]
    if _symmetric(n, u, v, w):
        upper = u <= v
        u, v, w = u[upper], v[upper], w[upper]
    return RawGraph(n, u, v, None if bool((w == 1).all()) else w)


def is_csv_matrix(source: Source) -> bool:
    """True for text of k >= 4 rows of k numbers each."""
    lines = data_lines(source.data)
    first = next(lines, None)
    row = [] if first is None else fields(first.text)
    if len(row) < _SMALLEST_CSV or not all(map(is_number, row)):
        return False
    count = 1
    for _ in lines:
        count += 1
        if count > len(row):
            return False
    return count == len(row)


def read_csv_matrix(source: Source) -> RawGraph:
    """The graph of a square matrix of text."""
    rows: list[list[float]] = []
    for line in data_lines(source.data):
        row = fields(line.text)
        try:
            rows.append([float(field) for field in row])
        except ValueError:
            row = []
        if len(row) != len(rows[0]):
            raise ParseError(
                "a row of the matrix is not as many numbers as the first",
                file=source.name,
                line=source.data.count(b"\n", 0, line.offset) + 1,
                remedy="complete the row",
            )
    return graph_of_array(np.array(rows), source, "the matrix")


def _symmetric(n: int, u: np.ndarray, v: np.ndarray, w: np.ndarray) -> bool:
    forth, back = np.argsort(u * n + v, kind="stable"), np.argsort(v * n + u, kind="stable")
    return bool(
        np.array_equal(u[forth], v[back])
        and np.array_equal(v[forth], u[back])
        and np.array_equal(w[forth], w[back])
    )


def _edges(array: np.ndarray, source: Source, what: str) -> RawGraph:
    ends: Any = array[:, :2]
    with np.errstate(invalid="ignore"):
        ids = ends.astype(np.int64)
    if not np.array_equal(ids, ends) or (ids.size and ids.min() < 0):
        raise ParseError(
            f"{what} has ids that are not integers from 0",
            file=source.name,
            remedy="give integer ids in the first two columns",
        )
    w = None
    if array.shape[1] == 3:
        w = as_weights(array[:, 2], f"{source.name}: weights", array.shape[0])
    raw = compact(ids[:, 0], ids[:, 1], w)
    check_sizes(raw.n, raw.u.size, source)
    return raw
