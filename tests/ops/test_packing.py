"""Packings: projections and ascents against a linear program solved by SciPy."""

import ctypes
import os
import sys

import numpy as np
import pytest
from scipy.optimize import linprog

from solverhub.core.errors import InvalidParams
from solverhub.ops import packing, packing_cpu, packing_cuda

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels


def random_rows(seed, rows=30, columns=20):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 6, rows)
    starts = np.repeat(rng.integers(0, columns, rows), sizes)
    nth = np.arange(starts.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = (starts + nth * 3) % columns
    need = np.minimum(rng.integers(1, 4, rows), sizes).astype(float)
    return np.append(0, np.cumsum(sizes)), chosen, need, rng.integers(1, 5, columns).astype(float)


def optimum(indptr, columns, need, cost):
    A = np.zeros((need.size, cost.size))
    A[np.repeat(np.arange(need.size), np.diff(indptr)), columns] = 1.0
    return linprog(cost, A_ub=-A, b_ub=-need, bounds=(0, 1)).fun


@pytest.mark.parametrize("seed", range(5))
def test_a_moving_centre_goes_to_the_optimum(seed):
    indptr, columns, need, cost = random_rows(seed)
    best = optimum(indptr, columns, need, cost)
    duals, x, steps = np.zeros(need.size), np.zeros(cost.size), 0.3 / cost
    for _ in range(400):
        load = packing.loads(indptr, columns, duals, cost.size)
        point = x - steps * (cost - load)
        packing.project(indptr, columns, need, duals, point, steps, passes=10, relax=1.5)
        x = np.clip(point, 0, 1)
        load = packing.loads(indptr, columns, duals, cost.size)
        assert packing.value(need, duals, load, cost) <= best + 1e-9
        assert np.allclose(point, np.clip(point, -np.inf, np.inf))
    assert cost @ x == pytest.approx(best, rel=1e-3)
    assert packing.value(need, duals, load, cost) == pytest.approx(best, rel=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_an_ascent_gains_what_it_says_and_stays_below_the_optimum(seed):
    indptr, columns, need, cost = random_rows(seed)
    duals = np.random.default_rng(seed).random(need.size)
    load = packing.loads(indptr, columns, duals, cost.size)
    before = packing.value(need, duals, load, cost)
    gain = packing.ascend(indptr, columns, need, duals, load, cost, passes=20)
    after = packing.value(need, duals, load, cost)
    assert gain >= 0
    assert after == pytest.approx(before + gain)
    assert after <= optimum(indptr, columns, need, cost) + 1e-9
    assert np.allclose(load, packing.loads(indptr, columns, duals, cost.size))
    for r in range(need.size):
        for change in (-1e-3, 1e-3):
            other = duals.copy()
            other[r] = max(0.0, other[r] + change)
            moved = packing.loads(indptr, columns, other, cost.size)
            assert packing.value(need, other, moved, cost) <= after + 1e-6


def test_levels_put_rows_that_share_a_column_in_their_order():
    indptr, columns, need, cost = random_rows(4, rows=200, columns=60)
    level = packing_cpu.levels(indptr, columns, cost.size)
    for column in range(cost.size):
        owners = np.repeat(np.arange(need.size), np.diff(indptr))[columns == column]
        assert (np.diff(level[owners]) > 0).all()


def test_what_cannot_be_is_refused():
    indptr, columns, need, cost = random_rows(0)
    arrays = indptr, columns, need, np.zeros(need.size), np.zeros(cost.size), np.ones(cost.size)
    with pytest.raises(InvalidParams, match="relax"):
        packing.project(*arrays, passes=1, relax=2.0)
    with pytest.raises(InvalidParams, match="device"):
        packing.project(*arrays, passes=1, device="tpu")


@pytest.mark.parametrize("rows", [1, 300])
def test_the_kernel_on_the_host_does_what_the_cpu_form_does(tmp_path, rows):
    library = host_kernels.build("packing", 1, tmp_path)
    indptr, columns, need, cost = random_rows(7, rows=rows, columns=90)
    rng = np.random.default_rng(1)
    duals, point, steps = rng.random(rows), rng.normal(size=cost.size), 0.2 + rng.random(cost.size)
    expected, at = duals.copy(), point.copy()
    worst = packing.project(indptr, columns, need, expected, at, steps, passes=4, relax=1.4)
    begins, order = packing_cuda.schedule(indptr, columns, cost.size)
    lacks = np.zeros(rows)
    place = [v.ctypes.data_as(ctypes.c_void_p) for v in (begins, order, indptr, columns, need)]
    place += [v.ctypes.data_as(ctypes.c_void_p) for v in (duals, point, steps)]
    library.packing_host(
        begins.size - 1, 4, *place, ctypes.c_double(1.4), lacks.ctypes.data_as(ctypes.c_void_p)
    )
    assert duals.tolist() == expected.tolist()
    assert point.tolist() == at.tolist()
    assert max(0.0, lacks.max()) == worst


def test_launches_take_every_level_once_and_small_ones_together():
    begins = np.append(0, np.cumsum([5000, 300, 20, 2000, 7]))
    plan = list(packing_cuda.launches(begins))
    assert [(first, last) for first, last, _ in plan] == [(0, 1), (1, 3), (3, 4), (4, 5)]
    assert [blocks for *_, blocks in plan] == [20, 1, 8, 1]


@pytest.mark.gpu
@pytest.mark.parametrize(("rows", "columns"), [(30, 20), (200_000, 150_000)])
def test_gpu_agrees_with_the_cpu(rows, columns):
    indptr, chosen, need, cost = random_rows(3, rows=rows, columns=columns)
    results = []
    for device in ("cpu", "cuda"):
        duals, point, steps = np.zeros(rows), np.zeros(columns), 0.3 / cost
        arrays = indptr, chosen, need, duals, point, steps
        worst = packing.project(*arrays, passes=5, relax=1.5, device=device)
        results.append((worst, duals, point))
    for first, second in zip(*results, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-9)
