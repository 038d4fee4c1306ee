"""Repair of selections: what comes out is a maximal set, on the CPU and by the CUDA form."""

from __future__ import annotations

import ctypes
import os
import sys

import numpy as np
import pytest

from solverhub.core.errors import MissingDependency
from solverhub.ops import cuda
from solverhub.ops.set_repair import repair
from solverhub.problems.generators.graph import er

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels


def case(n=40, p=0.2, K=20, seed=0):
    rng = np.random.default_rng(seed)
    graph = er(n, p, seed=seed)
    x = (rng.random((K, n)) < rng.random((K, 1))).astype(np.int8)
    return graph, rng.permutation(n), x


def adjacency(graph):
    A = np.zeros((graph.n, graph.n), np.bool_)
    A[graph.edge_index[0], graph.edge_index[1]] = True
    return A | A.T


@pytest.mark.parametrize("clique", [False, True])
def test_what_is_repaired_is_a_maximal_set_and_keeps_what_it_can(clique):
    graph, order, x = case()
    apart = ~adjacency(graph) if clique else adjacency(graph)
    np.fill_diagonal(apart, False)
    before = x.copy()
    found = repair(graph.indptr, graph.indices, order, x, clique=clique)
    assert np.array_equal(x, before)
    for was, now in zip(x.astype(bool), found.astype(bool), strict=True):
        hit = apart[now].sum(axis=0)
        assert not hit[now].any(), "no two that exclude one another"
        assert (hit[~now] > 0).all(), "nothing more fits"
        assert now[was].sum() >= min(1, was.sum())
    again = repair(graph.indptr, graph.indices, order, found, clique=clique)
    assert np.array_equal(again, found)


@pytest.mark.parametrize(("lanes", "K"), [(1, 20), (3, 5), (32, 2)])
def test_the_kernel_on_the_host_agrees_with_the_cpu_form(tmp_path, lanes, K):
    library = host_kernels.build("set_repair", lanes, tmp_path)
    for clique in (False, True):
        graph, order, x = case(K=K)
        expected = repair(graph.indptr, graph.indices, order, x, clique=clique)
        arrays = graph.indptr, graph.indices.astype(np.int32), order.astype(np.int32), x
        library.set_repair_host(
            K, graph.n, int(clique), *(a.ctypes.data_as(ctypes.c_void_p) for a in arrays)
        )
        assert np.array_equal(x, expected)


def test_nothing_to_repair():
    graph, order, x = case(n=0, p=0.0, K=3)
    assert repair(graph.indptr, graph.indices, order, x).shape == (3, 0)


@pytest.mark.gpu
@pytest.mark.parametrize(("n", "p", "K"), [(1000, 0.15, 200), (20_000, 1e-3, 8), (5, 0.5, 40_000)])
@pytest.mark.parametrize("clique", [False, True])
def test_gpu_agrees_with_the_cpu(n, p, K, clique):
    graph, order, x = case(n, p, K)
    arguments = graph.indptr, graph.indices, order, x
    expected = repair(*arguments, clique=clique)
    assert np.array_equal(repair(*arguments, clique=clique, device="cuda").get(), expected)


@pytest.mark.gpu
def test_gpu_takes_tensors_of_torch():
    torch = pytest.importorskip("torch")
    graph, order, x = case()
    tensor = torch.as_tensor(x, device="cuda")
    found = repair(graph.indptr, graph.indices, order, tensor, device="cuda")
    assert np.array_equal(tensor.cpu().numpy(), x), "the selection is left alone"
    expected = repair(graph.indptr, graph.indices, order, x)
    assert np.array_equal(torch.from_dlpack(found).cpu().numpy(), expected)


def test_without_a_device_the_error_says_what_to_do():
    try:
        cuda.cupy()
    except MissingDependency:
        graph, order, x = case(K=1)
        with pytest.raises(MissingDependency, match="device='cpu'"):
            repair(graph.indptr, graph.indices, order, x, device="cuda")
    else:
        pytest.skip("there is a CUDA device")
