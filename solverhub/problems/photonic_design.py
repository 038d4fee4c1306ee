"""Photonic devices that can be made: drawn with a brush, and right in simulation.

A design is a bool array of the instance's shape, True where solid (see `photonic_instance`), that a
brush can draw (`photonic_brush`).  Minimise the misfit of the transmitted powers: the mean over
wavelengths of the squared distance to their windows (`photonic_field`).  A design with misfit 0
solves the challenge and is optimal.  In JSON a design is `{"design": [rows of 0 and 1]}`, a row
for each x; as text rows of `#` and `.` are read too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems import photonic_brush, photonic_json
from solverhub.problems.graph_family import check_form
from solverhub.problems.json_text import parse_json
from solverhub.problems.photonic_field import fields, misfit, scattering
from solverhub.problems.photonic_instance import PhotonicInstance

_COMPRESSED = re.compile(r"\.(gz|zst|zstd)$", re.IGNORECASE)
_MOST_VIOLATIONS = 100


class PhotonicDesign:
    """The family `photonic-design`; 0 bounds every misfit from below and needs no evidence."""

    name: ClassVar[str] = "photonic-design"
    title: ClassVar[str] = "Photonic design: minimise the misfit of transmission"
    formats: ClassVar[tuple[str, ...]] = ("json",)

    def parse(self, source: Source) -> Parsed:
        """Read the JSON form (see `photonic_json`)."""
        name = PurePath(_COMPRESSED.sub("", source.name)).stem
        try:
            instance = photonic_json.from_wire(parse_json(source.data, file=source.name))
        except InvalidInstance as error:
            raise ParseError(error.message, file=source.name, remedy=error.remedy) from error
        return Parsed(self, instance, name=name)

    def sense(self, instance: PhotonicInstance) -> Sense:
        """Minimise."""
        return Sense.MINIMISE

    def integral(self, instance: PhotonicInstance) -> bool:
        """False: the objective is a misfit of powers."""
        return False

    def solution_form(self, instance: PhotonicInstance) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """bool (x, y): the solid pixels."""
        return np.dtype(np.bool_), instance.shape

    def objective(self, instance: PhotonicInstance, solution: np.ndarray) -> float:
        """The misfit, by a simulation of every wavelength."""
        return misfit(instance, self.power(instance, solution))

    def power(self, instance: PhotonicInstance, solution: np.ndarray) -> np.ndarray:
        """float64 (waves, ports): the share of the light that leaves through each port."""
        self._check(instance, solution)
        found: np.ndarray = np.abs(scattering(instance, fields(instance, solution))) ** 2
        return found

    def violations(self, instance: PhotonicInstance, solution: np.ndarray) -> list[Violation]:
        """The pixels that no touch of the brush can draw, at most 100."""
        self._check(instance, solution)
        missing = np.argwhere(photonic_brush.unpainted(solution, instance.brush))
        return [
            Violation(
                "brush",
                1.0,
                f"the {'solid' if solution[x, y] else 'void'} around pixel ({x}, {y}) is narrower "
                f"than the brush",
            )
            for x, y in missing[:_MOST_VIOLATIONS].tolist()
        ]

    def check_bound(
        self, instance: PhotonicInstance, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """`recomputed` for bounds of at most 0: a sum of squares is no less."""
        return BoundCheck.RECOMPUTED if bound <= 0 else None

    def check_infeasible(
        self, instance: PhotonicInstance, evidence: Mapping[str, Any] | None
    ) -> bool:
        """False: the design without a solid pixel can always be drawn."""
        return False

    def to_wire(self, instance: PhotonicInstance, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form (see `photonic_json`) with its `"problem"` key."""
        return {"problem": self.name, **photonic_json.to_wire(instance)}

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of the JSON form."""
        instance = photonic_json.from_wire(wire)
        name = wire.get("name")
        return Parsed(self, instance, name=name if isinstance(name, str) else "instance")

    def solution_to_wire(
        self, instance: PhotonicInstance, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"design": [[0, 1, ...], ...]}`, a row for each x."""
        self._check(instance, solution)
        return {"design": solution.astype(int).tolist()}

    def solution_from_wire(
        self, instance: PhotonicInstance, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"design": rows}`; rows of numbers, or strings of `#` or `1` and others."""
        rows = wire.get("design") if isinstance(wire, Mapping) else None
        if not isinstance(rows, list | tuple) or len(rows) != instance.shape[0]:
            raise InvalidSolution(
                f'the solution has no list "design" of {instance.shape[0]} rows',
                remedy="give a row of 0 and 1 for each x",
            )
        return np.array([self._row(instance, at, row) for at, row in enumerate(rows)], dtype=bool)

    def digest(self, instance: PhotonicInstance) -> str:
        """Over all fields of the instance."""
        return f"sha256:{hashlib.sha256(f'photonic-design {instance}'.encode()).hexdigest()}"

    def summary(self, instance: PhotonicInstance) -> dict[str, Any]:
        """Sizes."""
        return {
            "challenge": instance.challenge,
            "pixels": instance.n_pixels,
            "wavelengths": len(instance.wavelengths_nm),
            "resolution_nm": instance.resolution_nm,
            "brush": instance.brush,
        }

    def _check(self, instance: PhotonicInstance, solution: np.ndarray) -> None:
        check_form(solution, *self.solution_form(instance), "the design")

    def _row(self, instance: PhotonicInstance, at: int, row: Any) -> list[bool]:
        if isinstance(row, str):
            row = [int(mark in "#1") if mark in "#.10" else mark for mark in row]
        if not isinstance(row, list | tuple) or len(row) != instance.shape[1]:
            raise InvalidSolution(
                f"row {at} of the design does not have {instance.shape[1]} pixels"
            )
        if any(isinstance(x, float | str | list | dict) or x not in (0, 1) for x in row):
            raise InvalidSolution(f"row {at} of the design has other entries than 0 and 1")
        return [bool(x) for x in row]
