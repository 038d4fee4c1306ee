"""Convex quadratic programs: the `qp` family.

    minimise  1/2 x'P x + q'x + r   subject to  l <= A x <= u,  x_j integer for some j

A model that maximises is negated when it is read.  The rules of feasibility are stated in
`qp_judge`, those of each format in `qp_formats`.

Multipliers y float64 (m,) make P x + q + A'y = 0, y > 0 at the upper side and y < 0 at the
lower.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidSolution
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems import qp_judge, qp_summary
from solverhub.problems.named_values import values_from_wire, values_to_wire
from solverhub.problems.qp_certificates import proves_no_point, proves_ray, safe_bound
from solverhub.problems.qp_formats import formats, json_form
from solverhub.problems.qp_model import QpModel
from solverhub.problems.quadratic_program import QuadraticProgram

__all__ = ["Qp", "QuadraticProgram"]


class Qp:
    """Convex quadratic programs, with or without integer columns.

    Solutions are float64 (n,).  `evidence` for a bound is `{"row_dual": float64 (m,)}`, if
    possible with `"point": float64 (n,)`, the x that belongs to the multipliers (the
    continuous relaxation's for integer programs); for infeasibility `{"farkas": float64
    (m,)}`, for unboundedness `{"ray": float64 (n,), "point": float64 (n,)}` with a feasible
    point (the result's own solution serves too).
    """

    name: ClassVar[str] = "qp"
    title: ClassVar[str] = "Convex quadratic programming"
    formats: ClassVar[tuple[str, ...]] = formats.FORMATS

    def parse(self, source: Source) -> Parsed:
        """Read any of `formats`, told apart by content and suffix."""
        model = formats.read_qp(source)
        return self._parsed(model, model.title or PurePath(source.name).stem)

    def _parsed(self, model: QpModel, name: str) -> Parsed:
        return Parsed(self, model.program, model.naming, name or "instance", model.warnings)

    def sense(self, instance: QuadraticProgram) -> Sense:
        """Always minimised."""
        return Sense.MINIMISE

    def integral(self, instance: QuadraticProgram) -> bool:
        """True if only integer columns have costs, and all terms of the objective are integers."""
        return qp_judge.integral(instance)

    def solution_form(self, instance: QuadraticProgram) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """float64 (n,)."""
        return np.dtype(np.float64), (instance.n,)

    def objective(self, instance: QuadraticProgram, solution: np.ndarray) -> Number:
        """1/2 x'Px + q'x + r: an exact int where all terms are integers, else a float."""
        return qp_judge.objective(instance, solution)

    def violations(self, instance: QuadraticProgram, solution: np.ndarray) -> list[Violation]:
        """Broken rows ("row 3") and integralities ("column 7"); see `qp_judge`."""
        return qp_judge.violations(instance, solution)

    def check_bound(
        self, instance: QuadraticProgram, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` if `evidence["row_dual"]` proves the bound; see `qp_certificates`."""
        if evidence is None or evidence.get("row_dual") is None:
            return None
        try:
            proved = safe_bound(instance, evidence["row_dual"], evidence.get("point"))
        except InvalidSolution:
            return None
        if self.integral(instance) and math.isfinite(proved):
            proved = math.ceil(proved)
        return None if proved < bound else BoundCheck.RECOMPUTED

    def check_infeasible(
        self, instance: QuadraticProgram, evidence: Mapping[str, Any] | None
    ) -> bool:
        """True if bounds, rows or the multipliers of `evidence["farkas"]` prove it."""
        farkas = None if evidence is None else evidence.get("farkas")
        try:
            return proves_no_point(instance, farkas)
        except InvalidSolution:
            return proves_no_point(instance)

    def check_unbounded(
        self, instance: QuadraticProgram, evidence: Mapping[str, Any] | None
    ) -> bool:
        """True if `evidence["point"]` is feasible and the objective falls along its `"ray"`."""
        if evidence is None or evidence.get("ray") is None or evidence.get("point") is None:
            return False
        point = np.asarray(evidence["point"], dtype=np.float64)
        try:
            return not self.violations(instance, point) and proves_ray(instance, evidence["ray"])
        except InvalidSolution:
            return False

    def to_wire(self, instance: QuadraticProgram, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The arrays form; see `qp_formats.json_form`."""
        return json_form.to_wire(instance, naming)

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of the arrays form, or of `{"mps": text}` or `{"lp": text}`."""
        if not isinstance(wire, Mapping):
            raise InvalidInstance("the instance is not an object", remedy="give P, q, A, l and u")
        model = formats.read_wire(dict(wire))
        given = wire.get("name")
        return self._parsed(model, given if isinstance(given, str) else model.title)

    def solution_to_wire(
        self, instance: QuadraticProgram, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"values": {name: value}}` of the nonzeros; unnamed variables are x0, x1, ..."""
        return values_to_wire(solution, instance.integer, naming)

    def solution_from_wire(
        self, instance: QuadraticProgram, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The values by name; a name that is missing means 0, an unknown one is refused."""
        return values_from_wire(wire, instance.n, naming)

    def digest(self, instance: QuadraticProgram) -> str:
        """sha256 of the arrays in internal order: names and file format do not enter."""
        state = hashlib.sha256(b"solverhub qp 1\0")
        for array, kind in (
            (np.array([instance.m, instance.n]), "<i8"),
            (np.array([instance.r]), "<f8"),
            (instance.q, "<f8"),
            *_parts(instance.P),
            *_parts(instance.A),
            (instance.l, "<f8"),
            (instance.u, "<f8"),
            (instance.integer, "u1"),
        ):
            state.update(np.ascontiguousarray(array, dtype=kind).data)
        return f"sha256:{state.hexdigest()}"

    def summary(self, instance: QuadraticProgram) -> dict[str, Any]:
        """Sizes, coefficient ranges and kinds of rows; see `qp_summary`."""
        return qp_summary.summary(instance)


def _parts(matrix: Any) -> tuple[tuple[np.ndarray, str], ...]:
    return (matrix.indptr, "<i8"), (matrix.indices, "<i8"), (matrix.data, "<f8")
