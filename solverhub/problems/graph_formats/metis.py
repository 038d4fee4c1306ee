"""METIS and DIMACS10 graphs: a header `N M [FMT [NCON]]`, then a line of neighbours a vertex.

FMT is up to three digits: vertex sizes (skipped), vertex weights, edge weights.  Ids are
1..N; every edge stands in the lines of both its ends, and M counts it once.  A blank line
is an isolated vertex; lines that start with `%` are comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numba import njit

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems import scan
from solverhub.problems.graph_formats.lines import Line, data_lines
from solverhub.problems.graph_formats.raw import RawGraph, check_sizes
from solverhub.problems.scan_fields import (
    BAD_WEIGHT,
    DONE,
    NEWLINE,
    RAGGED,
    TOO_MANY,
    blank,
    field_end,
    line_end,
    next_field,
    read_id,
    read_weight,
)

_HEADER = re.compile(r"(\d{1,18})\s+(\d{1,18})(?:\s+([01]{1,3}))?(?:\s+(\d{1,9}))?")


_GLANCE = 200


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line of a METIS file says."""

    n: int
    m: int
    sizes: bool
    weights: int
    edge_weights: bool


def read_header(line: Line | None) -> Header | None:
    """The header of a line, or None where it is none."""
    found = None if line is None else _HEADER.fullmatch(line.text)
    if found is None:
        return None
    n, m, form = int(found[1]), int(found[2]), (found[3] or "0").zfill(3)
    constraints = int(found[4]) if found[4] else 1
    return Header(n, m, form[0] == "1", constraints if form[1] == "1" else 0, form[2] == "1")


def is_metis(source: Source) -> bool:
    """True if the first line is a header whose N and M the other lines bear out.

    Without weights M is checked too.  Lines that all have as many fields are another table.
    """
    head = next(data_lines(source.data), None)
    header = read_header(head)
    if head is None or header is None or 4 * header.m > len(source.data):
        return False
    glance = zip(range(_GLANCE), data_lines(source.data, head.after, blank=True), strict=False)
    if len({len(line.text.split()) for _, line in glance}) < 2:
        return False
    fields = 0
    lines = 0
    for line in data_lines(source.data, head.after, blank=True):
        lines += 1
        fields += len(line.text.split())
        if lines > header.n and line.text:
            return False
    weighted = header.sizes or header.weights > 0 or header.edge_weights
    return lines >= header.n - 1 and (weighted or fields == 2 * header.m)


