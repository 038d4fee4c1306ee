"""How road graphs are written: the JSON form, and text with a row an edge.

JSON: `{"edges": [[u, v, mean, variance], ...], "source", "target", "deadline", "directed": false,
"loadings": [[...], ...], "curve": [further deadlines]}`; vertices are whole numbers or names.  The
rows may also be the columns `{"u": [...], "v": [...], "mean": [...], "variance": [...]}`.

Text: rows `u, v, mean, variance`, separated by commas, semicolons or blanks, under an optional
header, with the rest in lines before them:

    # source: A
    # target: B
    # deadline: 12.5
    # directed: false
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance, ParseError
from solverhub.core.problem import Naming, Source
from solverhub.problems.graph_formats.lines import data_lines, is_integer
from solverhub.problems.route_graph import RouteInstance

KEYS = ("source", "target", "deadline", "directed")
_COLUMNS = ("u", "v", "mean", "variance")
_KNOWN = frozenset({"problem", "name", "edges", "loadings", "curve", *KEYS})
_SETTING = re.compile(rb"^[ \t]*#[ \t]*(source|target|deadline|directed)[ \t]*[:=]([^\r\n]*)", re.M)


def from_wire(wire: Mapping[str, Any]) -> tuple[RouteInstance, Naming]:
    """The instance of a JSON form, and the ids of its vertices; raises `InvalidInstance`."""
    if not isinstance(wire, Mapping):
        raise InvalidInstance("the instance is not a JSON object")
    unknown = sorted(set(wire) - _KNOWN)
    if unknown:
        known = ", ".join(sorted(_KNOWN))
        raise InvalidInstance(f"unknown key {unknown[0][:80]!r}", remedy=f"known are {known}")
    for key in ("edges", "source", "target", "deadline"):
        if wire.get(key) is None:
            raise InvalidInstance(f'there is no "{key}"', remedy=f'give "{key}"')
    directed = wire.get("directed", False)
    if not isinstance(directed, bool):
        raise InvalidInstance('"directed" is not true or false')
    return _build(
        _rows(wire["edges"]),
        wire["source"],
        wire["target"],
        _number(wire["deadline"], "deadline"),
        directed,
        wire.get("loadings"),
        _curve(wire.get("curve")),
    )


def to_wire(instance: RouteInstance, naming: Naming) -> dict[str, Any]:
    """The JSON form, in the ids of the input."""
    columns = (instance.tail, instance.head, instance.mean, instance.variance)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    wire: dict[str, Any] = {
        "edges": [[naming.item(u), naming.item(v), m, s] for u, v, m, s in rows],
        "source": naming.item(instance.source),
        "target": naming.item(instance.target),
        "deadline": instance.deadline,
        "directed": instance.directed,
    }
    if instance.loadings.shape[1]:
        wire["loadings"] = instance.loadings.tolist()
    if instance.curve:
        wire["curve"] = list(instance.curve)
    return wire


def from_text(source: Source) -> tuple[RouteInstance, Naming]:
    """The instance of a text; `ParseError` names the line."""
    settings = {key.decode(): value.decode().strip() for key, value in _settings(source)}
    for key in ("source", "target", "deadline"):
        if key not in settings:
            raise ParseError(
                f"no {key} is given", file=source.name, line=1, remedy=f"add a line '# {key}: ...'"
            )
    if settings.get("directed", "false").lower() not in ("true", "false"):
        raise ParseError("directed is neither true nor false", file=source.name, line=1)
    rows: list[list[Any]] = []
    for line in data_lines(source.data):
        row = _fields(line.text)
        if not rows and [field.lower() for field in row] == list(_COLUMNS):
            continue
        rows.append(_text_row(row, source, line.offset))
    try:
        return _build(
            rows,
            _id(settings["source"]),
            _id(settings["target"]),
            _number(_float(settings["deadline"]), "deadline"),
            settings.get("directed", "false").lower() == "true",
            None,
        )
    except InvalidInstance as error:
        raise ParseError(error.message, file=source.name, remedy=error.remedy) from error


def holds_route(source: Source) -> bool:
    """True for a text that names a source, a target and a deadline."""
    if PurePath(source.name).suffix in (".mat", ".npz", ".npy"):
        return False
    return {key for key, _ in _settings(source)} >= {b"source", b"target", b"deadline"}


def _settings(source: Source) -> list[tuple[bytes, bytes]]:
    return _SETTING.findall(source.data[:4096])


def _fields(text: str) -> list[str]:
    """The fields of a row; names may hold blanks where commas or semicolons separate."""
    separator = next((mark for mark in ",;" if mark in text), None)
    return [field.strip() for field in text.split(separator)]


def _text_row(row: list[str], source: Source, offset: int) -> list[Any]:
    if len(row) != len(_COLUMNS):
        raise ParseError(
            f"{len(row)} fields in place of 4",
            file=source.name,
            line=source.data.count(b"\n", 0, offset) + 1,
            remedy="give u, v, mean and variance",
        )
    return [_id(row[0]), _id(row[1]), _float(row[2]), _float(row[3])]


def _id(text: str) -> int | str:
    return int(float(text)) if is_integer(text) else text


def _float(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _rows(edges: Any) -> Sequence[Sequence[Any]]:
    if isinstance(edges, Mapping):
        columns = [edges.get(name) for name in _COLUMNS]
        if set(edges) != set(_COLUMNS) or not all(isinstance(c, Sequence) for c in columns):
            raise InvalidInstance("the columns of edges are not u, v, mean and variance")
        if len({len(column) for column in columns}) != 1:  # type: ignore[arg-type]
            raise InvalidInstance("the columns of edges differ in length")
        return list(zip(*columns, strict=True))
    if not isinstance(edges, Sequence) or isinstance(edges, str):
        raise InvalidInstance('"edges" is not a list', remedy="give [[u, v, mean, variance], ...]")
    for at, row in enumerate(edges):
        if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != len(_COLUMNS):
            raise InvalidInstance(
                f"edges[{at}] is {row!r:.60}", remedy="give [u, v, mean, variance]"
            )
    return edges


def _build(
    rows: Sequence[Sequence[Any]],
    source: Any,
    target: Any,
    deadline: float,
    directed: bool,
    loadings: Any,
    curve: Sequence[float] = (),
) -> tuple[RouteInstance, Naming]:
    pairs = [(_vertex(row[0]), _vertex(row[1])) for row in rows]
    ends = _vertex(source), _vertex(target)
    found = {x for pair in (*pairs, ends) for x in pair}
    names = sorted(found, key=lambda x: (isinstance(x, str), x))
    index = {name: at for at, name in enumerate(names)}
    edges = [(index[u], index[v]) for u, v in pairs]
    times = [[_number(x, f"edges[{at}]") for x in row[2:]] for at, row in enumerate(rows)]
    instance = RouteInstance.of(
        len(names),
        np.array(edges, np.int64).reshape(-1, 2),
        np.array(times, np.float64).reshape(-1, 2),
        (index[ends[0]], index[ends[1]]),
        deadline,
        directed=directed,
        loadings=None if loadings is None else _loadings(loadings, len(rows)),
        curve=curve,
        names=names,
    )
    return instance, Naming(items=names)


def _vertex(x: Any) -> int | str:
    """The id of a vertex; a number read as a float is the whole number that it is."""
    if isinstance(x, float) and x.is_integer():
        return int(x)
    if isinstance(x, bool) or not isinstance(x, int | str):
        raise InvalidInstance(
            f"{x!r:.40} is no vertex", remedy="name vertices by whole numbers or strings"
        )
    return x


def _loadings(value: Any, n_edges: int) -> np.ndarray:
    try:
        found = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInstance("loadings are not rows of numbers of one length") from error
    if found.ndim != 2 or len(found) != n_edges:
        raise InvalidInstance(
            "loadings are not one row for each edge", remedy=f"give {n_edges} rows of one length"
        )
    return found


def _curve(value: Any) -> list[float]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidInstance('"curve" is not a list', remedy="give further deadlines")
    return [_number(deadline, "curve") for deadline in value]


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInstance(f"{where} has {value!r:.40}", remedy="give a number")
    try:
        return float(value)
    except OverflowError as error:
        raise InvalidInstance(f"{where} has a number beyond 1e308") from error
