"""Projections on cycles: their optimum, the kernel on the host, and what is kept of rows."""

import ctypes
import os
import sys
from itertools import pairwise

import numpy as np
import pytest

from solverhub.core.errors import InvalidParams
from solverhub.ops.cycle_projections import project, schedule
from solverhub.ops.cycle_projections_cpu import marks, unknown

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels


def rows(seed, count=60, size=40):
    """Rows of 3 to 5 different edges, a point and weights."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 6, count)
    edges = np.concatenate([rng.permutation(size)[:length] for length in lengths])
    indptr = np.append(0, np.cumsum(lengths))
    return edges.astype(np.int32), indptr, rng.uniform(0.5, 2, size), rng.random(size)


def dense(edges, indptr, size):
    A = np.zeros((indptr.size - 1, size))
    for t in range(indptr.size - 1):
        A[t, edges[indptr[t] : indptr[t + 1]]] = -1
        A[t, edges[indptr[t]]] = 1
    return A


@pytest.mark.parametrize("seed", range(3))
def test_passes_go_to_the_optimality_conditions(seed):
    edges, indptr, scale, d = rows(seed)
    z, x = np.zeros(indptr.size - 1), d.copy()
    project(edges, indptr, scale, z, x, passes=3000)
    A = dense(edges, indptr, d.size)
    assert np.allclose(x, d - scale * (A.T @ z), atol=1e-9)
    assert (A @ x).max() < 1e-8
    assert z.min() >= 0
    assert abs(z @ (A @ x)) < 1e-8


@pytest.mark.parametrize("seed", range(3))
def test_the_kernel_on_the_host_agrees_with_the_cpu_form(tmp_path, seed):
    library = host_kernels.build("cycle_projections", 1, tmp_path)
    edges, indptr, scale, x = rows(seed)
    begins, order = schedule(edges, indptr, x.size)
    z, point = np.zeros(indptr.size - 1), x.copy()
    arrays = [
        np.ascontiguousarray(array)
        for array in (begins, order, edges, indptr.astype(np.int64), scale, z, point)
    ]
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in arrays]
    for _ in range(4):
        library.cycle_projections_host(begins.size - 1, *pointers)
    expected_z, expected_x = np.zeros(z.size), x.copy()
    project(edges, indptr, scale, expected_z, expected_x, passes=4)
    assert np.allclose(arrays[5], expected_z, rtol=1e-12, atol=1e-15)
    assert np.allclose(arrays[6], expected_x, rtol=1e-12, atol=1e-15)


def test_levels_share_no_edge():
    edges, indptr, _, x = rows(7)
    begins, order = schedule(edges, indptr, x.size)
    for first, last in pairwise(begins):
        used = [e for t in order[first:last] for e in edges[indptr[t] : indptr[t + 1]]]
        assert len(set(used)) == len(used)


def test_marks_tell_rows_apart():
    edges, indptr, _, _ = rows(0, count=200)
    found = marks(edges, indptr)
    assert len(set(found.tolist())) == 200
    assert unknown(found[:150], found).tolist() == [False] * 150 + [True] * 50
    assert unknown(found[:0], found).all()
    turned = marks(np.array([0, 1, 2, 1, 0, 2, 0, 2, 1], np.int32), np.arange(0, 10, 3))
    assert turned[0] != turned[1], "the edge that closes a cycle counts"
    assert turned[0] == turned[2]


def test_other_devices_are_refused():
    with pytest.raises(InvalidParams, match="tpu"):
        project(*rows(0)[:3], np.zeros(60), np.zeros(40), device="tpu")


@pytest.mark.gpu
@pytest.mark.parametrize("seed", range(2))
def test_gpu_agrees_with_the_cpu(seed):
    edges, indptr, scale, d = rows(seed, count=3000, size=2000)
    answers = []
    for device in ("cpu", "cuda"):
        z, x = np.zeros(indptr.size - 1), d.copy()
        project(edges, indptr, scale, z, x, passes=5, device=device)
        answers.append((z, x))
    for left, right in zip(*answers, strict=True):
        assert np.allclose(left, right, rtol=1e-10, atol=1e-14)
