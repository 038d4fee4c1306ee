"""Quadratic programs in MPS (QPS) and LP files, by the readers of the linear ones.

The rows are those of the file; after them comes one row with the entry 1 for each variable
that has a finite bound.  A model that maximises is negated, with a warning.  Row names are not
kept.
"""

from __future__ import annotations

import re

import numpy as np
from scipy.sparse import csc_array, eye_array, vstack

from solverhub.core.errors import InvalidInstance, ParseError
from solverhub.core.problem import Naming, Source
from solverhub.core.result import Sense
from solverhub.problems.ilp_model import Model
from solverhub.problems.lp_quadratic import read_quadratic_lp
from solverhub.problems.mps_quadratic import read_quadratic_mps
from solverhub.problems.qp_model import QpModel, build

_SECTION = re.compile(rb"^(?:QUADOBJ|QMATRIX|QSECTION)\b", re.MULTILINE | re.IGNORECASE)
_BRACKET = re.compile(rb"^[^\\\n]*\[", re.MULTILINE)


def is_quadratic(form: str, data: bytes) -> bool:
    """True if the text of an "mps" or "lp" file has a quadratic objective."""
    return bool((_SECTION if form == "mps" else _BRACKET).search(data))


def read_mps(source: Source) -> QpModel:
    """The program of an MPS file, linear if it has no quadratic section."""
    return _converted(*read_quadratic_mps(source), source)


def read_lp(source: Source) -> QpModel:
    """The program of an LP file, linear if it has no brackets."""
    return _converted(*read_quadratic_lp(source), source)


def _converted(model: Model, quadratic: csc_array, source: Source) -> QpModel:
    linear = model.program
    bounded = np.isfinite(linear.lower) | np.isfinite(linear.upper)
    rows = vstack([linear.A, eye_array(linear.n, format="csr")[np.flatnonzero(bounded)]])
    warnings = model.warnings
    sign = linear.sense.sign
    if linear.sense is Sense.MAXIMISE:
        warnings += ("the model maximises: the objective is negated, and minimised",)
    try:
        return build(
            sign * quadratic,
            sign * linear.c,
            rows,
            np.concatenate([linear.row_lower, linear.lower[bounded]]),
            np.concatenate([linear.row_upper, linear.upper[bounded]]),
            sign * linear.offset,
            linear.integer,
            naming=Naming(items=model.naming.items),
            title=model.title,
            warnings=tuple(dict.fromkeys(warnings)),
        )
    except InvalidInstance as error:
        raise ParseError(error.message, file=source.name, remedy=error.remedy) from error
