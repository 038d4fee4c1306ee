"""Systems and loops of the matrix-free splitting: CPU, dense algebra, kernels on host and GPU."""

from __future__ import annotations

import ctypes
import os
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from solverhub.core.errors import InvalidParams
from solverhub.ops.sparse_qp import NormalEquations, vectors

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels

INF = np.inf


def matrices(seed: int, n: int = 30, m: int = 20) -> tuple[sp.csc_array, sp.csc_array]:
    rng = np.random.default_rng(seed)
    M = sp.random_array((n, n), density=0.2, rng=rng, format="csc")
    return sp.csc_array(M @ M.T), sp.random_array((m, n), density=0.3, rng=rng, format="csc")


def dense(P, A, shift, weight) -> np.ndarray:
    return P.toarray() + np.diag(shift) + A.toarray().T @ (weight[:, None] * A.toarray())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("m", [0, 1, 20])
def test_the_normal_equations_are_solved(seed: int, m: int) -> None:
    P, A = matrices(seed, m=m)
    rng = np.random.default_rng(seed)
    system = NormalEquations(P, A)
    for factor in (1.0, 50.0):
        shift, weight = rng.random(30) + 0.01, factor * rng.random(m)
        weight[: m // 3] = 0.0
        a, b = rng.standard_normal(30), rng.standard_normal(m)
        system.prepare(shift, weight)
        x, v = system.solve(a, b, exact=True)
        expected = np.linalg.solve(dense(P, A, shift, weight), a + A.T @ (weight * b))
        np.testing.assert_allclose(x, expected, atol=1e-7)
        np.testing.assert_allclose(v, weight * (A @ expected - b), atol=1e-5)


def test_loose_solves_come_nearer_each_time() -> None:
    P, A = matrices(7)
    rng = np.random.default_rng(7)
    system = NormalEquations(P, A)
    shift, weight = np.full(30, 1e-3), np.ones(20)
    system.prepare(shift, weight)
    a, b = rng.standard_normal(30), rng.standard_normal(20)
    whole, right = dense(P, A, shift, weight), a + A.T @ b
    misses = [
        float(np.linalg.norm(whole @ system.solve(a, b, exact=False)[0] - right)) for _ in range(4)
    ]
    assert misses[0] <= 0.011 * np.linalg.norm(right)
    assert all(later <= 0.011 * sooner for sooner, later in pairwise(misses))


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(InvalidParams, match="device"):
        vectors("tpu")


def sides(rng: np.random.Generator, m: int) -> tuple[np.ndarray, np.ndarray]:
    low, high = -rng.random(m), rng.random(m)
    low[: m // 4], high[m // 4 : m // 2] = -INF, INF
    return low, high


def every_loop(on: Any, n: int, m: int, seed: int = 0) -> list[np.ndarray]:
    """What each loop of a device makes of the same numbers."""
    rng = np.random.default_rng(seed)
    low, high = sides(rng, m)
    x, q, found_x, shift, p, inverse, s = rng.random((7, n)) + 0.1
    v, found_v = 2.0 * rng.standard_normal((2, m))
    rho = rng.random(m) + 0.1
    x, q, found_x, shift, p, inverse, s = map(on.array, (x, q, found_x, shift, p, inverse, s))
    v, found_v, rho, low, high = map(on.array, (v, found_v, rho, low, high))
    a, b, new_x, new_v, z, y = (on.empty(k) for k in (n, m, n, m, m, m))
    on.right_side(x, v, q, low, high, 0.3, a, b)
    on.relax(x, v, found_x, found_v, low, high, rho, 1.6, new_x, new_v)
    on.split(v, low, high, rho, z, y)
    t = on.array(on.host(x).copy())
    on.add_shift(t, q, shift, p)
    r = on.array(on.host(q).copy())
    on.descend(on.dot(q, p), on.dot(x, p), p, t, inverse, x, r, s)
    on.turn(on.dot(r, s), on.dot(q, p), s, p)
    return [on.host(array) for array in (a, b, new_x, new_v, z, y, t, x, r, s, p)]


class HostVectors:
    """The kernels as g++ compiles them, in the place of the loops of the CPU form."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library, self._cpu = library, vectors()
        for name in ("array", "host", "empty", "dot"):
            setattr(self, name, getattr(self._cpu, name))

    def _call(self, name: str, sizes: tuple[int, ...], *given: Any) -> None:
        def passed(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                return value.ctypes.data_as(ctypes.c_void_p)
            return ctypes.c_double(value)

        getattr(self._library, f"sparse_qp_{name}")(*map(ctypes.c_long, sizes), *map(passed, given))

    def right_side(self, x, v, *rest):
        self._call("right_side", (x.size, v.size), x, v, *rest)

    def relax(self, x, v, *rest):
        self._call("relax", (x.size, v.size), x, v, *rest)

    def split(self, v, *rest):
        self._call("split", (v.size,), v, *rest)

    def add_shift(self, t, *rest):
        self._call("add_shift", (t.size,), t, *rest)

    def descend(self, rs, pt, p, *rest):
        self._call("descend", (p.size,), np.array(rs), np.array(pt), p, *rest)

    def turn(self, rs, old, s, p):
        self._call("turn", (p.size,), np.array(rs), np.array(old), s, p)


@pytest.mark.parametrize(("n", "m"), [(7, 11), (1, 0), (300, 40)])
def test_the_kernels_on_the_host_are_the_loops_of_the_cpu(tmp_path, n: int, m: int) -> None:
    library = host_kernels.build("sparse_qp", 1, tmp_path)
    for found, expected in zip(
        every_loop(HostVectors(library), n, m), every_loop(vectors(), n, m), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


def large(seed: int, n: int = 2000, m: int = 1000):
    """A sparse program with equalities and one-sided rows, in the arrays of the splitting."""
    rng = np.random.default_rng(seed)
    M = sp.random_array((n, n), density=2.0 / n, rng=rng, format="csc")
    P = sp.csc_array(M @ M.T + 0.1 * sp.eye_array(n))
    A = sp.random_array((m, n), density=5.0 / n, rng=rng, format="csc")
    inside = A @ rng.standard_normal(n)
    low, high = inside - rng.random(m), inside + rng.random(m)
    low[: m // 4] = high[: m // 4] = inside[: m // 4]
    return P, rng.standard_normal(n), A, low, high


def split_steps(device: str, steps: int, *, exact: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """x and y after so many plain steps of the splitting."""
    P, q, A, low, high = large(0)
    system = NormalEquations(P, A, device)
    on, sigma = system.vectors, 1e-6
    q, low, high = map(on.array, (q, low, high))
    rho = on.array(np.where(on.host(low) == on.host(high), 100.0, 10.0))
    x, v = on.array(np.zeros(q.size)), on.array(np.zeros(low.size))
    a, b, z, y = (on.empty(k) for k in (q.size, low.size, low.size, low.size))
    system.prepare(on.array(np.full(q.size, sigma)), rho)
    for _ in range(steps):
        on.right_side(x, v, q, low, high, sigma, a, b)
        found = system.solve(a, b, exact=exact)
        new_x, new_v = on.empty(x.size), on.empty(v.size)
        on.relax(x, v, *found, low, high, rho, 1.6, new_x, new_v)
        x, v = new_x, new_v
    on.split(v, low, high, rho, z, y)
    return on.host(x), on.host(y)


def test_steps_of_the_splitting_near_the_solution() -> None:
    P, q, A, low, high = large(0)
    missed = []
    for steps in (10, 100):
        x, y = split_steps("cpu", steps)
        broken = np.maximum(low - A @ x, A @ x - high).max()
        missed.append((np.abs(P @ x + q + A.T @ y).max(), broken))
    assert np.all(np.array(missed[1]) <= 0.1 * np.array(missed[0]))


@pytest.mark.gpu
@pytest.mark.parametrize(("n", "m"), [(7, 11), (1, 3), (100_000, 30_000)])
def test_gpu_loops_are_those_of_the_cpu(n: int, m: int) -> None:
    for found, expected in zip(
        every_loop(vectors("cuda"), n, m), every_loop(vectors(), n, m), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.gpu
def test_gpu_steps_of_the_splitting_are_those_of_the_cpu() -> None:
    found_pair, expected_pair = (split_steps(device, 10, exact=True) for device in ("cuda", "cpu"))
    for found, expected in zip(found_pair, expected_pair, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.gpu
def test_gpu_engine_agrees_with_the_cpu() -> None:
    pytest.importorskip("qdldl")
    from solverhub.exact.admm_engine import Status, Workspace
    from solverhub.exact.admm_settings import AdmmParams
    from solverhub.problems.quadratic_program import QuadraticProgram

    P, q, A, low, high = large(1)
    program = QuadraticProgram(P=P, q=q, A=A, l=low, u=high)
    ours = Workspace(program, AdmmParams(), "cuda").solve()
    theirs = Workspace(program, AdmmParams()).solve()
    assert ours.status is theirs.status is Status.OPTIMAL
    assert ours.residuals.objective == pytest.approx(theirs.residuals.objective, rel=1e-5)
