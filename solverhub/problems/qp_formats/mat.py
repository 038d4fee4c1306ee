"""Quadratic programs in MATLAB files up to version 7: variables P, q, A, l, u and r.

P and A may be sparse or full; q, l and u are rows or columns; r is a number (0 if absent).
`integer` may list 0 or 1 a column.  Without A there are no rows.  As in the Maros-Meszaros
collection of that form, sizes of 1e20 and more are infinite in l and u.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from solverhub.core.errors import InputError, ParseError
from solverhub.core.problem import Source
from solverhub.problems.mat_file import is_mat, mat_shapes, mat_variables
from solverhub.problems.qp_formats.arrays import model_of_arrays
from solverhub.problems.qp_model import QpModel

_NAMES = ("P", "q", "A", "l", "u", "r", "integer")


def holds_qp(source: Source) -> bool:
    """True for a readable MATLAB file with variables P and q."""
    if not is_mat(source):
        return False
    try:
        return {"P", "q"} <= mat_shapes(source).keys()
    except InputError:
        return False


def read_mat(source: Source) -> QpModel:
    """The program of the file's variables; raises `ParseError` or `InvalidInstance`."""
    shapes = mat_shapes(source)
    for needed in ("P", "q"):
        if needed not in shapes:
            raise ParseError(
                f"no variable {needed} among {', '.join(shapes)[:200] or '(none)'}",
                file=source.name,
                remedy="save P, q, A, l, u and r",
            )
    found = mat_variables(source, _NAMES)
    return model_of_arrays({name: _plain(value) for name, value in found.items()})


def _plain(value: Any) -> Any:
    """MATLAB has no vectors: q, l, u and r come as (k, 1) or (1, k), flattened by the receiver."""
    return value if scipy.sparse.issparse(value) else np.asarray(value)
