"""Floyd-Warshall on n = 4096 points: the threads of the machine, and a GPU where there is one.

Lengths are uniform; the CPU runs once, a GPU `_ROUNDS` times from a matrix in its memory, timed by
its own events.  A step is an addition and a minimum, n^3 / 2 of them for a symmetric matrix.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from solverhub.core.budget import available_threads
from solverhub.core.errors import MissingDependency
from solverhub.ops import cuda
from solverhub.ops.crew import Crew
from solverhub.ops.min_plus import shortest_paths

_N = 4096
_ROUNDS = 5
HEADER = ["form", "seconds", "range", "steps a second", "times the CPU"]


def lengths(n: int = _N) -> np.ndarray:
    """A symmetric float64 (n, n) matrix, diagonal 0."""
    D = np.random.default_rng(0).random((n, n))
    D = np.minimum(D, D.T)
    np.fill_diagonal(D, 0.0)
    return D


def measure(n: int = _N) -> list[list[str]]:
    """Header and one line a form."""
    D = lengths(n)
    threads = available_threads()
    with Crew(threads) as crew:
        shortest_paths(lengths(64), crew=crew)
        began_s = time.perf_counter()
        shortest_paths(D.copy(), crew=crew)
        cpu_s = time.perf_counter() - began_s
    lines = [HEADER, _line(f"CPU, {threads} threads, double", [cpu_s], cpu_s, n)]
    try:
        cp = cuda.cupy()
    except MissingDependency:
        return lines
    for dtype, name in ((cp.float32, "GPU, single"), (cp.float64, "GPU, double")):
        held = cp.asarray(D, dtype=dtype)
        shortest_paths(held, device="cuda")
        lines.append(_line(name, [_launched_s(held) for _ in range(_ROUNDS)], cpu_s, n))
    return lines


def _launched_s(held: object) -> float:
    cp = cuda.cupy()
    start, end = cp.cuda.Event(), cp.cuda.Event()
    start.record()
    shortest_paths(held, device="cuda")
    end.record()
    end.synchronize()
    return float(cp.cuda.get_elapsed_time(start, end)) / 1e3


def _line(form: str, spent_s: list[float], cpu_s: float, n: int) -> list[str]:
    middle = statistics.median(spent_s)
    spread = f"{min(spent_s):.4f} to {max(spent_s):.4f}" if len(spent_s) > 1 else ""
    return [form, f"{middle:.4f}", spread, f"{n**3 / 2 / middle:.3g}", f"{cpu_s / middle:.1f}"]