def read_metis(source: Source) -> RawGraph:
    """The graph of a METIS file; `ParseError` names line and column."""
    data = source.data
    head = next(data_lines(data), None)
    header = read_header(head)
    if head is None or header is None:
        raise ParseError(
            "a METIS file starts with the numbers of vertices and edges",
            file=source.name,
            line=None if head is None else data.count(b"\n", 0, head.offset) + 1,
            remedy="give a first line such as 7 11, or 7 11 011 with weights",
        )
    if header.weights > 1:
        raise scan.fault(
            data,
            head.offset,
            f"{header.weights} weights a vertex",
            source.name,
            "keep one weight a vertex",
        )
    n, m = header.n, header.m
    check_sizes(n, m, source)
    capacity = min(m, len(data) // 4)
    ends = np.empty((2, capacity), np.int64)
    edge = scan.Weights(capacity if header.edge_weights else 0)
    vertex = scan.Weights(min(n, len(data)) if header.weights else 0)
    status, at, lines, edges, entries, mismatch, floating, vertex_floating = _scan(
        np.frombuffer(data, np.uint8), head.after, len(data), n,
        header.sizes, header.weights > 0, header.edge_weights, ends[0], ends[1],
        edge.whole, edge.real, edge.late, vertex.whole, vertex.real, vertex.late,
    )  # fmt: skip
    if status == RAGGED:
        raise scan.fault(
            data, at, "a field is missing on this line", source.name, "complete the line"
        )
    if status != DONE:
        raise scan.explain(data, status, at, source.name, low=1, high=n)
    _check_counts(header, lines, entries, source)
    if mismatch:
        raise _asymmetric(header, head, source)
    w, infinite = edge.finish(data, edges, floating) if header.edge_weights else (None, None)
    x, unbounded = vertex.finish(data, lines, vertex_floating) if header.weights else (None, None)
    for place in (infinite, unbounded):
        if place is not None:
            raise scan.explain(data, BAD_WEIGHT, place, source.name)
    if x is not None and lines < n:
        raise _short(header, lines, source)
    return RawGraph(n, ends[0, :edges] - 1, ends[1, :edges] - 1, w, x, range(1, n + 1))


def _check_counts(header: Header, lines: int, entries: int, source: Source) -> None:
    # a last blank line, an isolated vertex, may lack its newline
    if lines < header.n - 1 or (lines < header.n and not source.data.endswith(b"\n")):
        raise _short(header, lines, source)
    if entries != 2 * header.m:
        raise ParseError(
            f"the header promises {header.m} edges and the lines list {entries} neighbours",
            file=source.name,
            line=source.data.count(b"\n") + 1,
            remedy="list every edge at both its ends, and count it once in the header",
        )


def _short(header: Header, lines: int, source: Source) -> ParseError:
    return ParseError(
        f"the header promises {header.n} vertices and the file has {lines} lines of them",
        file=source.name,
        line=source.data.count(b"\n") + 1,
        remedy="correct the header, or fetch the whole file",
    )


def _asymmetric(header: Header, head: Line, source: Source) -> ParseError:
    """Names an edge that stands at one of its ends only, or with two weights."""
    skip = int(header.sizes) + header.weights
    step = 2 if header.edge_weights else 1
    seen: dict[tuple[int, int], tuple[str, int]] = {}
    lines = data_lines(source.data, head.after, blank=True)
    for vertex, line in enumerate(lines, start=1):
        row = line.text.split()[skip:]
        for k in range(0, len(row), step):
            other = int(float(row[k]))
            edge = (min(vertex, other), max(vertex, other))
            if edge in seen and seen[edge][0] == " ".join(row[k + 1 : k + step]):
                del seen[edge]
            elif vertex != other:
                seen[edge] = (" ".join(row[k + 1 : k + step]), line.offset)
    (a, b), (_, offset) = next(iter(seen.items()), ((1, 1), ("", head.offset)))
    return scan.fault(
        source.data,
        offset,
        f"edge {a}-{b} is not listed alike at both its ends",
        source.name,
        "list every edge, with one weight, in the lines of both its ends",
    )


@njit(cache=True, nogil=True)
def _mix(a, b, c):  # type: ignore[no-untyped-def]
    """A 64-bit hash of an edge; sums of it compare multisets of edges."""
    found = np.uint64(a) * np.uint64(0x9E3779B97F4A7C15)
    found ^= (found >> np.uint64(29)) + np.uint64(b) * np.uint64(0xBF58476D1CE4E5B9)
    found ^= (found >> np.uint64(32)) + np.uint64(c) * np.uint64(0x94D049BB133111EB)
    found *= np.uint64(0xD6E8FEB86659FD93)
    return found ^ (found >> np.uint64(32))


@njit(cache=True, nogil=True)
def _scan(  # type: ignore[no-untyped-def]
    data, pos, end, n, sizes, weighted, edge_weighted, u, v,
    whole, real, late, v_whole, v_real, v_late,
):  # fmt: skip
    """(status, offset, lines, edges u < v, all entries, mismatch?, floats?, vertex floats?).

    Entries towards larger vertices are kept; those towards smaller ones must be the same
    multiset, which two sums of hashes compare.  Late decimals compare by place only.
    """
    line = 0
    edges = 0
    entries = 0
    up = np.uint64(0)
    down = np.uint64(0)
    floating = False
    v_floating = False
    spare_whole = np.zeros(1, np.int64)
    spare_real = spare_whole.view(np.float64)
    spare_late = np.zeros(1, np.uint8)
    while pos < end:
        if data[pos] == 37 or data[pos] == 35:
            pos = line_end(data, pos, end) + 1
            continue
        while pos < end and blank(data[pos]):
            pos += 1
        line += 1
        if line > n:
            if pos < end and data[pos] != NEWLINE:
                return TOO_MANY, pos, line, edges, entries, False, floating, v_floating
            line -= 1
            pos += 1
            continue
        if sizes:
            if pos >= end or data[pos] == NEWLINE:
                return RAGGED, pos, line, edges, entries, False, floating, v_floating
            pos = next_field(data, field_end(data, pos, end), end)
        if weighted:
            if pos >= end or data[pos] == NEWLINE:
                return RAGGED, pos, line, edges, entries, False, floating, v_floating
            at = pos
            status, v_floating, pos = read_weight(
                data, pos, end, line - 1, v_whole, v_real, v_late, v_floating
            )
            if status != DONE:
                return status, at, line, edges, entries, False, floating, v_floating
            pos = next_field(data, pos, end)
        while pos < end and data[pos] != NEWLINE:
            at = pos
            status, other, pos = read_id(data, pos, end, 1, n)
            if status != DONE:
                return status, at, line, edges, entries, False, floating, v_floating
            entries += 1
            keep = other > line
            if keep and edges >= u.size:
                return TOO_MANY, at, line, edges, entries, False, floating, v_floating
            code = 0
            if edge_weighted:
                pos = at = next_field(data, pos, end)
                if pos >= end or data[pos] == NEWLINE:
                    return RAGGED, at, line, edges, entries, False, floating, v_floating
                if keep:
                    status, floating, pos = read_weight(
                        data, pos, end, edges, whole, real, late, floating
                    )
                    if status == DONE and late[edges] == 0:
                        value = real[edges] if floating else np.float64(whole[edges])
                        code = hash(value)
                else:
                    spare_late[0] = 0
                    status, real_one, pos = read_weight(
                        data, pos, end, 0, spare_whole, spare_real, spare_late, False
                    )
                    if status == DONE and spare_late[0] == 0:
                        value = spare_real[0] if real_one else np.float64(spare_whole[0])
                        code = hash(value)
                if status != DONE:
                    return status, at, line, edges, entries, False, floating, v_floating
            if keep:
                u[edges], v[edges] = line, other
                edges += 1
                up += _mix(line, other, code)
            elif other < line:
                down += _mix(other, line, code)
            pos = next_field(data, pos, end)
        pos += 1
    return DONE, pos, line, edges, entries, up != down, floating, v_floating
