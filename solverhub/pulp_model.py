"""A PuLP problem as an integer program, straight from its objects, without a text between.

PuLP's modelling layer is read by its attributes alone, so that this module imports nothing
of it.  Columns are in the order of `problem.variables()`, rows in that of the constraints.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import Naming, Parsed
from solverhub.core.result import Sense
from solverhub.problems import families
from solverhub.problems.integer_program import IntegerProgram


def parsed_of(model: Any, *, integers: bool = True) -> Parsed:
    """The `ilp` instance of a `pulp.LpProblem`; `integers=False` relaxes integrality.

    Variables of one name are told apart by a number in the names of the answer.  Raises
    `InvalidInstance` for special ordered sets and for numbers that are not finite.
    """
    for kind in ("sos1", "sos2"):
        if getattr(model, kind, None):
            first = next(iter(getattr(model, kind)))
            raise InvalidInstance(
                f"the model has the special ordered set {first!r} ({kind})",
                remedy="write it as rows with binary variables",
            )
    variables = model.variables()
    constraints = list(model._constraints.values())
    place = {variable.hash: j for j, variable in enumerate(variables)}
    matrix, low, high = _rows(constraints, place)
    c = np.zeros(len(variables))
    for variable, coefficient in (model.objective or {}).items():
        c[place[variable.hash]] += coefficient
    program = IntegerProgram(
        sense=Sense.MAXIMISE if model.sense == -1 else Sense.MINIMISE,
        c=c,
        offset=float(model.objective.constant) if model.objective is not None else 0.0,
        A=csr_array(matrix, shape=(len(constraints), len(variables))),
        row_lower=low,
        row_upper=high,
        lower=np.array([_bound(v.lowBound, -math.inf) for v in variables]),
        upper=np.array([_bound(v.upBound, math.inf) for v in variables]),
        integer=np.array([integers and v.cat == "Integer" for v in variables], dtype=bool),
    )
    names = _distinct([variable.name for variable in variables])
    return Parsed(
        families.get("ilp"),
        program,
        Naming(names, list(model._constraints)),
        model.name,
        () if [v.name for v in variables] == names else (_REPEATED,),
    )


_REPEATED = "variables of one name were told apart by numbers"


def _rows(
    constraints: Sequence[Any], place: dict[int, int]
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
    """CSR arrays (data, indices, indptr) and the two sides of every row."""
    data: list[float] = []
    indices: list[int] = []
    indptr = [0]
    low, high = [], []
    for constraint in constraints:
        for variable, coefficient in constraint.items():
            data.append(coefficient)
            indices.append(place[variable.hash])
        indptr.append(len(indices))
        low.append(_bound(constraint.getLb(), -math.inf))
        high.append(_bound(constraint.getUb(), math.inf))
    entries = (np.array(data, dtype=float), np.array(indices, dtype=np.int64), np.array(indptr))
    return entries, np.array(low), np.array(high)


def _bound(value: Any, absent: float) -> float:
    return absent if value is None else float(value)


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, repeated ones with the first free `_2`, `_3`, ... at their end."""
    count, taken = Counter(names), set(names)
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        if count[name] > 1 and seen[name] > 1:
            number = seen[name]
            while f"{name}_{number}" in taken:
                number += 1
            name = f"{name}_{number}"
            taken.add(name)
        distinct.append(name)
    return distinct
