"""Table sharding: put embedding tables on equal devices so that the slowest one is fast.

Every table lies on one device, and no device holds more than its memory; minimise the time of the
slowest device, in ms, after the model of `sharding_model`, in which tables on one device share a
fused kernel.  A solution is an int64 array (n,): the device of each table.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any, ClassVar

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems import sharding_forms
from solverhub.problems.graph_family import check_form
from solverhub.problems.json_text import parse_json
from solverhub.problems.sharding_bound import lower_bound
from solverhub.problems.sharding_instance import ShardingInstance

_MOST_VIOLATIONS = 100
_COMPRESSED = re.compile(r"\.(gz|zst|zstd)$", re.IGNORECASE)


class TableSharding:
    """The family `table-sharding`."""

    name: ClassVar[str] = "table-sharding"
    title: ClassVar[str] = "Table sharding: minimise the time of the slowest device"
    formats: ClassVar[tuple[str, ...]] = ("json",)

    def parse(self, source: Source) -> Parsed:
        """Read the JSON form."""
        try:
            parsed = self.from_wire(parse_json(source.data, file=source.name))
        except InvalidInstance as error:
            raise ParseError(error.message, file=source.name, remedy=error.remedy) from error
        return replace(parsed, name=PurePath(_COMPRESSED.sub("", source.name)).stem)

    def sense(self, instance: ShardingInstance) -> Sense:
        """Minimise."""
        return Sense.MINIMISE

    def integral(self, instance: ShardingInstance) -> bool:
        """False: the objective is a time."""
        return False

    def solution_form(self, instance: ShardingInstance) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """int64 (n,): the device of each table."""
        return np.dtype(np.int64), (instance.n,)

    def objective(self, instance: ShardingInstance, solution: np.ndarray) -> float:
        """ms of the slowest device; inf where a table lies on no device."""
        self._check(instance, solution)
        if _off(instance, solution).any():
            return float("inf")
        return float(instance.device_ms(solution).max())

    def violations(self, instance: ShardingInstance, solution: np.ndarray) -> list[Violation]:
        """Tables on no device, and devices with too little memory."""
        self._check(instance, solution)
        off = np.flatnonzero(_off(instance, solution)).tolist()
        if off:
            return [
                Violation("device", 0.0, f"table {i} lies on device {int(solution[i])}")
                for i in off[:_MOST_VIOLATIONS]
            ]
        found = []
        for k, needed in enumerate(instance.device_bytes(solution)):
            beyond = needed - instance.memory_bytes
            if beyond > 0:
                message = f"device {k} needs {needed} bytes, {beyond} more than it has"
                found.append(Violation("memory", float(beyond), message))
        return sorted(found, key=lambda broken: -broken.amount)[:_MOST_VIOLATIONS]

    def check_bound(
        self, instance: ShardingInstance, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """Recomputed if `sharding_bound` gives the bound; no evidence is needed."""
        return BoundCheck.RECOMPUTED if bound <= lower_bound(instance) else None

    def check_infeasible(
        self, instance: ShardingInstance, evidence: Mapping[str, Any] | None
    ) -> bool:
        """True if a table, or all of them together, need too much memory."""
        return bool(sharding_forms.too_large(instance))

    def to_wire(self, instance: ShardingInstance, naming: Naming = INTERNAL) -> dict[str, Any]:
        """The JSON form (see `sharding_forms`) with its `"problem"` key."""
        return {"problem": self.name, **sharding_forms.to_wire(instance, naming)}

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of the JSON form; a warning says why it can have no placement."""
        instance, naming = sharding_forms.from_wire(wire)
        name = wire.get("name")
        return Parsed(
            self,
            instance,
            naming,
            name if isinstance(name, str) else "instance",
            sharding_forms.too_large(instance, naming),
        )

    def solution_to_wire(
        self, instance: ShardingInstance, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"device": [...]}`, one a table, with `"device_ms"` and `"device_bytes"`."""
        self._check(instance, solution)
        wire: dict[str, Any] = {"device": solution.tolist()}
        if not _off(instance, solution).any():
            wire["device_ms"] = instance.device_ms(solution).tolist()
            wire["device_bytes"] = instance.device_bytes(solution)
        return wire

    def solution_from_wire(
        self, instance: ShardingInstance, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The array of `{"device": [...]}`."""
        given = wire.get("device") if isinstance(wire, Mapping) else None
        if not isinstance(given, list | tuple) or len(given) != instance.n:
            raise InvalidSolution(
                'there is no list "device" with one entry a table',
                remedy=f"give {instance.n} numbers of devices",
            )
        for at, k in enumerate(given):
            if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k < instance.devices:
                raise InvalidSolution(
                    f"table {naming.item(at)} lies on device {k!r:.20}",
                    remedy=f"number the {instance.devices} devices from 0",
                )
        return np.array(given, dtype=np.int64)

    def digest(self, instance: ShardingInstance) -> str:
        """Over tables, devices, memory and the constants of the model."""
        hasher = hashlib.sha256(b"table-sharding")
        head = np.array([instance.n, instance.devices, instance.memory_bytes], np.int64)
        constants = np.array([float(x) for x in instance.model.to_mapping().values()])
        columns = (instance.dim, instance.rows, instance.pooling, instance.reuse)
        for array in (head, constants, *columns):
            hasher.update(array.tobytes())
        return f"sha256:{hasher.hexdigest()}"

    def summary(self, instance: ShardingInstance) -> dict[str, Any]:
        """Sizes, how full the memory is, and the bound."""
        total = sum(instance.bytes.tolist())
        return {
            "tables": instance.n,
            "devices": instance.devices,
            "memory_bytes": instance.memory_bytes,
            "memory_share": total / (instance.devices * instance.memory_bytes),
            "lower_bound": lower_bound(instance),
        }

    def _check(self, instance: ShardingInstance, solution: np.ndarray) -> None:
        check_form(solution, *self.solution_form(instance), "the placement")


def _off(instance: ShardingInstance, solution: np.ndarray) -> np.ndarray:
    off: np.ndarray = (solution < 0) | (solution >= instance.devices)
    return off
