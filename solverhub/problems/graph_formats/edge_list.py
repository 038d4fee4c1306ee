"""Edge lists: `u v` or `u v weight` a line, blank-, comma- or semicolon-separated.

Ids are integers from 0 to 2^63 - 1, with gaps, or names where the first row has names;
internal order is their sorted order.  A header row (`source,target,weight,...`) chooses
the columns; without one they are the first three.  Weights may be `+` and `-`.  Only
vertices that occur exist.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems import scan
from solverhub.problems.graph import as_weights
from solverhub.problems.graph_formats.lines import (
    Line,
    data_lines,
    fields,
    is_integer,
    is_number,
)
from solverhub.problems.graph_formats.raw import RawGraph, check_sizes
from solverhub.problems.scan_fields import DONE

_SOURCES = {"source", "src", "from", "fromnodeid", "node1", "node_1", "u", "i", "id1", "id_1"}
_TARGETS = {"target", "dst", "to", "tonodeid", "node2", "node_2", "v", "j", "id2", "id_2"}
_WEIGHTS = {"weight", "w", "value", "sign", "rating", "cost"}
_DENSE_IDS = 8


def read_edge_list(source: Source) -> RawGraph:
    """The graph of an edge list; `ParseError` names line and column."""
    first = next(data_lines(source.data), None)
    if first is None:
        raise ParseError(
            "the file has no edges", file=source.name, remedy="give one edge, u v, a line"
        )
    columns, start, warnings = _layout(source, first)
    if start is not first:
        first = next(data_lines(source.data, start.offset), start)
    row = fields(first.text)
    named = not all(is_integer(field) for field in _pick(row, columns[:2]))
    if named:
        raw = _read_named(source, start.offset, columns)
    else:
        table = scan.scan_rows(source.data, start.offset, columns)
        if table.status != DONE:
            raise scan.explain(
                source.data, table.status, table.offset, source.name, width=table.width
            )
        raw = compact(table.u, table.v, table.w)
    check_sizes(raw.n, raw.u.size, source)
    return RawGraph(raw.n, raw.u, raw.v, raw.edge_weights, None, raw.ids, warnings)


def compact(u: np.ndarray, v: np.ndarray, w: np.ndarray | None) -> RawGraph:
    """Number arbitrary nonnegative int64 ids 0..n-1 in sorted order; overwrites `u` and `v`."""
    if u.size == 0:
        return RawGraph(0, u, v, w)
    low, high = int(min(u.min(), v.min())), int(max(u.max(), v.max()))
    if high - low > _DENSE_IDS * (u.size + 1024):
        ids = _ranked(u, v)
        return RawGraph(ids.size, u, v, w, None, ids)
    seen = np.zeros(high - low + 1, np.bool_)
    seen[u - low] = True
    seen[v - low] = True
    n = int(np.count_nonzero(seen))
    if n == seen.size:
        known = None if low == 0 else range(low, high + 1)
        return RawGraph(n, u - low if low else u, v - low if low else v, w, None, known)
    rank = np.cumsum(seen) - 1
    return RawGraph(n, rank[u - low], rank[v - low], w, None, np.flatnonzero(seen) + low)


def _ranked(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Distinct ids in order; `u` and `v` are overwritten by ranks among them."""
    both = np.concatenate([u, v])
    order = np.argsort(both)
    both = both[order]
    first = np.ones(both.size, np.bool_)
    np.not_equal(both[1:], both[:-1], out=first[1:])
    ids = both[first]
    np.cumsum(first, out=both)
    both -= 1
    rank = np.empty_like(both)
    rank[order] = both
    u[:], v[:] = rank[: u.size], rank[u.size :]
    return ids


def _layout(source: Source, first: Line) -> tuple[tuple[int, int, int], Line, tuple[str, ...]]:
    """Columns of u, v and w, the line where data starts, and warnings."""
    row = fields(first.text)
    if len(row) < 2:
        raise scan.fault(
            source.data,
            first.offset,
            "a row of one field is not an edge",
            source.name,
            "give u v or u v weight a line",
        )
    if any(is_number(field) for field in row) or not _is_header(source, first, row):
        ignored = len(row) - 3
        warnings = (f"columns after the third are ignored: {ignored}",) if ignored > 0 else ()
        return (0, 1, 2 if len(row) > 2 else -1), first, warnings
    names = [field.lower().strip("\ufeff \"'") for field in row]
    cu = next((k for k, name in enumerate(names) if name in _SOURCES), 0)
    cv = next((k for k, name in enumerate(names) if name in _TARGETS and k != cu), -1)
    if cv < 0:
        cu, cv = 0, 1
    cw = next((k for k, name in enumerate(names) if name in _WEIGHTS and k not in (cu, cv)), -1)
    ignored_names = [row[k] for k in range(len(row)) if k not in (cu, cv, cw)]
    found = tuple(f"the column {name[:80]!r} is ignored" for name in ignored_names)
    return (cu, cv, cw), Line(first.after, first.after, ""), found


def _is_header(source: Source, first: Line, row: Sequence[str]) -> bool:
    """A row without numbers is a header if it names two ends, or if numbers follow it."""
    names = {field.lower().strip("\ufeff \"'") for field in row}
    if names & _SOURCES and names & _TARGETS:
        return True
    second = next(data_lines(source.data, first.after), None)
    return second is not None and all(is_integer(field) for field in fields(second.text)[:2])


def _pick(row: Sequence[str], columns: Sequence[int]) -> list[str]:
    return [row[k] for k in columns if 0 <= k < len(row)]


def _read_named(source: Source, offset: int, columns: tuple[int, int, int]) -> RawGraph:
    """Vertices by name: every id is taken as text."""
    ends: list[list[str]] = [[], []]
    weights: list[int | float] = []
    width = 0
    for line in data_lines(source.data, offset):
        row = fields(line.text)
        width = width or len(row)
        if len(row) != width or width <= max(columns):
            raise scan.fault(
                source.data,
                line.offset,
                f"this row has {len(row)} fields, not {max(width, max(columns) + 1)}",
                source.name,
                "complete or remove it",
            )
        ends[0].append(row[columns[0]])
        ends[1].append(row[columns[1]])
        if columns[2] >= 0:
            weights.append(_named_weight(source, line, row[columns[2]]))
    names = sorted({*ends[0], *ends[1]})
    index = {name: i for i, name in enumerate(names)}
    u, v = (np.array([index[name] for name in column], np.int64) for column in ends)
    w = as_weights(weights, "weights", u.size) if columns[2] >= 0 else None
    return RawGraph(len(names), u, v, w, None, names)


def _named_weight(source: Source, line: Line, field: str) -> int | float:
    if is_number(field):
        if field in "+-":
            return 1 if field == "+" else -1
        value = int(field) if is_integer(field) and "." not in field else float(field)
        if abs(value) < 2**63:
            return value
    raise scan.fault(
        source.data, line.offset, f"{field[:40]!r} is not a weight", source.name,
        "give a finite decimal number below 2^63",
    )  # fmt: skip
