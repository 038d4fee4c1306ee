"""Many complete schedules of job shops at once: heads, tails, makespans, critical operations.

A solution gives every machine an order of its operations.  With the orders of the jobs this is
a graph, and, if it has no cycle, for every operation i

    est_i = max(est + duration of its job predecessor and of its machine predecessor, 0)
    lst_i = min(lst of its job successor and of its machine successor, makespan) - duration_i

    makespan = max(est + duration),  critical where est = lst.

    evaluate(duration, indptr, machine_next) -> Schedules(makespan, est, lst, critical)

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
from solverhub.ops import cuda

CYCLIC, MALFORMED, TOO_LONG, NEGATIVE = -1, -2, -3, -4  # instead of a makespan
LONGEST = 2**31 - 1
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
    out: Schedules | None = None,
) -> Schedules:
    """Earliest and latest starts of B solutions of N operations, exact integers on any device.

    duration (N,) or (B, N), integers from 0 of a total of at most 2**31 - 1 a solution;
    indptr (n_jobs + 1,): job j has the operations indptr[j]:indptr[j + 1] in this order;
    machine_next (B, N): the operation after each on its machine, -1 after the last.  int32
    durations and int32 or int64 `machine_next`, contiguous, are read in place; indptr is best
    on the host.

    device "cpu" runs `threads` threads that end with the call, so that a process may fork after
    it; "cuda" runs `kernels/schedules.cu`; by default it is where `machine_next` lies.  Answers
    are arrays of the library (NumPy, CuPy, torch) of `machine_next`, on its device.
    `backward=False` leaves out `lst` and `critical`.  `out`, an earlier answer of the same shapes,
    gives its memory to this one on the CPU, where fresh pages can cost as much as the passes; a
    device has a pool and does not need it.

    Raises InvalidInstance for shapes that do not fit, or naming the first solution whose
    durations are negative or too long or whose `machine_next` is out of range or names an
    operation twice; InvalidParams; MissingDependency without CuPy.
    """
    if threads < 1:
        raise InvalidParams(f"threads is {threads}", remedy="give an integer from 1")
    if device not in (None, "cpu", "cuda"):
        raise InvalidParams(f"no device {device!r}", remedy="one of cpu, cuda")
    lies_there = cuda.is_on_device(machine_next)
    starts = _integers(_host(indptr), "indptr", (1,)).astype(np.int64)
    if device == "cuda" or (device is None and lies_there):
        from solverhub.ops import schedules_cuda

        cp = cuda.cupy()
        rows, orders = _checked(cp, cuda.on_device(duration), cuda.on_device(machine_next), starts)
        found = schedules_cuda.evaluate(rows, starts, orders, backward)
        refuse(cp.asnumpy(found[0]))
        if not lies_there:
            found = tuple(None if array is None else cp.asnumpy(array) for array in found)
    else:
        if lies_there or cuda.is_on_device(duration):
            raise InvalidParams("the arrays lie on a CUDA device", remedy="use device='cuda'")
        rows, orders = _checked(np, np.asarray(duration), np.asarray(machine_next), starts)
        found = _on_cpu(rows, starts, orders, backward, threads, out)
        refuse(found[0])
    return Schedules(*(_like(machine_next, array) for array in found))


def _integers(array: _Array, name: str, axes: tuple[int, ...]) -> _Array:
    if array.dtype.kind not in "iu":
        raise InvalidInstance(f"{name} holds {array.dtype}", remedy="give integers")
    if array.ndim not in axes:
        raise InvalidInstance(f"{name} has shape {array.shape}", remedy=f"give {axes} axes")
    return array


def _checked(
    xp: Any, duration: _Array, machine_next: _Array, indptr: np.ndarray
) -> tuple[_Array, _Array]:
    """duration int32 (1 or B, N) and machine_next int32 or int64 (B, N), contiguous."""
    duration = _integers(duration, "duration", (1, 2))
    machine_next = _integers(machine_next, "machine_next", (2,))
    B, N = machine_next.shape
    if duration.shape not in ((N,), (B, N)):
        raise InvalidInstance(
            f"duration has shape {duration.shape}", remedy=f"it must be {(B, N)} or {(N,)}"
        )
    if indptr.size == 0 or indptr[0] != 0 or indptr[-1] != N or (np.diff(indptr) < 0).any():
        raise InvalidInstance(
            f"indptr does not cut {N} operations into jobs", remedy=f"it must rise from 0 to {N}"
        )
    wide = np.int64 if machine_next.dtype == np.int64 else np.int32
    rows = duration[None] if duration.ndim == 1 else duration
    return _narrow(xp, rows, np.int32, "duration"), _narrow(xp, machine_next, wide, "machine_next")


def _narrow(xp: Any, array: _Array, dtype: type, name: str) -> _Array:
    """Contiguous and of the type, refusing numbers that it does not hold."""
    if array.dtype != dtype and array.size:
        low, high, limit = int(array.min()), int(array.max()), int(np.iinfo(dtype).max)
        if low < -limit or high > limit:
            worst = high if high > limit else low
            raise InvalidInstance(f"{name} holds {worst}", remedy=f"the largest is {limit}")
    out = xp.ascontiguousarray(array, dtype=dtype)
    # an array for reading only would be another type to Numba
    return out if xp is not np or out.flags.writeable else out.copy()


def _on_cpu(
    duration: np.ndarray,
    indptr: np.ndarray,
    machine_next: np.ndarray,
    backward: bool,
    threads: int,
    out: Schedules | None,
) -> tuple[Any, ...]:
    from solverhub.ops.schedules_cpu import evaluate_range

    B = len(machine_next)
    makespan, est, lst, critical = _memory(machine_next.shape, backward, out)

    def run(first: int) -> None:
        last = min(first + _CHUNK, B)
        evaluate_range(
            first, last, duration, indptr, machine_next, backward, makespan, est, lst, critical
        )

    if threads == 1 or B <= _CHUNK:
        for first in range(0, B, _CHUNK):
            run(first)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, range(0, B, _CHUNK)))
    return (makespan, est, lst, critical) if backward else (makespan, est, None, None)


def _memory(
    shape: tuple[int, int], backward: bool, out: Schedules | None
) -> tuple[np.ndarray, ...]:
    """Arrays for the answer; `lst` and `critical` have one empty row where they are not asked."""
    late = shape if backward else (1, 0)
    kinds = (shape[:1], np.int32), (shape, np.int32), (late, np.int32), (late, np.bool_)
    if out is None:
        return tuple(np.empty(size, kind) for size, kind in kinds)
    given = (out.makespan, out.est, *((out.lst, out.critical) if backward else ()))
    arrays = tuple(np.asarray(array) for array in given)
    for array, (size, kind) in zip(arrays, kinds, strict=False):
        fits = array.shape == size and array.dtype == kind
        if not (fits and array.flags.c_contiguous and array.flags.writeable):
            raise InvalidParams(
                f"out holds {array.dtype} of shape {array.shape}",
                remedy="give an answer for as many solutions and operations, or none",
            )
    return arrays if backward else (*arrays, np.empty(late, np.int32), np.empty(late, np.bool_))


def refuse(makespan: np.ndarray) -> None:
    """Raise InvalidInstance for the first solution whose makespan is a refusal."""
    bad = np.flatnonzero(makespan < CYCLIC)
    if bad.size == 0:
        return
    k = int(bad[0])
    if makespan[k] == TOO_LONG:
        raise InvalidInstance(
            f"the durations of solution {k} add up to more than {LONGEST}",
            remedy="give them in a coarser unit",
        )
    if makespan[k] == NEGATIVE:
        raise InvalidInstance(f"a duration of solution {k} is negative", remedy="give 0 or more")
    raise InvalidInstance(
        f"machine_next of solution {k} is no set of sequences",
        remedy="name each operation at most once, and -1 after the last of a machine",
    )


def _host(array: _Array) -> np.ndarray:
    return np.asarray(cuda.on_device(array).get() if cuda.is_on_device(array) else array)


def _like(given: _Array, array: _Array | None) -> _Array:
    """The same memory as a tensor where `given` is one."""
    torch = sys.modules.get("torch")
    if array is None or torch is None or not isinstance(given, torch.Tensor):
        return array
    if isinstance(array, np.ndarray):
        return torch.from_numpy(array)
    if array.dtype == np.bool_:  # which DLPack does not know everywhere
        return torch.from_dlpack(array.view(np.uint8)).view(torch.bool)
    return torch.from_dlpack(array)
