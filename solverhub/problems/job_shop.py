"""Job shop: order the operations of jobs on machines so that the last one ends early.

Job j is a sequence of operations, each on one machine for a fixed duration.  An operation
starts after its predecessor in the job has ended, and of two operations on one machine one
ends before the other starts; minimise the makespan, the latest end.  Durations are whole
numbers and may be 0; an operation of duration 0 still may not lie inside another one on its
machine (the disjunctive model).  A job may visit a machine several times or never.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePath
from typing import Any, ClassVar, Self

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import INTERNAL, Naming, Parsed, Source
from solverhub.core.result import BoundCheck, Number, Sense, Violation
from solverhub.problems.job_shop_bound import lower_bound
from solverhub.problems.job_shop_text import LARGEST, Shop, read_shop
from solverhub.problems.json_text import parse_json

MOST_MACHINES = 1_000_000

_MOST_VIOLATIONS = 100
_COMPRESSED = re.compile(r"\.(gz|zst|zstd)$", re.IGNORECASE)


@dataclass(frozen=True, eq=False, slots=True)
class ShopInstance:
    """Operations job by job: job j owns `indptr[j]:indptr[j + 1]`; build with `from_jobs`.

    - `machine`, `duration`: int64 (n_operations,); machines from 0, durations from 0 with a
      total of at most 2**61, so that no sum of them overflows.
    - `indptr`: int64 (n_jobs + 1,).
    """

    machine: np.ndarray
    duration: np.ndarray
    indptr: np.ndarray
    n_machines: int

    @classmethod
    def from_jobs(
        cls, jobs: Sequence[Sequence[tuple[int, int]]], n_machines: int | None = None
    ) -> Self:
        """From (machine, duration) pairs of each job; raises `InvalidInstance`.

        `n_machines=None` means one more than the largest machine.
        """
        operations = [operation for job in jobs for operation in job]
        if not operations:
            raise InvalidInstance("the shop has no operations", remedy="give at least one job")
        largest = max(machine for machine, _ in operations)
        n_machines = largest + 1 if n_machines is None else n_machines
        _check_operations(jobs, n_machines)
        lengths = [len(job) for job in jobs]
        return cls(
            machine=_frozen([machine for machine, _ in operations]),
            duration=_frozen([duration for _, duration in operations]),
            indptr=_frozen([0, *np.cumsum(lengths).tolist()]),
            n_machines=n_machines,
        )

    @property
    def n_jobs(self) -> int:
        """Number of jobs."""
        return len(self.indptr) - 1

    @property
    def n_operations(self) -> int:
        """Number of operations of all jobs."""
        return len(self.machine)

    @property
    def job(self) -> np.ndarray:
        """Job of each operation, int64 (n_operations,)."""
        return np.repeat(np.arange(self.n_jobs), np.diff(self.indptr))

    def label(self, operation: int) -> str:
        """How messages name an operation: job and position in it, both from 0."""
        job = int(np.searchsorted(self.indptr, operation, side="right")) - 1
        return f"job {job} operation {operation - int(self.indptr[job])}"


def _frozen(values: Sequence[int]) -> np.ndarray:
    array = np.array(values, dtype=np.int64)
    array.setflags(write=False)
    return array


def _check_operations(jobs: Sequence[Sequence[tuple[int, int]]], n_machines: int) -> None:
    for j, job in enumerate(jobs):
        for k, (machine, duration) in enumerate(job):
            if not 0 <= machine < n_machines:
                raise InvalidInstance(
                    f"job {j} operation {k} is on machine {machine}",
                    remedy=f"number the {n_machines} machines from 0",
                )
            if duration < 0:
                raise InvalidInstance(
                    f"job {j} operation {k} has the negative duration {duration}",
                    remedy="durations are whole numbers from 0",
                )
    if n_machines > MOST_MACHINES:
        raise InvalidInstance(
            f"the shop has {n_machines} machines",
            remedy=f"number them without gaps; at most {MOST_MACHINES} are allowed",
        )
    total = sum(duration for job in jobs for _, duration in job)
    if total > LARGEST:
        raise InvalidInstance(
            f"the durations add up to {total}",
            remedy="scale them so that their sum is at most 2**61",
        )


class JobShop:
    """The family `job-shop`; a solution is the int64 start of each operation, job by job."""

    name: ClassVar[str] = "job-shop"
    title: ClassVar[str] = "Job shop scheduling: minimise the makespan"
    formats: ClassVar[tuple[str, ...]] = ("standard", "taillard", "json")

    def parse(self, source: Source) -> Parsed:
        """Read the standard form, Taillard's form or JSON, told apart by content."""
        name = PurePath(_COMPRESSED.sub("", source.name)).stem
        try:
            if source.data.lstrip()[:1] in (b"{", b"["):
                wire = parse_json(source.data, file=source.name)
                return replace(self.from_wire(wire), name=name)
            shop: Shop = read_shop(source)
            instance = ShopInstance.from_jobs(shop.jobs, shop.n_machines)
        except InvalidInstance as error:
            raise ParseError(error.message, file=source.name, remedy=error.remedy) from error
        return Parsed(self, instance, name=name, warnings=shop.warnings)

    def sense(self, instance: ShopInstance) -> Sense:
        """Minimise."""
        return Sense.MINIMISE

    def integral(self, instance: ShopInstance) -> bool:
        """True: starts and durations are whole."""
        return True

    def solution_form(self, instance: ShopInstance) -> tuple[np.dtype[Any], tuple[int, ...]]:
        """int64 (n_operations,)."""
        return np.dtype(np.int64), (instance.n_operations,)

    def objective(self, instance: ShopInstance, solution: np.ndarray) -> int:
        """The latest end, exact."""
        self._check_form(instance, solution)
        ends = zip(solution.tolist(), instance.duration.tolist(), strict=True)
        makespan: int = max(start + duration for start, duration in ends)
        return makespan

    def violations(self, instance: ShopInstance, solution: np.ndarray) -> list[Violation]:
        """Starts below 0 or above 2**61, broken precedences, overlaps on machines."""
        self._check_form(instance, solution)
        found = _off_range(instance, solution)
        start = np.clip(solution, -LARGEST, LARGEST)
        found += _broken_precedences(instance, start)
        found += _overlaps(instance, start)
        return sorted(found, key=lambda broken: -broken.amount)[:_MOST_VIOLATIONS]

    def check_bound(
        self, instance: ShopInstance, bound: Number, evidence: Mapping[str, Any] | None
    ) -> BoundCheck | None:
        """Recomputed if jobs, machines and time windows give the bound; no evidence is needed
        for that."""
        return BoundCheck.RECOMPUTED if bound <= lower_bound(instance) else None

    def check_infeasible(self, instance: ShopInstance, evidence: Mapping[str, Any] | None) -> bool:
        """False: every shop has a schedule."""
        return False

    def to_wire(self, instance: ShopInstance, naming: Naming = INTERNAL) -> dict[str, Any]:
        """`{"problem", "jobs": [[[machine, duration], ...], ...]}`, and `"machines"` where the
        last of them have no operation."""
        pairs = np.stack([instance.machine, instance.duration], axis=1).tolist()
        wire: dict[str, Any] = {"problem": self.name, "jobs": _by_job(instance, pairs)}
        if instance.n_machines != int(instance.machine.max()) + 1:
            wire["machines"] = instance.n_machines
        return wire

    def from_wire(self, wire: Mapping[str, Any]) -> Parsed:
        """The instance of the JSON form; `InvalidInstance` names the job and operation."""
        if not isinstance(wire, Mapping) or not isinstance(wire.get("jobs"), list):
            raise InvalidInstance(
                'there is no list "jobs"', remedy='give {"jobs": [[[machine, duration], ...], ...]}'
            )
        unknown = sorted(set(wire) - {"problem", "jobs", "machines", "name"})
        if unknown:
            raise InvalidInstance(
                f"unknown key {unknown[0][:80]!r}", remedy="known are jobs, machines and name"
            )
        jobs = [_job_from_wire(j, job) for j, job in enumerate(wire["jobs"])]
        n_machines = wire.get("machines")
        if n_machines is not None and not _is_count(n_machines):
            raise InvalidInstance('"machines" is not a whole number', remedy="give their number")
        name = wire.get("name")
        instance = ShopInstance.from_jobs(jobs, n_machines)
        return Parsed(self, instance, name=name if isinstance(name, str) else "instance")

    def solution_to_wire(
        self, instance: ShopInstance, solution: np.ndarray, naming: Naming = INTERNAL
    ) -> dict[str, Any]:
        """`{"start": [[...], ...]}` by job and operation."""
        return {"start": _by_job(instance, solution.tolist())}

    def solution_from_wire(
        self, instance: ShopInstance, wire: Mapping[str, Any], naming: Naming = INTERNAL
    ) -> np.ndarray:
        """The int64 array of the JSON form; `InvalidSolution` names the job."""
        rows = wire.get("start") if isinstance(wire, Mapping) else None
        if not isinstance(rows, list) or len(rows) != instance.n_jobs:
            raise InvalidSolution(
                'there is no "start" with one list a job', remedy=f"give {instance.n_jobs} lists"
            )
        for j, (row, length) in enumerate(zip(rows, np.diff(instance.indptr), strict=True)):
            whole = isinstance(row, list) and all(_is_start(value) for value in row)
            if not whole or len(row) != length:
                raise InvalidSolution(
                    f"the starts of job {j} are not {length} whole numbers",
                    remedy="give one start for each of its operations",
                )
        return np.array([start for row in rows for start in row], dtype=np.int64)

    def digest(self, instance: ShopInstance) -> str:
        """Over the operations in job order; machines without operations do not count."""
        hasher = hashlib.sha256(b"job-shop")
        for array in (instance.indptr, instance.machine, instance.duration):
            hasher.update(len(array).to_bytes(8, "little") + array.astype("<i8").tobytes())
        return f"sha256:{hasher.hexdigest()}"

    def summary(self, instance: ShopInstance) -> dict[str, Any]:
        """Sizes, durations and the combinatorial bound."""
        lengths = np.diff(instance.indptr)
        visits = np.unique(np.stack([instance.job, instance.machine]), axis=1)
        return {
            "jobs": instance.n_jobs,
            "machines": instance.n_machines,
            "operations": instance.n_operations,
            "longest_job_operations": int(lengths.max()),
            "revisits": visits.shape[1] < instance.n_operations,
            "min_duration": int(instance.duration.min()),
            "max_duration": int(instance.duration.max()),
            "total_duration": int(instance.duration.sum()),
            "lower_bound": lower_bound(instance),
        }

    def _check_form(self, instance: ShopInstance, solution: np.ndarray) -> None:
        dtype, shape = self.solution_form(instance)
        if solution.dtype != dtype or solution.shape != shape:
            raise InvalidSolution(
                f"the starts are {solution.dtype} {solution.shape}", remedy=f"give {dtype} {shape}"
            )


