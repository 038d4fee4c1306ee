"""Distances in files: matrices as `.npy`, `.npz`, `.mat` or text, and lists of pairs.

A square table is a matrix; one of 3 or 4 columns lists pairs `i j d` or `i j d w` by integer
ids, 0-based or not, with gaps or not.  In archives and MATLAB files the matrix is called
`distances`, `D` or `d`, or is the only square one; `weights`, `W` or `w` goes with it, and a
list of pairs is called `edges`.  `norm`, `decrease_only` and `symmetrise` may be there too, and
`lower` and `upper`, bounds on the distances of the answer: a number, a matrix, or one a row of
`edges`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance, ParseError
from solverhub.core.problem import INTERNAL, Naming, Source
from solverhub.problems.graph_formats.lines import data_lines, fields, is_number
from solverhub.problems.graph_formats.matrices import is_csv_matrix
from solverhub.problems.mat_file import is_mat, mat_shapes, mat_variables
from solverhub.problems.metric_instance import MetricInstance, of_edges, of_matrix
from solverhub.problems.npy_file import NPY_MAGIC, ZIP_MAGIC, npy_array, npz_arrays, npz_names

FORMATS = ("json", "npy", "npz", "mat", "csv", "edge-list")
_MATRICES = ("distances", "D", "d")
_WEIGHTS = ("weights", "W", "w")
_BOUNDS = ("lower", "upper")

Read = tuple[MetricInstance, Naming, tuple[str, ...]]


def read_metric(source: Source) -> Read:
    """The instance of a file other than JSON, its ids and warnings."""
    asked = {"symmetrise": True} if source.symmetrise else {}
    if source.data.startswith(NPY_MAGIC):
        return of_table(npy_array(source.data, source, "the array"), **asked)
    if source.data.startswith(ZIP_MAGIC):
        return _of_arrays({**npz_arrays(source), **asked}, source)
    if is_mat(source):
        names = (*_MATRICES, *_WEIGHTS, *_BOUNDS, "edges", "norm", "decrease_only", "symmetrise")
        shapes = mat_shapes(source)
        squares = [name for name, shape in shapes.items() if _square(shape)]
        found = mat_variables(source, (*names, *squares))
        arrays = {name: _plain(value) for name, value in found.items()}
        return _of_arrays({**arrays, **asked}, source)
    return of_table(_text_table(source), **asked)


def holds_distances(source: Source) -> bool:
    """True for square tables of numbers, lists of pairs with a number, and arrays so called."""
    if source.data.startswith(ZIP_MAGIC):
        return bool({*_MATRICES, "edges"} & set(npz_names(source)))
    try:
        if source.data.startswith(NPY_MAGIC):
            shape = npy_array(source.data, source, "the array").shape
            return _square(shape) or (len(shape) == 2 and shape[1] in (3, 4))
        if is_mat(source):
            return bool(set(_MATRICES) & set(mat_shapes(source)))
    except ParseError:
        return False
    lines = data_lines(source.data)
    rows = [fields(line.text) for _, line in zip(range(3), lines, strict=False)]
    table = rows[1:] if len(rows) > 1 and not any(map(is_number, rows[0])) else rows
    if not table or not all(is_number(field) for row in table for field in row):
        return False
    return len(table[0]) in (3, 4) or is_csv_matrix(source)


def of_table(table: np.ndarray, **fields: Any) -> Read:
    """The instance of a square matrix, or of rows (i, j, d) or (i, j, d, w)."""
    if table.ndim == 2 and not _square(table.shape) and table.shape[1] in (3, 4):
        return _of_rows(table, **fields)
    return of_matrix(table, **fields), INTERNAL, ()


def _of_rows(table: np.ndarray, **fields: Any) -> Read:
    ends = table[:, :2]
    with np.errstate(invalid="ignore"):
        ids = ends.astype(np.int64)
    if not np.array_equal(ids, ends) or (ids.size and ids.min() < 0):
        raise InvalidInstance(
            "the pairs have ids that are not integers from 0",
            remedy="give i j d or i j d w a row, or a square matrix",
        )
    known, index = np.unique(ids, return_inverse=True)
    index = index.reshape(ids.shape)
    fields.pop("symmetrise", None)
    weights = table[:, 3].astype(np.float64) if table.shape[1] == 4 else None
    instance, warnings = of_edges(
        known.size, index[:, 0], index[:, 1], table[:, 2].astype(np.float64), weights, **fields
    )
    plain = np.array_equal(known, np.arange(known.size))
    return instance, INTERNAL if plain else Naming(known.tolist()), warnings


def _of_arrays(arrays: Mapping[str, Any], source: Source) -> Read:
    fields: dict[str, Any] = {}
    if "norm" in arrays:
        fields["norm"] = str(np.asarray(arrays["norm"]).reshape(-1)[0])
    for flag in ("decrease_only", "symmetrise"):
        if flag in arrays:
            fields[flag] = bool(np.asarray(arrays[flag]).reshape(-1)[0])
    for name in _BOUNDS:
        if name in arrays:
            bound = np.asarray(arrays[name])
            whole = bound.size != 1 and "edges" not in arrays
            fields[name] = bound if whole else _scalar_or_list(bound)
    if "edges" in arrays:
        return of_table(np.asarray(arrays["edges"]), **fields)
    weights = next((arrays[name] for name in _WEIGHTS if name in arrays), None)
    names: Sequence[str] = [name for name in _MATRICES if name in arrays]
    if not names:
        names = [
            name
            for name, value in arrays.items()
            if name not in (*_WEIGHTS, *_BOUNDS) and _square(np.shape(value))
        ]
    if len(names) != 1 and not set(names) & set(_MATRICES):
        raise ParseError(
            f"no distances among the arrays {', '.join(arrays)[:200] or '(none)'}",
            file=source.name,
            remedy="call the matrix distances, or the list of pairs edges",
        )
    return of_matrix(np.asarray(arrays[names[0]]), weights, **fields), INTERNAL, ()


def _scalar_or_list(bound: np.ndarray) -> Any:
    """MATLAB has numbers and lists as matrices."""
    return bound.item() if bound.size == 1 else bound.reshape(-1)


def _plain(value: Any) -> Any:
    return value.toarray() if hasattr(value, "toarray") else value


def _square(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] == shape[1] and shape[0] > 1


def _text_table(source: Source) -> np.ndarray:
    """float64 table of text; a first row without numbers is a header."""
    first = next(data_lines(source.data), None)
    if first is None:
        raise ParseError("the file has no numbers", file=source.name, remedy="give an instance")
    offset, row = first.offset, fields(first.text)
    if not any(map(is_number, row)):
        second = next(data_lines(source.data, first.after), None)
        offset = first.after
        row = row if second is None else fields(second.text)
        first = second or first
    mark = next((mark for mark in ",;" if mark in first.text), None)
    try:
        return np.loadtxt(
            io.BytesIO(source.data[offset:]),
            delimiter=mark,
            comments=["#", "%", "//"],
            ndmin=2,
        )
    except (ValueError, UnicodeDecodeError) as error:
        text, line = str(error), None
        place = re.search(r" at row (\d+)", text)
        if place is not None:
            # NumPy counts rows from 1 where their lengths differ, from 0 elsewhere.
            uneven = text.startswith("the number of columns")
            line = _line(source.data, offset, int(place[1]) - uneven)
            text = text[: place.start()]
        raise ParseError(
            f"not a table of numbers: {text[:120]}",
            file=source.name,
            line=line,
            remedy="give a square matrix, or i j d or i j d w a row",
        ) from error


def _line(data: bytes, offset: int, row: int) -> int:
    """The line, from 1, of a data row, from 0, that starts at or after `offset`."""
    for at, line in enumerate(data_lines(data, offset)):
        if at == row:
            return data.count(b"\n", 0, line.offset) + 1
    return data.count(b"\n") + 1
