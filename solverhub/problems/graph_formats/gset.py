"""Gset and rudy: a header `n m`, then m rows `i j` or `i j weight` with ids from 1.

Headers in the wild have trailing blanks and carriage returns; both are blanks here.
"""

from __future__ import annotations

import numpy as np

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems import scan
from solverhub.problems.graph_formats.lines import data_lines, fields, is_integer
from solverhub.problems.graph_formats.raw import RawGraph, check_sizes
from solverhub.problems.scan_fields import DONE

_GLANCE = 100


def read_gset(source: Source) -> RawGraph:
    """The graph of a Gset file; its header must count its rows."""
    data = source.data
    head = next(data_lines(data), None)
    row = [] if head is None else fields(head.text)
    if head is None or len(row) != 2 or not all(f.isdecimal() for f in row) or len(head.text) > 40:
        raise ParseError(
            "a Gset file starts with the numbers of vertices and edges",
            file=source.name,
            line=None if head is None else data.count(b"\n", 0, head.offset) + 1,
            remedy="give a first line such as 800 19176",
        )
    n, m = int(row[0]), int(row[1])
    check_sizes(n, m, source)
    body = next(data_lines(data, head.after), None)
    if body is None:
        _check_count(0, m, source)
        return RawGraph(n, np.zeros(0, np.int64), np.zeros(0, np.int64), ids=range(1, n + 1))
    columns = (0, 1, 2 if len(fields(body.text)) > 2 else -1)
    table = scan.scan_rows(data, head.after, columns, low=1, high=n, most=m)
    if table.status != DONE:
        raise scan.explain(
            data, table.status, table.offset, source.name, width=table.width, low=1, high=n
        )
    _check_count(table.u.size, m, source)
    table.u[:] -= 1
    table.v[:] -= 1
    return RawGraph(n, table.u, table.v, table.w, ids=range(1, n + 1))


def _check_count(found: int, promised: int, source: Source) -> None:
    if found != promised:
        raise ParseError(
            f"the header promises {promised} edges and the file has {found}",
            file=source.name,
            line=source.data.count(b"\n") + 1,
            remedy="correct the header, or fetch the whole file",
        )


def has_gset_header(source: Source) -> bool:
    """True if the first row is a header `n m` and not an edge.

    It is where the other rows have three fields, or count m with ids in 1..n; also where
    it holds the two largest numbers of the file, as in a truncated file.
    """
    lines = data_lines(source.data)
    head, body = next(lines, None), next(lines, None)
    row = [] if head is None else fields(head.text)
    if head is None or len(row) != 2 or not all(map(is_integer, row)):
        return False
    if body is None:
        return int(float(row[1])) == 0
    if len(fields(body.text)) == 3:
        return True
    n, m = int(float(row[0])), int(float(row[1]))
    if m <= n and source.data.count(b"\n") < m:
        return False
    for _, line in zip(range(_GLANCE), lines, strict=False):
        if not all(is_integer(field) and 1 <= float(field) <= n for field in fields(line.text)):
            return False
    table = scan.scan_rows(source.data, head.after, (0, 1, -1))
    if table.status != DONE or table.width != 2:
        return False
    low = min(int(table.u.min()), int(table.v.min()))
    high = max(int(table.u.max()), int(table.v.max()))
    return low >= 1 and high <= n and (table.u.size == m or m > n)