def _by_job(instance: ShopInstance, values: list[Any]) -> list[list[Any]]:
    bounds = instance.indptr.tolist()
    return [values[low:high] for low, high in pairwise(bounds)]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_start(value: Any) -> bool:
    return _is_count(value) and abs(value) <= LARGEST


def _job_from_wire(j: int, job: Any) -> list[tuple[int, int]]:
    if not isinstance(job, list):
        raise InvalidInstance(f"job {j} is not a list", remedy="give [[machine, duration], ...]")
    for k, pair in enumerate(job):
        if not (isinstance(pair, list) and len(pair) == 2 and all(map(_is_count, pair))):
            raise InvalidInstance(
                f"job {j} operation {k} is not a pair of whole numbers",
                remedy="give [machine, duration]",
            )
    return [(machine, duration) for machine, duration in job]


def _worst(amounts: np.ndarray) -> list[tuple[int, int]]:
    """(position, amount) of the largest positive amounts."""
    worst = np.argsort(-amounts, kind="stable")[:_MOST_VIOLATIONS]
    return [(int(position), int(amounts[position])) for position in worst if amounts[position] > 0]


def _off_range(instance: ShopInstance, start: np.ndarray) -> list[Violation]:
    below = np.maximum(-np.maximum(start, -LARGEST), 0)
    above = np.maximum(start, LARGEST) - LARGEST
    found = []
    for operation, amount in _worst(below + above):
        message = f"{instance.label(operation)} starts at {int(start[operation])}"
        found.append(Violation("start", float(amount), message))
    return found


def _broken_precedences(instance: ShopInstance, start: np.ndarray) -> list[Violation]:
    follows = instance.job[1:] == instance.job[:-1]
    late = np.where(follows, start[:-1] + instance.duration[:-1] - start[1:], 0)
    found = []
    for operation, amount in _worst(late):
        message = f"{instance.label(operation + 1)} starts {amount} before its predecessor ends"
        found.append(Violation("precedence", float(amount), message))
    return found


def _overlaps(instance: ShopInstance, start: np.ndarray) -> list[Violation]:
    """Neighbours on a machine that overlap; there is none exactly if no two operations do."""
    end = start + instance.duration
    order = np.lexsort((end, start, instance.machine))
    left, right = order[:-1], order[1:]
    same = instance.machine[left] == instance.machine[right]
    found = []
    for position, amount in _worst(np.where(same, end[left] - start[right], 0)):
        first, second = instance.label(int(left[position])), instance.label(int(right[position]))
        machine = int(instance.machine[left[position]])
        message = f"{first} and {second} overlap by {amount} on machine {machine}"
        found.append(Violation("machine", float(amount), message))
    return found
