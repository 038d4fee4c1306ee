"""Which problems a source fits, by its format and, in JSON, by its keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

from solverhub.core.errors import AmbiguousProblem, InputError, ParseError
from solverhub.core.problem import Source
from solverhub.problems import families
from solverhub.problems.edge_coloured_text import looks_coloured
from solverhub.problems.graph_formats.formats import graph_format
from solverhub.problems.graph_formats.lines import data_lines, fields, is_number
from solverhub.problems.ilp import format_of
from solverhub.problems.job_shop_text import read_shop
from solverhub.problems.metric_files import holds_distances
from solverhub.problems.qp_formats.formats import holds_qp
from solverhub.problems.route_forms import holds_route

_GRAPHS = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
    "max-cut",
    "correlation-clustering",
    "min-max-correlation-clustering",
)
_KEYS: dict[str, tuple[str, ...]] = {
    "edges": _GRAPHS,
    "pairs": ("cubic-correlation-clustering",),
    "triples": ("cubic-correlation-clustering",),
    "distances": ("metric-nearness",),
    "jobs": ("job-shop",),
    "mps": ("ilp",),
    "lp": ("ilp",),
    "A": ("ilp",),
    "c": ("ilp",),
    "deadline": ("route-planning",),
    "tables": ("table-sharding",),
    "challenge": ("photonic-design",),
    "P": ("qp",),
    "q": ("qp",),
}
_LARGEST_SHOP = 2**24
_SHOP_SUFFIXES = (".jsp", ".jss")


def fits(source: Source) -> list[str]:
    """Names of the problems that a source other than JSON fits, in the families' order."""
    fitting: set[str] = set()
    for names, recognise in _RECOGNISERS:
        if recognise(source):
            fitting.update(names)
    return [name for name in families.names() if name in fitting]


def fits_wire(wire: Mapping[str, Any]) -> list[str]:
    """The same for a JSON object: its `"problem"` key, else what its other keys fit."""
    named = wire.get("problem")
    if named is not None:
        if not isinstance(named, str):
            raise InputError("the key 'problem' is not a string", remedy="give a family's name")
        families.get(named)
        return [named]
    if _has_member_lists(wire.get("edges")):
        return ["edge-coloured-clustering"]
    fitting = {name for key, names in _KEYS.items() if key in wire for name in names}
    if "route-planning" in fitting:
        return ["route-planning"]  # its edges would fit a graph too
    if "qp" in fitting:
        fitting.discard("ilp")  # both have A
    return [name for name in families.names() if name in fitting]


def choose(fitting: list[str], folder: str, name: str) -> str:
    """The problem of an input that fits `fitting` and lies in `folder`.

    The folder's problem is also chosen where nothing fits: its parser says what is wrong.
    Raises `AmbiguousProblem` that lists what fits.
    """
    if folder in fitting or (not fitting and folder in families.FAMILIES):
        return folder
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise ParseError(
            "the content fits no problem",
            file=name,
            line=1,
            remedy=f"name one with --problem: {', '.join(families.names())}",
        )
    raise AmbiguousProblem(
        f"{name} fits {', '.join(fitting)}",
        remedy='name one with --problem, a "problem" key in JSON, or its folder\'s name',
    )


def is_json(data: bytes) -> bool:
    """True if the text starts as a JSON object."""
    return data[:4096].lstrip()[:1] == b"{"


def _has_member_lists(edges: Any) -> bool:
    """True if the first edge begins with a list of vertices."""
    if not isinstance(edges, list) or not edges or not isinstance(edges[0], list):
        return False
    return bool(edges[0]) and isinstance(edges[0][0], list)


def _is_shop(source: Source) -> bool:
    if len(source.data) > _LARGEST_SHOP:
        return False
    if PurePath(source.name).suffix.lower() in _SHOP_SUFFIXES:
        return True  # its parser says what is wrong
    first = next(data_lines(source.data), None)
    if first is None or first.text[0] in "pc" or not any(map(is_number, first.text.split())):
        return first is not None and "jobs" in first.text.lower()
    try:
        read_shop(source)
    except InputError:
        return False
    return True


def _is_graph(source: Source) -> bool:
    """True for the formats with marks of their own, and for rows that begin with two ids."""
    form = graph_format(source)
    if form in ("mat", "npz") and holds_qp(source):
        return False
    if form != "edge-list":
        return True
    lines = data_lines(source.data)
    rows = [fields(line.text) for _, line in zip(range(3), lines, strict=False)]
    return bool(rows) and all(2 <= len(row) <= 8 and len(row) == len(rows[0]) for row in rows)


def _is_metric(source: Source) -> bool:
    """True for tables of distances, but those that a graph format of its own has marked."""
    plain = graph_format(source) in ("edge-list", "csv", "npy", "npz", "mat")
    marked = format_of(source) is not None or holds_route(source) or looks_coloured(source)
    return plain and not marked and holds_distances(source)


_RECOGNISERS: tuple[tuple[tuple[str, ...], Callable[[Source], bool]], ...] = (
    (("qp",), holds_qp),
    (("ilp",), lambda source: format_of(source) is not None and not holds_qp(source)),
    (("job-shop",), _is_shop),
    (("route-planning",), holds_route),
    (_GRAPHS, lambda source: _is_graph(source) and not holds_route(source)),
    (("metric-nearness",), _is_metric),
    (("edge-coloured-clustering",), looks_coloured),
)
