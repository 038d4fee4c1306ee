"""Quadratic programs in `.npz` archives of arrays P, q, A, l, u, r and integer.

Nothing is unpickled.  A matrix X is dense under its name, or in SciPy's compressed columns as
`X_data`, `X_indices`, `X_indptr` and `X_shape` (with `X_format` "csr", in compressed rows).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems.npy_file import ZIP_MAGIC, npz_arrays, npz_names
from solverhub.problems.qp_formats.arrays import model_of_arrays
from solverhub.problems.qp_model import QpModel

_PARTS = ("data", "indices", "indptr", "shape")


def holds_qp(source: Source) -> bool:
    """True for an archive with arrays q and P (or P_data)."""
    if not source.data.startswith(ZIP_MAGIC):
        return False
    names = set(npz_names(source))
    return "q" in names and bool(names & {"P", "P_data"})


def read_npz(source: Source) -> QpModel:
    """The program of the archive's arrays; raises `ParseError` or `InvalidInstance`."""
    arrays = npz_arrays(source)
    fields: dict[str, Any] = {
        name: arrays[name] for name in ("q", "l", "u", "r", "integer") if name in arrays
    }
    for name in ("P", "A"):
        if name in arrays:
            fields[name] = arrays[name]
        elif f"{name}_data" in arrays:
            fields[name] = _compressed(arrays, name, source)
    if "q" not in fields:
        raise ParseError(
            f"no array q among {', '.join(arrays)[:200] or '(none)'}",
            file=source.name,
            remedy="save arrays P, q, A, l and u",
        )
    return model_of_arrays(fields)


def _compressed(arrays: Mapping[str, np.ndarray], name: str, source: Source) -> Any:
    missing = [part for part in _PARTS if f"{name}_{part}" not in arrays]
    form = str(arrays[f"{name}_format"].astype("U8")) if f"{name}_format" in arrays else "csc"
    try:
        if missing:
            raise ValueError(f"there is no {name}_{missing[0]}")
        data, indices, indptr, shape = (arrays[f"{name}_{part}"] for part in _PARTS)
        kind = {"csc": csc_array, "csr": csr_array}[form]
        # The arrays are views of the file's bytes: index arrays are copied to be checked.
        matrix = kind(
            (data.astype(np.float64), indices.astype(np.int64), indptr.astype(np.int64)),
            shape=tuple(int(size) for size in shape),
        )
        matrix.check_format(full_check=True)
        return matrix
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise ParseError(
            f"the sparse matrix {name} is broken: {str(error)[:100]}",
            file=source.name,
            remedy=f"store the data, indices, indptr and shape of a csc_array {name}",
        ) from error
