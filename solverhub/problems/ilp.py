"""Linear and mixed-integer linear programs: the `ilp` family.

    minimise or maximise c'x + offset  subject to  row_lower <= A x <= row_upper,
    lower <= x <= upper,  x_j integer for some j

The tolerances of the judge are stated in `ilp_judge`, the rules of each format in `mps`,
`lp_format` and `ilp_json`.  A bound is supported by row multipliers (`dual_bound`), an
infeasibility by multipliers of a Farkas ray or by the bounds themselves.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InputError, InvalidInstance, ParseError
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems import ilp_json, ilp_judge, ilp_summary
from solverhub.problems.dual_bound import proves_infeasible, safe_dual_bound
from solverhub.problems.ilp_model import Model
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.json_text import parse_json
from solverhub.problems.named_values import values_from_wire, values_to_wire
from solverhub.problems.unbounded_ray import proves_unbounded

__all__ = ["Ilp", "IntegerProgram"]

_MPS_START = re.compile(
    rb"(?:[ \t\r]*(?:\*[^\n]*)?\n)*(?:NAME|ROWS|OBJSENSE|OBJNAME|MAX|MIN)\b(?![ \t]*:)",
    re.IGNORECASE,
)
_LP_START = re.compile(
    rb"(?:[ \t\r]*(?:\\[^\n]*)?\n)*[ \t]*(?:max|min)(?:imum|imi[sz]e)?\b", re.IGNORECASE
)
_SUFFIX = re.compile(r"\.(mps|lp|json)(?:\.(?:gz|zst|zstd))?$", re.IGNORECASE)


class Ilp:
    """Linear and mixed-integer linear programs.

    Solutions are float64 (n,).  `evidence` for a bound is `{"row_dual": float64 (m,)}`, for
    infeasibility `{"farkas": float64 (m,)}`, for unboundedness `{"ray": float64 (n,)}`.
    """

    name: ClassVar[str] = "ilp"
    title: ClassVar[str] = "Integer and linear programming"
    formats: ClassVar[tuple[str, ...]] = ("mps", "lp", "json")

    def parse(self, source: Source) -> Parsed:
        """Read MPS (free or fixed), LP or JSON, told apart by `format_of`."""
        form = format_of(source)
        if form is None:
            raise ParseError(
                "neither MPS, LP nor JSON",
                file=source.name,
                line=1,
                remedy="an MPS file starts with NAME or ROWS, an LP file with minimize or maximize",
            )
        model = self._read(form, source)
        suffix = _SUFFIX.search(source.name)
        stem = PurePath(source.name[: suffix.start()]).name if suffix else ""
        return self._parsed(model, stem or model.title or PurePath(source.name).name)

    def _read(self, form: str, source: Source) -> Model:
        if form == "mps":
            from solverhub.problems.mps import read_mps

            return read_mps(source)
        if form == "lp":
            from solverhub.problems.lp_format import read_lp

            return read_lp(source)
        wire = parse_json(source.data, file=source.name)
        if not isinstance(wire, dict):
            raise ParseError("the JSON is not an object", file=source.name)
        return ilp_json.from_wire(wire)

    def _parsed(self, model: Model, name: str) -> Parsed:
        return Parsed(self, model.program, model.naming, name or "instance", model.warnings)

    def sense(self, instance: IntegerProgram) -> Sense:
        """The model's own."""
        return instance.sense

    def integral(self, instance: IntegerProgram) -> bool:
        """True if only integer columns have costs, and all costs and the offset are integers."""
        return instance.integral

    def solution_form(self, instance: IntegerProgram) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """float64 (n,)."""
        return np.dtype(np.float64), (instance.n,)

    def objective(self, instance: IntegerProgram, solution: np.ndarray) -> Number:
        """c'x + offset: an exact int for integer costs and values, else a float."""
        return ilp_judge.objective(instance, solution)

    def violations(self, instance: IntegerProgram, solution: np.ndarray) -> list[Violation]:
        """Broken rows ("row 3"), bounds and integralities ("column 7"); see `ilp_judge`."""
        return ilp_judge.violations(instance, solution)

    def check_bound(
        self, instance: IntegerProgram, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` if the multipliers of `evidence["row_dual"]` alone prove the bound."""
        if evidence is None or evidence.get("row_dual") is None:
            return None
        try:
            proved = safe_dual_bound(instance, evidence["row_dual"])
        except InputError:
            return None
        if instance.integral and math.isfinite(proved):
            proved = math.ceil(proved) if instance.sense is Sense.MINIMISE else math.floor(proved)
        return None if instance.sense.better(proved, bound) else BoundCheck.RECOMPUTED

    def check_infeasible(
        self, instance: IntegerProgram, evidence: Mapping[str, Any] | None
    ) -> bool:
        """True if bounds, rows or the multipliers of `evidence["farkas"]` prove it."""
        farkas = None if evidence is None else evidence.get("farkas")
        try:
            return proves_infeasible(instance, farkas)
        except InputError:
            return proves_infeasible(instance)

    def check_unbounded(self, instance: IntegerProgram, evidence: Mapping[str, Any] | None) -> bool:
        """True if `evidence["point"]` is feasible and the objective improves along its `"ray"`."""
        if evidence is None or evidence.get("ray") is None or evidence.get("point") is None:
            return False
        point = np.asarray(evidence["point"], dtype=np.float64)
        try:
            feasible = not ilp_judge.violations(instance, point)
            return feasible and proves_unbounded(instance, evidence["ray"])
        except InputError:
            return False

    def to_wire(self, instance: IntegerProgram, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The arrays form; see `ilp_json`."""
        return ilp_json.to_wire(instance, naming)

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of the arrays form, or of `{"mps": text}` or `{"lp": text}`."""
        if not isinstance(wire, Mapping):
            raise InvalidInstance("the instance is not an object", remedy="give c, A and so on")
        model = ilp_json.from_wire(wire)
        given = wire.get("name")
        return self._parsed(model, given if isinstance(given, str) else model.title)

    def solution_to_wire(
        self, instance: IntegerProgram, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"values": {name: value}}` of the nonzeros; unnamed variables are x0, x1, ..."""
        return values_to_wire(solution, instance.integer, naming)

    def solution_from_wire(
        self, instance: IntegerProgram, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The values by name; a name that is missing means 0, an unknown one is refused."""
        return values_from_wire(wire, instance.n, naming)

    def digest(self, instance: IntegerProgram) -> str:
        """sha256 of the arrays in internal order: names and file format do not enter."""
        matrix = instance.A
        state = hashlib.sha256(b"solverhub ilp 1\0" + instance.sense.value.encode())
        for array, kind in (
            (np.array([instance.m, instance.n]), "<i8"),
            (np.array([instance.offset]), "<f8"),
            (instance.c, "<f8"),
            (matrix.indptr, "<i8"),
            (matrix.indices, "<i8"),
            (matrix.data, "<f8"),
            (instance.row_lower, "<f8"),
            (instance.row_upper, "<f8"),
            (instance.lower, "<f8"),
            (instance.upper, "<f8"),
            (instance.integer, "u1"),
        ):
            state.update(np.ascontiguousarray(array, dtype=kind).data)
        return f"sha256:{state.hexdigest()}"

    def summary(self, instance: IntegerProgram) -> dict[str, Any]:
        """Sizes, coefficient ranges and kinds of rows; see `ilp_summary`."""
        return ilp_summary.summary(instance)


def format_of(source: Source) -> str | None:
    """ "json", "mps" or "lp" by content, else by the suffix of the name, else None."""
    head = source.data[:65536]
    if head.lstrip()[:1] == b"{":
        return "json"
    suffix = _SUFFIX.search(source.name)
    if suffix and suffix[1].lower() != "json":
        return suffix[1].lower()
    if _MPS_START.match(head):
        return "mps"
    return "lp" if _LP_START.match(head) else None
