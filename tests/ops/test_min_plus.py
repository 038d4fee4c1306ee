"""Shortest paths and detours against their definitions."""

import ctypes
import os
import sys
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from solverhub.core.errors import InvalidInstance, MissingDependency
from solverhub.ops import cuda
from solverhub.ops.crew import Crew
from solverhub.ops.min_plus import detours, padded, shortest_paths
from solverhub.ops.shortcuts_cpu import shortcuts

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels


def lengths(n, seed, missing=0.0):
    rng = np.random.default_rng(seed)
    D = rng.integers(1, 100, (n, n)).astype(float)
    D[rng.random((n, n)) < missing] = np.inf
    D = np.minimum(D, D.T)
    np.fill_diagonal(D, 0)
    return D


@pytest.mark.parametrize("n", [1, 2, 7, 64, 65, 150, 300])
@pytest.mark.parametrize("missing", [0.0, 0.95])
def test_shortest_paths_are_dijkstras(n, missing):
    D = lengths(n, n, missing)
    expected = dijkstra(csr_array(np.where(np.isfinite(D), D, 0.0)))
    with Crew(2) as crew:
        assert np.array_equal(shortest_paths(D.copy(), crew=crew), expected)
    assert np.array_equal(shortest_paths(D.copy()), expected)


def test_shortest_paths_end_when_asked_and_refuse_other_shapes():
    assert shortest_paths(lengths(100, 0), stopped=lambda: True) is None
    with pytest.raises(InvalidInstance, match="square"):
        shortest_paths(np.zeros((2, 3)))


@pytest.mark.parametrize("n", [3, 4, 5, 33, 70])
@pytest.mark.parametrize("parts", [1, 2])
def test_detours_are_the_best_points_between(n, parts):
    X = lengths(n, n)
    with Crew(2) as crew:
        triples, saved = detours(padded(X), n, 0.5, crew=crew, parts=parts)
    inner = X.copy()
    np.fill_diagonal(inner, np.inf)
    via = inner[:, None, :] + inner[None, :, :]
    expected = {
        (i, j, part, X[i, j] - via[i, j, start:end].min())
        for part in range(parts)
        for start, end in [(n * part // parts, n * (part + 1) // parts)]
        for i in range(n)
        for j in range(i + 1, n)
        if X[i, j] > via[i, j, start:end].min() + 0.5
    }
    found = {
        (i, j, (k * parts + parts - 1) // n if parts > 1 else 0, excess)
        for (i, j, k), excess in zip(triples.tolist(), saved.tolist(), strict=True)
        if via[i, j, k] == X[i, j] - excess
    }
    assert len(triples) == len(expected)
    assert found == expected


def test_shortcuts_are_shortest_paths_of_the_graph():
    D = lengths(40, 1, 0.8)
    u, v = np.nonzero(np.triu(np.isfinite(D), 1))
    x = D[u, v]
    ends = np.append(u, v)
    order = np.argsort(ends, kind="stable")
    indptr = np.append(0, np.cumsum(np.bincount(ends, minlength=40)))
    ids = np.tile(np.arange(u.size), 2)[order]
    edges, rows, saved = shortcuts(indptr, np.append(v, u)[order], ids, x, x, 0, 40, 0.0)
    closed = dijkstra(csr_array(np.where(np.isfinite(D), D, 0.0)))[u, v]
    found = {edges[begin]: save for begin, save in zip(rows[:-1], saved, strict=True)}
    assert found.keys() == set(np.flatnonzero(closed < x).tolist())
    for t, (begin, end) in enumerate(pairwise(rows)):
        edge, path = edges[begin], edges[begin + 1 : end]
        assert x[path].sum() == closed[edge] == x[edge] - saved[t]
        odd = np.bincount(np.concatenate([u[[edge, *path]], v[[edge, *path]]])) % 2
        assert not odd.any(), "the edge and its path are no cycle"


@pytest.mark.parametrize(("lanes", "n"), [(1, 150), (3, 70), (1, 5), (1, 64)])
def test_the_kernel_on_the_host_agrees_with_the_cpu_form(tmp_path, lanes, n):
    library = host_kernels.build("min_plus", lanes, tmp_path)
    D = lengths(n, n, 0.5)
    expected = shortest_paths(D.copy())
    far = np.isinf(D)
    found, short = np.where(far, 1e9, D), np.where(far, 1e9, D).astype(np.float32)
    library.min_plus_host(n, found.ctypes.data_as(ctypes.c_void_p))
    library.min_plus_host_float(n, short.ctypes.data_as(ctypes.c_void_p))
    assert np.array_equal(found, expected)
    assert np.array_equal(short, expected.astype(np.float32))


def has_device() -> bool:
    try:
        cuda.cupy()
    except MissingDependency:
        return False
    return True


@pytest.mark.skipif(has_device(), reason="there is a CUDA device")
def test_without_a_device_the_error_says_what_to_do():
    with pytest.raises(MissingDependency, match="device='cpu'"):
        shortest_paths(lengths(5, 0), device="cuda")


@pytest.mark.gpu
@pytest.mark.parametrize("n", [1, 31, 64, 300, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gpu_agrees_with_the_cpu(n, dtype):
    D = lengths(n, n).astype(dtype)
    found = cuda.cupy().asnumpy(shortest_paths(D, device="cuda"))
    assert np.array_equal(found, shortest_paths(D.astype(np.float64)))
