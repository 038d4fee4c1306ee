"""Graphs in `.npy` and `.npz` files, SciPy's sparse ones too.  Nothing is unpickled.

Names looked for in an `.npz`: SciPy's own; `edge_index` or `edges`, with `edge_weight(s)`
or `weights`; else the one array, or the one called `adjacency`, `adj`, `matrix` or `A`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems.graph_formats.matrices import graph_of_array, graph_of_entries
from solverhub.problems.graph_formats.raw import RawGraph
from solverhub.problems.npy_file import npy_array, npz_arrays

_MATRIX_NAMES = ("adjacency", "adj", "matrix", "A")


def read_npy(source: Source) -> RawGraph:
    """The graph of one array."""
    return graph_of_array(npy_array(source.data, source, "the array"), source, "the array")


def read_npz(source: Source) -> RawGraph:
    """The graph of an archive of arrays."""
    arrays = npz_arrays(source)
    if {"format", "shape", "data"} <= arrays.keys():
        return _sparse(arrays, source)
    edges = next((name for name in ("edge_index", "edges") if name in arrays), None)
    if edges is not None:
        return _listed(arrays, edges, source)
    names = [name for name in _MATRIX_NAMES if name in arrays]
    if not names and len(arrays) == 1:
        names = list(arrays)
    if not names:
        raise ParseError(
            f"no graph among the arrays {', '.join(arrays)[:200] or '(none)'}",
            file=source.name,
            remedy="name an array adjacency or edge_index",
        )
    return graph_of_array(arrays[names[0]], source, names[0])


def _listed(arrays: Mapping[str, np.ndarray], edges: str, source: Source) -> RawGraph:
    ends = arrays[edges]
    if ends.ndim == 2 and ends.shape[0] == 2 and (ends.shape[1] != 2 or edges == "edge_index"):
        ends = ends.T
    names = ("edge_weight", "edge_weights", "weights", "weight")
    weights = next((arrays[name] for name in names if name in arrays), None)
    if weights is not None and ends.ndim == 2 and weights.shape == ends.shape[:1]:
        return _with_weights(ends, weights, source)
    if ends.ndim == 2 and ends.shape[0] == ends.shape[1] and ends.shape[1] in (2, 3):
        ends = np.concatenate([ends, ends[:1]])  # not square, and the same set of edges
    return graph_of_array(ends, source, edges)


def _with_weights(ends: np.ndarray, weights: np.ndarray, source: Source) -> RawGraph:
    bare = graph_of_array(np.concatenate([ends, ends]), source, "edges")
    from solverhub.problems.graph import as_weights

    half = ends.shape[0]
    w = as_weights(weights, f"{source.name}: weights", half)
    return RawGraph(bare.n, bare.u[:half], bare.v[:half], w, None, bare.ids)


def _sparse(arrays: Mapping[str, np.ndarray], source: Source) -> RawGraph:
    """SciPy's `save_npz` of a csr, csc or coo matrix, its indices checked."""
    form = str(arrays["format"].reshape(-1)[:1].astype("U8").tolist()[:1])
    try:
        n, columns = (int(size) for size in arrays["shape"])
        data = arrays["data"]
        if "coo" in form:
            i, j = arrays["row"], arrays["col"]
        else:
            indptr, j = arrays["indptr"].astype(np.int64), arrays["indices"]
            if indptr.shape != (n + 1,) or indptr[0] != 0 or (np.diff(indptr) < 0).any():
                raise ValueError("indptr")
            i = np.repeat(np.arange(n), np.diff(indptr))
        if not (i.shape == j.shape == data.shape == (data.size,)) or n != columns:
            raise ValueError("shapes")
        if any(ids.size and (ids.min() < 0 or ids.max() >= n) for ids in (i, j)):
            raise ValueError("indices")
    except (KeyError, ValueError, TypeError) as error:
        raise ParseError(
            "the sparse matrix is broken or not square",
            file=source.name,
            remedy="write it with scipy.sparse.save_npz, in csr, csc or coo form",
        ) from error
    return graph_of_entries(n, i, j, data, source, "the matrix")
