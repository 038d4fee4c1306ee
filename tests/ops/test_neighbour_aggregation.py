"""Aggregation over neighbours: loops against the definition, gradients, kernel on host and GPU."""

from __future__ import annotations

import ctypes
import os
import sys

import numpy as np
import pytest
import torch

from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.ops import neighbour_aggregation_cpu as loops
from solverhub.ops.neighbour_aggregation import (
    KINDS,
    Links,
    aggregate,
    aggregate_dense,
    links_of,
)

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels

T = 0.7


def adjacency(seed=0, graphs=3, n=9, symmetric=False):
    """0 and 1 (graphs, n, n), with vertices that have no neighbours."""
    rng = np.random.default_rng(seed)
    found = (rng.random((graphs, n, n)) < 0.3).astype(np.float32)
    found[:, 0] = found[:, :, 1] = 0
    if symmetric:
        found = np.maximum(found, found.transpose(0, 2, 1))
    return torch.from_numpy(found)


def by_definition(values, matrix, reduce):
    """The reduction by loops over pairs, in torch, so that it has a gradient."""
    rows = []
    for i in range(len(matrix)):
        others = values[matrix[i] > 0]
        if len(others) == 0:
            rows.append(torch.zeros(values.shape[1], dtype=values.dtype))
        elif reduce == "softmax":
            rows.append((torch.softmax(T * others, 0) * others).sum(0))
        else:
            kinds = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax}
            rows.append(kinds[reduce](others, 0))
    return torch.stack(rows)


@pytest.mark.parametrize("reduce", KINDS)
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("dense", [False, True])
def test_values_and_gradients_are_those_of_the_definition(reduce, symmetric, dense):
    matrix = adjacency(symmetric=symmetric)
    draw = torch.Generator().manual_seed(1)
    values = torch.randn(3, 9, 5, generator=draw)
    pull = torch.randn(3, 9, 5, generator=draw)
    one, two = values.clone().requires_grad_(), values.double().requires_grad_()
    if dense:
        found = aggregate_dense(one, matrix, reduce, temperature=T)
    else:
        links = links_of(matrix)
        if symmetric:
            links = Links(*links.ahead)
        found = aggregate(one.reshape(-1, 5), links, reduce, temperature=T).view(3, 9, 5)
    expected = torch.stack(
        [by_definition(rows, each, reduce) for rows, each in zip(two, matrix, strict=True)]
    )
    (found * pull).sum().backward()
    (expected * pull).sum().backward()
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(one.grad.double(), two.grad, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("reduce", KINDS)
def test_relabelling_moves_the_rows_along(reduce):
    matrix, values = adjacency(2, graphs=1)[0], torch.randn(9, 4)
    order = torch.from_numpy(np.random.default_rng(3).permutation(9))
    here = aggregate(values, links_of(matrix[None]), reduce)
    there = aggregate(values[order], links_of(matrix[order][:, order][None]), reduce)
    torch.testing.assert_close(there, here[order])


def test_large_values_do_not_overflow_the_softmax():
    links = links_of(torch.ones(1, 2, 2))
    values = torch.tensor([[1e4], [9e3]])
    assert aggregate(values, links, "softmax").tolist() == [[1e4], [1e4]]


def test_no_rows_and_no_edges_are_fine():
    none = Links(torch.zeros(1, dtype=torch.int64), torch.zeros(0, dtype=torch.int32))
    apart = Links(torch.zeros(4, dtype=torch.int64), torch.zeros(0, dtype=torch.int32))
    for reduce in KINDS:
        assert aggregate(torch.zeros(0, 3), none, reduce).shape == (0, 3)
        assert not aggregate(torch.ones(3, 2), apart, reduce).any()


def test_what_does_not_fit_is_refused():
    links = links_of(torch.ones(1, 2, 2))
    with pytest.raises(InvalidParams, match="median"):
        aggregate(torch.ones(2, 2), links, "median")
    with pytest.raises(InvalidInstance, match="float64"):
        aggregate(torch.ones(2, 2).double(), links)
    with pytest.raises(InvalidInstance, match="int64"):
        aggregate(torch.ones(2, 2), Links(links.indptr, links.indices.long()))


def on_host(library, kind, values, indptr, indices, back, pull):
    """Forward and gradient by the host form of the kernel."""
    rows, width = indptr.size - 1, values.shape[1]

    def call(name, *arguments):
        given = [
            each.ctypes.data_as(ctypes.c_void_p) if isinstance(each, np.ndarray) else each
            for each in arguments
        ]
        function = getattr(library, f"neighbour_aggregation_{name}")
        function(ctypes.c_long(rows), ctypes.c_int(width), *given)

    out, gradient = np.empty((2, rows, width), np.float32)
    t = ctypes.c_float(T)
    if kind in (loops.SUM, loops.MEAN):
        call("add", values, indptr, indices, ctypes.c_int(kind), out)
        if kind == loops.MEAN:
            pull = pull / np.maximum(np.diff(indptr), 1)[:, None].astype(np.float32)
        call("add", pull, *back, ctypes.c_int(loops.SUM), gradient)
    elif kind == loops.MAX:
        source = np.empty((rows, width), np.int32)
        call("greatest", values, indptr, indices, out, source)
        call("greatest_back", pull, source, *back, gradient)
    else:
        scale = np.empty((rows, width), np.float32)
        call("soften", values, indptr, indices, t, out, scale)
        call("soften_back", pull, values, out, scale, *back, t, gradient)
    return out, gradient


@pytest.mark.parametrize("width", [8, 5])
def test_the_kernel_on_the_host_agrees_with_the_cpu_form(tmp_path, width):
    library = host_kernels.build("neighbour_aggregation", 1, tmp_path)
    links = links_of(adjacency(4))
    rng = np.random.default_rng(5)
    values, pull = rng.standard_normal((2, 27, width)).astype(np.float32)
    for reduce, kind in KINDS.items():
        tensor = torch.from_numpy(values).requires_grad_()
        expected = aggregate(tensor, links, reduce, temperature=T)
        expected.backward(torch.from_numpy(pull))
        ahead, back = ([part.numpy() for part in pair] for pair in (links.ahead, links.back))
        out, gradient = on_host(library, kind, values, *ahead, back, pull)
        np.testing.assert_allclose(out, expected.detach(), atol=1e-6)
        np.testing.assert_allclose(gradient, tensor.grad, atol=1e-5)


@pytest.mark.gpu
@pytest.mark.parametrize("reduce", KINDS)
@pytest.mark.parametrize("width", [64, 5])
def test_gpu_agrees_with_the_cpu(reduce, width):
    matrix = adjacency(6, graphs=20, n=60)
    draw = torch.Generator().manual_seed(7)
    values = torch.randn(1200, width, generator=draw).requires_grad_()
    there = values.detach().cuda().requires_grad_()
    expected = aggregate(values, links_of(matrix), reduce, temperature=T)
    found = aggregate(there, links_of(matrix.cuda()), reduce, temperature=T)
    assert found.is_cuda
    torch.testing.assert_close(found.cpu(), expected, atol=1e-5, rtol=1e-5)
    expected.sum().backward()
    found.sum().backward()
    torch.testing.assert_close(there.grad.cpu(), values.grad, atol=1e-4, rtol=1e-4)
