"""How many small quadratic programs a second `solverhub.ops.batch_qp` solves.

10,000 random programs of 20 variables and 40 rows, 5 of them equalities, all feasible, to 1e-4.
The CPU is measured with 1 and with 2 threads; a GPU, where there is one, from arrays of the host
and from arrays on the device.  Kernels are compiled before the clock starts.  Solvers of single
programs loop over the first `_PART` of them.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
from scipy.sparse import csc_array

from solverhub.bench import batch_qp_peers
from solverhub.core.errors import MissingDependency
from solverhub.ops.batch_qp import BatchResult, solve_batch
from solverhub.problems.quadratic_program import QuadraticProgram

_B, _N, _M, _EQUALITIES = 10_000, 20, 40, 5
_EPS = 1e-4
_ROUNDS = 7
_PART = 500


def programs(B: int = _B, seed: int = 0) -> tuple[np.ndarray, ...]:
    """P, q, A, l, u: P = MM' + 0.1 I, M, q, A normal, sides around A x of a normal x."""
    rng = np.random.default_rng(seed)
    M = rng.standard_normal((B, _N, _N))
    P = M @ M.transpose(0, 2, 1) + 0.1 * np.eye(_N)
    q, A = rng.standard_normal((B, _N)), rng.standard_normal((B, _M, _N))
    inside = np.einsum("bij,bj->bi", A, rng.standard_normal((B, _N)))
    low, high = inside - rng.random((B, _M)), inside + rng.random((B, _M))
    low[:, :_EQUALITIES] = high[:, :_EQUALITIES] = inside[:, :_EQUALITIES]
    return P, q, A, low, high


def measure() -> list[list[str]]:
    """Header and one line a form: programs a second (median, range), share that is solved."""
    data = programs()
    forms: dict[str, tuple[Any, dict[str, Any]]] = {
        "CPU, 1 thread": (data, {"threads": 1}),
        "CPU, 2 threads": (data, {"threads": 2}),
        **_gpu_forms(data),
    }
    walls: dict[str, list[float]] = {name: [] for name in forms}
    answers: dict[str, BatchResult] = {}
    for name, (arrays, how) in forms.items():
        answers[name] = solve_batch(*arrays, eps=_EPS, **how)
    for _ in range(_ROUNDS):
        for name, (arrays, how) in forms.items():
            start = time.perf_counter()
            found = solve_batch(*arrays, eps=_EPS, **how)
            float(found.gap[-1])  # waits for a device
            walls[name].append(time.perf_counter() - start)
    lines = [["form", "programs a second", "range", "solved, judged apart", "median iterations"]]
    for name, spent in walls.items():
        x, y, iterations = (_host(getattr(answers[name], k)) for k in ("x", "y", "iterations"))
        rates = [_B / wall for wall in spent]
        lines.append([*_line(name, rates, judged(data, x, y)), f"{np.median(iterations):.0f}"])
    return lines + [[*line, ""] for line in one_by_one(tuple(v[:_PART] for v in data))]


def one_by_one(data: tuple[np.ndarray, ...]) -> list[list[str]]:
    """One line a solver of single programs that is installed."""
    each = [
        QuadraticProgram(P=csc_array(P), q=q, A=csc_array(A), l=low, u=high)
        for P, q, A, low, high in zip(*data, strict=True)
    ]
    lines = []
    for name, loop in batch_qp_peers.loops(each, _EPS):
        rates, pairs = batch_qp_peers.rate(loop, len(each), _ROUNDS)
        x, y = (np.array(part) for part in zip(*pairs, strict=True))
        lines.append(_line(name, rates, judged(data, x, y)))
    return lines


def _line(name: str, rates: list[float], solved: np.ndarray) -> list[str]:
    return [
        name,
        f"{statistics.median(rates):,.0f}",
        f"{min(rates):,.0f} to {max(rates):,.0f}",
        f"{100 * solved.mean():.2f} %",
    ]


def judged(data: tuple[np.ndarray, ...], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """bool (B,): primal, dual and gap are within `_EPS` of 1 + their sizes, recomputed here."""
    P, q, A, low, high = data
    Px, Ax = np.einsum("bij,bj->bi", P, x), np.einsum("bij,bj->bi", A, x)
    Aty = np.einsum("bij,bi->bj", A, y)
    curved, linear = (x * Px).sum(1), (q * x).sum(1)
    support = (np.maximum(y, 0) * high + np.minimum(y, 0) * low).sum(1)
    slopes = np.maximum(np.maximum(abs(Px), abs(Aty)), abs(q)).max(1)
    values = np.maximum(abs(curved / 2 + linear), abs(curved / 2 + support))
    primal = np.maximum(np.maximum(low - Ax, Ax - high), 0.0).max(1)
    ok: np.ndarray = (
        (primal <= _EPS * (1 + abs(Ax).max(1)))
        & (abs(Px + q + Aty).max(1) <= _EPS * (1 + slopes))
        & (abs(curved + linear + support) <= _EPS * (1 + values))
    )
    return ok


def _gpu_forms(data: tuple[np.ndarray, ...]) -> dict[str, tuple[Any, dict[str, Any]]]:
    from solverhub.ops import cuda

    try:
        held = tuple(cuda.on_device(array) for array in data)
    except MissingDependency:
        return {}
    how = {"device": "cuda"}
    return {"GPU, from the host": (data, how), "GPU, from its memory": (held, how)}


def _host(array: Any) -> np.ndarray:
    return np.asarray(array.get() if hasattr(array, "get") else array)
