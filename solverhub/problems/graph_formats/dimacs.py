"""DIMACS graphs (`.clq`, `.col`, `.mis`): letters at the start of a line say what it holds.

    c comment
    p edge N M          (any word for `edge`)
    n VERTEX WEIGHT     (or v; weights of vertices not named are 1)
    e U V [WEIGHT]      (or a; the letter may be missing, as in PACE files)

Ids are 1..N.  `d`, `v x` geometry lines other than weights are not graphs and are refused,
`x` and `d` parameter lines are skipped.  M counts the `e` lines, or, as in some colouring
files, the distinct edges.
"""

from __future__ import annotations

import re

import numpy as np
from numba import njit

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems import scan
from solverhub.problems.graph import canonical_edges
from solverhub.problems.graph_formats.raw import RawGraph, check_sizes
from solverhub.problems.scan_fields import (
    BAD_LINE,
    BAD_WEIGHT,
    DONE,
    NEWLINE,
    RAGGED,
    TOO_MANY,
    blank,
    comment,
    line_end,
    next_field,
    read_id,
    read_weight,
)

_HEADER = re.compile(rb"p[ \t]+[A-Za-z]\w*[ \t]+(\d{1,18})[ \t]+(\d{1,18})[ \t\r]*(?:\n|\Z)")
_SKIPPED = re.compile(rb"(?:[ \t\r]*(?:[c#%][^\n]*)?(?:\n|\Z))*[ \t]*")
_START = re.compile(rb"p[ \t]+[A-Za-z]\w*[ \t]+[-+\d]")


def is_dimacs(source: Source) -> bool:
    """True if the first line that is no comment is a `p` line."""
    found = _SKIPPED.match(source.data)
    return found is not None and _START.match(source.data, found.end()) is not None


def read_dimacs(source: Source) -> RawGraph:
    """The graph of a DIMACS file; `ParseError` names line and column."""
    data = source.data
    skipped = _SKIPPED.match(data)
    start = skipped.end() if skipped else 0
    header = _HEADER.match(data, start)
    if header is None:
        raise scan.fault(
            data,
            start,
            "a DIMACS graph starts with a p line",
            source.name,
            "give a line such as: p edge 5 7",
        )
    n, m = int(header[1]), int(header[2])
    check_sizes(n, m, source)
    rows = min(data.count(b"\n", header.end()), (len(data) - header.end()) // 4) + 1
    ends = np.empty((2, rows), np.int64)
    edge, vertex = scan.Weights(rows), scan.Weights(min(rows, n))
    named = np.empty(vertex.whole.size, np.int64)
    status, at, edges, width, floating, vertices, vertex_floating = _scan(
        np.frombuffer(data, np.uint8), header.end(), len(data), n, ends[0], ends[1],
        edge.whole, edge.real, edge.late, named, vertex.whole, vertex.real, vertex.late,
    )  # fmt: skip
    if status != DONE:
        raise scan.explain(data, status, at, source.name, width=max(width, 2), low=1, high=n)
    u, v = ends[0, :edges] - 1, ends[1, :edges] - 1
    w, infinite = edge.finish(data, edges, floating) if width == 3 else (None, None)
    x, unbounded = vertex.finish(data, vertices, vertex_floating)
    for place in (infinite, unbounded):
        if place is not None:
            raise scan.explain(data, BAD_WEIGHT, place, source.name)
    weights = _vertex_weights(n, named[:vertices] - 1, x, source) if vertices else None
    _check_count(n, m, u, v, source)
    return RawGraph(n, u, v, w, weights, range(1, n + 1))


def _vertex_weights(n: int, vertices: np.ndarray, x: np.ndarray, source: Source) -> np.ndarray:
    if np.unique(vertices).size != vertices.size:
        twice = int(np.flatnonzero(np.bincount(vertices) > 1)[0]) + 1
        raise ParseError(
            f"vertex {twice} has two weights", file=source.name, remedy="remove one n line"
        )
    weights = np.ones(n, x.dtype)
    weights[vertices] = x
    return weights


def _check_count(n: int, m: int, u: np.ndarray, v: np.ndarray, source: Source) -> None:
    if u.size == m or canonical_edges(n, u, v).edge_index.shape[1] == m:
        return
    raise ParseError(
        f"the header promises {m} edges and the file has {u.size}",
        file=source.name,
        line=source.data.count(b"\n") + 1,
        remedy="correct the p line, or fetch the whole file",
    )


@njit(cache=True, nogil=True)
def _scan(  # type: ignore[no-untyped-def]
    data, pos, end, n, u, v, whole, real, late, named, v_whole, v_real, v_late
):
    """(status, offset, edges, fields an edge, floats?, weighted vertices, floats?)."""
    edges = 0
    vertices = 0
    width = 0
    floating = False
    v_floating = False
    while True:
        while pos < end and (blank(data[pos]) or data[pos] == NEWLINE):
            pos += 1
        if pos >= end:
            return DONE, pos, edges, width, floating, vertices, v_floating
        start = pos
        letter = data[pos]
        digit = 48 <= letter <= 57
        alone = not digit and (pos + 1 >= end or blank(data[pos + 1]) or data[pos + 1] == NEWLINE)
        # c, d, x: comment, dimension, parameter
        if comment(data, pos, end) or (alone and (letter == 99 or letter == 100 or letter == 120)):
            pos = line_end(data, pos, end)
            continue
        weight_line = alone and (letter == 110 or letter == 118)
        if not digit and not weight_line and not (alone and (letter == 101 or letter == 97)):
            return BAD_LINE, start, edges, width, floating, vertices, v_floating
        if not digit:
            pos = next_field(data, pos + 1, end)
        at = pos
        if weight_line:
            if vertices >= named.size:
                return TOO_MANY, start, edges, width, floating, vertices, v_floating
            status, named[vertices], pos = read_id(data, pos, end, 1, n)
            if status == DONE:
                pos = at = next_field(data, pos, end)
                status, v_floating, pos = read_weight(
                    data, pos, end, vertices, v_whole, v_real, v_late, v_floating
                )
            vertices += 1
        else:
            status, u[edges], pos = read_id(data, pos, end, 1, n)
            if status == DONE:
                pos = at = next_field(data, pos, end)
                status, v[edges], pos = read_id(data, pos, end, 1, n)
            fields = 2
            if status == DONE:
                pos = at = next_field(data, pos, end)
                if pos < end and data[pos] != NEWLINE and not comment(data, pos, end):
                    status, floating, pos = read_weight(
                        data, pos, end, edges, whole, real, late, floating
                    )
                    fields = 3
            width = width or fields
            if status == DONE and fields != width:
                return RAGGED, start, edges, width, floating, vertices, v_floating
            edges += 1
        if status != DONE:
            return status, at, edges, width, floating, vertices, v_floating
        pos = next_field(data, pos, end)
        if pos < end and data[pos] != NEWLINE and not comment(data, pos, end):
            return RAGGED, pos, edges, width, floating, vertices, v_floating
