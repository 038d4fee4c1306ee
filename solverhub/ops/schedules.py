"""Many complete schedules of job shops at once: heads, tails, makespans, critical operations.

A solution gives every machine an order of its operations.  With the orders of the jobs this is
a graph, and, if it has no cycle, for every operation i

    est_i = max(est + duration of its job predecessor and of its machine predecessor, 0)
    lst_i = min(lst of its job successor and of its machine successor, makespan) - duration_i

    makespan = max(est + duration),  critical where est = lst.

    evaluate(duration, indptr, machine_next) -> Schedules(makespan, est, lst, critical)
    n5(duration, indptr, machine_next, schedules) -> mask of the swaps of neighbourhood N5
    swap(machine_next, first)                     -> None, swaps in place

Solutions are arrays `machine_next` (B, N): the operation after each on its machine.  They suit a
step of local search: swapping two neighbours changes at most three entries of a row.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance, InvalidParams

CYCLIC = -1  # the makespan of a solution that is none
_CHUNK = 256  # solutions that a thread takes at a time
_Array = Any  # NumPy, CuPy or torch


@dataclass(frozen=True)
class Schedules:
    """Schedules of B solutions of N operations; row k of every array is solution k.

    makespan  int32 (B,), -1 where the orders of jobs and machines make a cycle
    est       int32 (B, N) earliest starts; -1 in the row of a cycle
    lst       int32 (B, N) latest starts that keep the makespan; -1 in the row of a cycle
    critical  bool (B, N) est = lst; False in the row of a cycle

    `lst` and `critical` are None where they were not asked for.
    """

    makespan: _Array
    est: _Array
    lst: _Array | None
    critical: _Array | None


def evaluate(
    duration: _Array,
    indptr: _Array,
    machine_next: _Array,
    *,
    backward: bool = True,
    threads: int = 1,
    device: str | None = None,
) -> Schedules:
    """Earliest and latest starts of B solutions of N operations, exact integers on any device.

    duration (N,) or (B, N), integers from 0 of a total of at most 2**31 - 1 a solution;
    indptr (n_jobs + 1,): job j has the operations indptr[j]:indptr[j + 1] in this order;
    machine_next (B, N): the operation after each on its machine, -1 after the last.  What int32
    and int64 arrays of `machine_next` and int32 ones of `duration` hold is read in place.

    device "cpu" runs `threads` threads that end with the call, "cuda" `kernels/schedules.cu`;
    by default it is where `machine_next` lies.  Answers are arrays of the library (NumPy, CuPy,
    torch) of `machine_next`, on its device.  `backward=False` leaves out `lst` and `critical`.

    Raises InvalidInstance, naming the first solution whose durations are negative or too long
    or whose `machine_next` is out of range or names an operation twice; InvalidParams;
    MissingDependency without CuPy.
    """
    if threads < 1:
        raise InvalidParams(f"threads is {threads}", remedy="give an integer from 1")
    if device not in (None, "cpu", "cuda"):
        raise InvalidParams(f"no device {device!r}", remedy="one of cpu, cuda")
    d, starts, orders = (
        np.asarray(_integers(array, name, axes))
        for array, name, axes in (
            (duration, "duration", (1, 2)),
            (indptr, "indptr", (1,)),
            (machine_next, "machine_next", (2,)),
        )
    )
    _check_shapes(d, starts, orders)
    found = _on_cpu(d, starts.astype(np.int64), orders, backward, threads)
    return Schedules(*(_like(machine_next, array) for array in found))


def n5(duration: _Array, indptr: _Array, machine_next: _Array, schedules: Schedules) -> _Array:
    """bool (B, N): True at u where swapping u with machine_next[u] is a move of N5.

    That is the last two operations of the first block of a critical path, the first two of its
    last block, and both of every block between (Nowicki and Smutnicki 1996,
    doi:10.1287/mnsc.42.6.797), without the swaps that may make a cycle: of two operations of
    one job, and across successors of duration 0.  The path starts at the critical operation of
    the least number and follows machines before jobs.

    Arrays as for `evaluate`, whose answer with `backward` is `schedules`.  A row of a cycle, or
    of a schedule that is optimal because its path has one block, is all False.
    """
    from solverhub.ops import schedules_cpu as cpu

    orders = np.asarray(machine_next)
    rows = _readable(np.asarray(duration).reshape(-1, orders.shape[1]), np.int32)
    mask = np.empty(orders.shape, np.bool_)
    makespan, est, critical = map(
        np.asarray, (schedules.makespan, schedules.est, schedules.critical)
    )
    cpu.n5_range(rows, np.asarray(indptr, np.int64), orders, makespan, est, critical, mask)
    return _like(machine_next, mask)


def swap(machine_next: _Array, first: _Array) -> None:
    """Swap, in place, operation first[k] with the one after it on its machine in every row k.

    machine_next (B, N) int32 or int64, contiguous; first int (B,), -1 to leave a row alone.
    Raises InvalidInstance for a row whose first[k] has no successor; rows before it are swapped.
    """
    from solverhub.ops import schedules_cpu as cpu

    rows = np.asarray(machine_next)
    stopped = cpu.swap_range(rows, np.asarray(first, np.int64))
    if stopped < len(rows):
        raise InvalidInstance(
            f"operation {int(first[stopped])} of solution {stopped} has no machine successor",
            remedy="choose from the mask of n5",
        )


def _integers(array: _Array, name: str, axes: tuple[int, ...]) -> np.ndarray:
    out = np.asarray(array)
    if out.dtype.kind not in "iu":
        raise InvalidInstance(f"{name} holds {out.dtype}", remedy="give integers")
    if out.ndim not in axes:
        raise InvalidInstance(f"{name} has shape {out.shape}", remedy=f"give {axes} axes")
    return out


def _check_shapes(duration: np.ndarray, indptr: np.ndarray, machine_next: np.ndarray) -> None:
    B, N = machine_next.shape
    if duration.shape not in ((N,), (B, N)):
        raise InvalidInstance(
            f"duration has shape {duration.shape}", remedy=f"it must be {(B, N)} or {(N,)}"
        )
    if indptr.size == 0 or indptr[0] != 0 or indptr[-1] != N or (np.diff(indptr) < 0).any():
        raise InvalidInstance(
            f"indptr does not cut {N} operations into jobs",
            remedy=f"it must rise from 0 to {N}",
        )


def _on_cpu(
    duration: np.ndarray,
    indptr: np.ndarray,
    machine_next: np.ndarray,
    backward: bool,
    threads: int,
) -> tuple[np.ndarray | None, ...]:
    from solverhub.ops import schedules_cpu as cpu

    B, N = machine_next.shape
    rows = _readable(duration.reshape(-1, N), np.int32)
    orders = _readable(machine_next, np.int64 if machine_next.dtype == np.int64 else np.int32)
    makespan, est = np.zeros(B, np.int32), np.empty((B, N), np.int32)
    late = (B, N) if backward else (0, 0)
    lst, critical = np.empty(late, np.int32), np.empty(late, np.bool_)

    def run(first: int) -> None:
        last = min(first + _CHUNK, B)
        cpu.evaluate_range(
            first, last, rows, indptr, orders, backward, makespan, est, lst, critical
        )

    if threads == 1 or B <= _CHUNK:
        for first in range(0, B, _CHUNK):
            run(first)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, range(0, B, _CHUNK)))
    refuse(makespan)
    return (makespan, est, lst, critical) if backward else (makespan, est, None, None)


def _readable(array: np.ndarray, dtype: type) -> np.ndarray:
    """As `dtype`, refusing what it cannot hold; rows contiguous, writeable for one Numba type."""
    limits = np.iinfo(dtype)
    if array.dtype.itemsize > np.dtype(dtype).itemsize and array.size:
        worst = max(abs(int(array.min())), abs(int(array.max())))
        if worst > limits.max:
            raise InvalidInstance(
                f"a number is {worst}", remedy=f"numbers up to {limits.max} can be used"
            )
    return np.require(array, dtype, ["C", "W"])


def refuse(makespan: np.ndarray) -> None:
    """Raise InvalidInstance for the first solution whose makespan is a refusal."""
    from solverhub.ops import schedules_cpu as cpu

    bad = np.flatnonzero(makespan < CYCLIC)
    if bad.size == 0:
        return
    k = int(bad[0])
    if makespan[k] == cpu.TOO_LONG:
        raise InvalidInstance(
            f"the durations of solution {k} add up to more than {cpu.LONGEST}",
            remedy="divide them by a common unit",
        )
    if makespan[k] == cpu.NEGATIVE:
        raise InvalidInstance(f"a duration of solution {k} is negative", remedy="give 0 or more")
    raise InvalidInstance(
        f"machine_next of solution {k} is no set of sequences",
        remedy="give every operation the one after it on its machine, -1 after the last",
    )


def _like(given: _Array, array: np.ndarray | None) -> _Array:
    torch = sys.modules.get("torch")
    if array is None or torch is None or not isinstance(given, torch.Tensor):
        return array
    return torch.from_numpy(array)
