"""Which graph format a file has, by content first and by suffix where content leaves it open."""

from __future__ import annotations

from pathlib import PurePath

from solverhub.core.problem import Source
from solverhub.problems.graph_formats.edge_list import read_edge_list
from solverhub.problems.graph_formats.gset import has_header, read_gset
from solverhub.problems.graph_formats.json_form import graph_from_json
from solverhub.problems.graph_formats.raw import RawGraph
from solverhub.problems.json_text import parse_json

FORMATS = ("json", "dimacs", "gset", "metis", "edge-list", "csv", "mat", "npy", "npz")

_GSET_SUFFIXES = (".rud", ".rudy", ".mc", ".gset")


def read_graph(source: Source) -> RawGraph:
    """The graph of a source in any of `FORMATS`; `ParseError` names the place."""
    suffix = PurePath(source.name).suffix.lower()
    if source.data[:64].lstrip()[:1] == b"{":
        return graph_from_json(parse_json(source.data, file=source.name))
    if suffix in _GSET_SUFFIXES or has_header(source):
        return read_gset(source)
    return read_edge_list(source)
