"""Files of edge-coloured hypergraphs: `v1,v2,... colour` or `v1,v2,... colour weight` a line.

Fields are separated by blanks, vertices by commas.  Ids are integers from 0 on, or names where
one of them is no integer; colours likewise.  Internal order is their sorted order.  Lines that
begin with `#` or `%` and blank lines are skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solverhub.core.errors import InputTooLarge, ParseError
from solverhub.core.problem import Source
from solverhub.problems.graph_formats.lines import is_integer, is_number

_COMMENTS = ("#", "%")


@dataclass(frozen=True, slots=True)
class ColouredLines:
    """Edges as indices into `vertices` and `colours`, the sorted ids; weights or None."""

    edges: list[list[int]]
    colour: list[int]
    weights: list[int | float] | None
    vertices: list[int] | list[str]
    colours: list[int] | list[str]


def looks_coloured(source: Source) -> bool:
    """True if the first lines have lists of vertices and a colour."""
    listed = False
    head = source.data[:65536]
    lines = head.decode("utf-8", "replace").splitlines()
    if len(head) < len(source.data):
        lines.pop()
    rows = [row for row in map(str.split, lines) if row and not row[0].startswith(_COMMENTS)][:20]
    for row in rows:
        vertices = row[0].split(",")
        if len(row) not in (2, 3) or not all(vertices) or "," in row[1]:
            return False
        listed = listed or len(vertices) > 1
    return listed


def read_lines(source: Source) -> ColouredLines:
    """The hyperedges of a file; `ParseError` names line and column."""
    members, colours, weights = [], [], []
    entries = width = 0
    for number, line in enumerate(source.data.decode("utf-8", "replace").splitlines(), 1):
        row = line.split()
        if not row or row[0].startswith(_COMMENTS):
            continue
        width = width or len(row)
        _check_row(source, number, line, row, width)
        vertices = row[0].split(",")
        entries += len(vertices)
        if entries > source.max_edges:
            raise InputTooLarge(f"{source.name}: more than {source.max_edges} vertices in edges")
        members.append(vertices)
        colours.append(row[1])
        if width == 3:
            weights.append(float(row[2]) if not is_integer(row[2]) else int(row[2]))
    if not members:
        raise ParseError(
            "the file has no hyperedges", file=source.name, remedy="give one, v1,v2 colour, a line"
        )
    ids, at = _numbered({v for vertices in members for v in vertices})
    if len(ids) > source.max_vertices:
        raise InputTooLarge(f"{source.name}: more than {source.max_vertices} vertices")
    names, of = _numbered(set(colours))
    edges = [[at[v] for v in vertices] for vertices in members]
    chosen = [of[colour] for colour in colours]
    return ColouredLines(edges, chosen, weights if width == 3 else None, ids, names)


def _check_row(source: Source, number: int, line: str, row: Sequence[str], width: int) -> None:
    if len(row) != width or width not in (2, 3):
        raise ParseError(
            f"this row has {len(row)} fields, not {width if width in (2, 3) else '2 or 3'}",
            file=source.name,
            line=number,
            column=1,
            remedy="give v1,v2,... colour, or v1,v2,... colour weight, a line",
        )
    if not all(row[0].split(",")):
        raise ParseError(
            "a vertex of the list is missing", file=source.name, line=number, column=1,
            remedy="give vertices separated by single commas",
        )  # fmt: skip
    if width == 3 and not is_number(row[2]):
        raise ParseError(
            f"{row[2][:40]!r} is not a weight", file=source.name, line=number,
            column=line.rfind(row[2]) + 1, remedy="give a number of 0 or more",
        )  # fmt: skip


def _numbered(found: set[str]) -> tuple[list[int] | list[str], dict[str, int]]:
    """Ids in sorted order, and the index of each as written."""
    if all(is_integer(name) and "." not in name for name in found):
        values = sorted({int(name) for name in found})
        rank = {value: index for index, value in enumerate(values)}
        return values, {name: rank[int(name)] for name in found}
    names = sorted(found)
    return names, {name: index for index, name in enumerate(names)}
