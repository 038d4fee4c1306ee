"""How many job shop schedules a second `solverhub.ops.schedules` evaluates.

4,096 schedules of one random shop a size, durations 1 to 99, from dispatching in random order:
forward alone (starts and makespan), and forward and backward (latest starts and critical
operations too).  The CPU runs one thread, is timed by what the thread spends, and writes to memory
that is there.  A GPU, where there is one, is measured from arrays of the host, from arrays in its
memory, and as the launch alone, whose bytes read and written are set against the rate of a copy in
its memory.  Kernels are compiled before the clock starts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from solverhub.core.errors import MissingDependency
from solverhub.ops.schedules import evaluate

_B = 4096
_SIZES = ((10, 10), (20, 15), (50, 20))  # jobs, machines
_ROUNDS = 9
_LAUNCHES = 20
_COPIED = 2**28  # bytes

_Shop = tuple[Any, Any, Any]
HEADER = [
    "shop",
    "form",
    "forward a second",
    "range",
    "both ways a second",
    "range",
    "times one core",
    "share of the copy rate",
]


def shop(n_jobs: int, n_machines: int, B: int = _B, seed: int = 0) -> _Shop:
    """duration int32 (N,), indptr int64 (n_jobs + 1,), machine_next int32 (B, N)."""
    rng = np.random.default_rng(seed)
    N = n_jobs * n_machines
    machine = np.concatenate([rng.permutation(n_machines) for _ in range(n_jobs)])
    turns = np.tile(np.repeat(np.arange(n_jobs), n_machines), (B, 1))
    rng.permuted(turns, axis=1, out=turns)
    at, last = np.tile(np.arange(n_jobs) * n_machines, (B, 1)), np.full((B, n_machines), -1)
    after, row = np.full((B, N + 1), -1, np.int32), np.arange(B)
    for job in turns.T:
        i = at[row, job]
        at[row, job] += 1
        before = last[row, machine[i]]
        after[row, before] = i  # place -1 is cut off below
        last[row, machine[i]] = i
    indptr = np.arange(n_jobs + 1) * n_machines
    return rng.integers(1, 100, N).astype(np.int32), indptr, np.ascontiguousarray(after[:, :N])


def measure() -> list[list[str]]:
    """Header and one line a size and form: schedules a second, median and range of rounds."""
    lines = [HEADER]
    for size in _SIZES:
        one_core = 0.0
        for name, (forward, both, share) in _forms(shop(*size)).items():
            rates = [_rates(run) for run in (forward, both)]
            cells = [f"{f(r):,.0f}" for r in rates for f in (statistics.median, min, max)]
            one_core = one_core or statistics.median(rates[1])
            lines.append(
                [
                    f"{size[0]}x{size[1]}",
                    name,
                    cells[0],
                    f"{cells[1]} to {cells[2]}",
                    cells[3],
                    f"{cells[4]} to {cells[5]}",
                    f"{statistics.median(rates[1]) / one_core:.1f}",
                    share(statistics.median(rates[1])),
                ]
            )
    return lines


def _rates(run: Callable[[], float]) -> list[float]:
    run()
    return [_B / run() for _ in range(_ROUNDS)]


def _timed(data: _Shop, backward: bool, device: str) -> Callable[[], float]:
    clock = time.thread_time if device == "cpu" else time.perf_counter
    held = evaluate(*data, backward=backward, device=device)

    def run() -> float:
        start = clock()
        evaluate(*data, backward=backward, device=device, out=held)
        return clock() - start

    return run


def _forms(data: _Shop) -> dict[str, tuple[Callable[[], float], Callable[[], float], Any]]:
    from solverhub.ops import cuda

    forms: dict[str, Any] = {
        "CPU, 1 thread": (*(_timed(data, both, "cpu") for both in (False, True)), lambda _: "")
    }
    try:
        cuda.cupy()
    except MissingDependency:
        return forms
    held = cuda.on_device(data[0]), data[1], cuda.on_device(data[2])
    for name, arrays in (("GPU, from the host", data), ("GPU, from its memory", held)):
        forms[name] = *(_timed(arrays, both, "cuda") for both in (False, True)), lambda _: ""
    copy = copy_rate()
    # machine_next, est and lst are four bytes each, and critical is one
    forms["GPU, launch alone"] = (
        *(_launched(held, both) for both in (False, True)),
        lambda rate: f"{100 * rate * 13 * data[2].shape[1] / copy:.1f} % of {copy / 1e9:,.0f} GB/s",
    )
    return forms


def _launched(held: _Shop, backward: bool) -> Callable[[], float]:
    from solverhub.ops import schedules_cuda

    duration, indptr, after = held

    def launch() -> None:
        schedules_cuda.evaluate(duration[None], indptr, after, backward)

    return lambda: _on_device_s(launch)


def copy_rate() -> float:
    """Bytes read and written a second by a copy within the memory of the device."""
    from solverhub.ops import cuda

    cp = cuda.cupy()
    source, target = cp.zeros(_COPIED, cp.uint8), cp.zeros(_COPIED, cp.uint8)
    spent = [_on_device_s(lambda: cp.copyto(target, source)) for _ in range(3)]
    return 2 * _COPIED / min(spent)


def _on_device_s(launch: Callable[[], None]) -> float:
    """Seconds of one of `_LAUNCHES` launches, by events of the device."""
    from solverhub.ops import cuda

    cp = cuda.cupy()
    start, end = cp.cuda.Event(), cp.cuda.Event()
    start.record()
    for _ in range(_LAUNCHES):
        launch()
    end.record()
    end.synchronize()
    return float(cp.cuda.get_elapsed_time(start, end)) / 1e3 / _LAUNCHES
