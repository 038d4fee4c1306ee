"""A quadratic program from loose arrays, of whatever shape their files give vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import INTERNAL, Naming
from solverhub.problems.qp_model import QpModel, build


def model_of_arrays(fields: Mapping[str, Any], naming: Naming = INTERNAL) -> QpModel:
    """The program of `P, q, A, l, u, r, integer`, of which only q is required."""
    vectors = {
        name: _flat(name, fields[name])
        for name in ("q", "l", "u", "integer")
        if fields.get(name) is not None
    }
    constant = _flat("r", fields.get("r", 0.0) if fields.get("r") is not None else 0.0)
    if constant.size != 1:
        raise InvalidInstance(f"r has {constant.size} entries", remedy="give one number")
    quadratic, rows = (_matrix(fields.get(name)) for name in ("P", "A"))
    return build(
        quadratic,
        vectors["q"],
        rows,
        vectors.get("l"),
        vectors.get("u"),
        float(constant[0]),
        vectors.get("integer"),
        naming=naming,
    )


def _flat(name: str, given: Any) -> np.ndarray:
    """A vector of an array (k,), (k, 1), (1, k) or () of numbers."""
    if scipy.sparse.issparse(given):
        given = given.toarray()
    array = np.asarray(given)
    if array.ndim > 2 or (array.ndim == 2 and min(array.shape) > 1):
        raise InvalidInstance(
            f"{name} has shape {array.shape}", remedy="give a vector: one row or one column"
        )
    if array.dtype.kind not in "biuf":
        raise InvalidInstance(f"{name} has dtype {array.dtype}", remedy="give real numbers")
    return array.reshape(-1)


def _matrix(given: Any) -> Any:
    """None for a matrix without entries of either dimension, as MATLAB writes an absent one."""
    if given is None or scipy.sparse.issparse(given):
        return given
    array = np.asarray(given)
    return None if array.shape == (0, 0) else array
