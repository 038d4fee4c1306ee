"""Which graph format a file has, by content first and by suffix where content leaves it open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems.graph_formats.dimacs import is_dimacs, read_dimacs
from solverhub.problems.graph_formats.edge_list import read_edge_list
from solverhub.problems.graph_formats.gset import has_gset_header, read_gset
from solverhub.problems.graph_formats.json_form import graph_from_json
from solverhub.problems.graph_formats.mat import read_mat
from solverhub.problems.graph_formats.matrices import is_csv_matrix, read_csv_matrix
from solverhub.problems.graph_formats.metis import is_metis, read_metis
from solverhub.problems.graph_formats.numpy_files import read_npy, read_npz
from solverhub.problems.graph_formats.raw import RawGraph, check_sizes
from solverhub.problems.json_arrays import parse_json_arrays
from solverhub.problems.mat_file import is_mat
from solverhub.problems.npy_file import NPY_MAGIC, ZIP_MAGIC

FORMATS = ("json", "dimacs", "gset", "metis", "edge-list", "csv", "mat", "npy", "npz")

_GSET_SUFFIXES = (".rud", ".rudy", ".mc", ".gset")
_DIMACS_SUFFIXES = (".clq", ".col", ".mis", ".dimacs")
_METIS_SUFFIXES = (".graph", ".metis")


def graph_format(source: Source) -> str:
    """The one of `FORMATS` that the source has; what has no other mark is an edge list."""
    data, suffix = source.data, PurePath(source.name).suffix.lower()
    if data.startswith(NPY_MAGIC):
        return "npy"
    if data.startswith(ZIP_MAGIC):
        return "npz"
    if is_mat(source):
        return "mat"
    if data[:4096].lstrip()[:1] == b"{":
        return "json"
    if suffix in _DIMACS_SUFFIXES or is_dimacs(source):
        return "dimacs"
    if suffix in _METIS_SUFFIXES:
        return "metis"
    if suffix in _GSET_SUFFIXES:
        return "gset"
    if is_metis(source):
        return "metis"
    if has_gset_header(source):
        return "gset"
    return "csv" if is_csv_matrix(source) else "edge-list"


def read_graph(source: Source) -> RawGraph:
    """The graph of a source in any of `FORMATS`; `ParseError` names the place."""
    return _READERS[graph_format(source)](source)


def graph_of_wire(wire: Any, source: Source) -> RawGraph:
    """The graph of the JSON value in a source, within its limits."""
    if not isinstance(wire, dict):
        raise ParseError("the JSON is not an object", file=source.name)
    raw = graph_from_json(wire)
    check_sizes(raw.n, raw.u.size, source)
    return raw


def _read_json(source: Source) -> RawGraph:
    return graph_of_wire(parse_json_arrays(source.data, file=source.name), source)


_READERS: dict[str, Callable[[Source], RawGraph]] = {
    "json": _read_json,
    "dimacs": read_dimacs,
    "gset": read_gset,
    "metis": read_metis,
    "edge-list": read_edge_list,
    "csv": read_csv_matrix,
    "mat": read_mat,
    "npy": read_npy,
    "npz": read_npz,
}
