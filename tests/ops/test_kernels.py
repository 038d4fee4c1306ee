"""CUDA kernels without a GPU: all compile, and their arithmetic is the CPU form's."""

# ruff: noqa: E741
from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from solverhub import assets
from solverhub.core.errors import MissingDependency
from solverhub.ops import batch_qp_checks, batch_qp_cuda, cuda
from solverhub.ops.batch_qp import BatchStatus, solve_batch

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels
import nvrtc

KERNELS = sorted(assets.folder("kernels").glob("*.cu"))


def mixed_batch(B: int = 40, n: int = 7, m: int = 9, seed: int = 0):
    """Solvable, infeasible and unbounded programs with equalities, free rows and one-sided ones."""
    rng = np.random.default_rng(seed)
    M = rng.standard_normal((B, n, n))
    P, q = M @ M.transpose(0, 2, 1), rng.standard_normal((B, n))
    A = rng.standard_normal((B, m, n))
    inside = np.einsum("bij,bj->bi", A, rng.standard_normal((B, n)))
    l, u = inside - rng.random((B, m)), inside + rng.random((B, m))
    l[:, 0] = u[:, 0]
    l[:, 1], u[:, 2] = -np.inf, np.inf
    l[:, 3], u[:, 3] = -np.inf, np.inf
    A[::4, 5], l[::4, 5], u[::4, 5] = A[::4, 4], u[::4, 4] + 1.0, np.inf
    P[1::4, 0], P[1::4, :, 0], q[1::4, 0], A[1::4, :, 0] = 0.0, 0.0, -1.0, 0.0
    return P, q, A, l, u


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda path: path.stem)
def test_every_kernel_compiles(kernel: Path, architecture: str):
    code = nvrtc.compile_cubin(
        kernel.read_text(),
        kernel.name,
        f"--gpu-architecture={architecture}",
        f"--include-path={kernel.parent}",
        *cuda.OPTIONS,
    )
    assert code[:4] == b"\x7fELF"
    assert kernel.stem.encode() in code


def test_an_error_of_the_compiler_is_shown():
    with pytest.raises(ValueError, match="does not compile"):
        nvrtc.compile_cubin("__global__ void f() { g(); }", "f.cu", "--gpu-architecture=sm_80")


def test_every_kernel_is_named_as_its_module():
    modules = {path.stem for path in Path(batch_qp_checks.__file__).parent.glob("*.py")}
    assert KERNELS
    assert {path.stem for path in KERNELS} <= modules


@pytest.mark.parametrize(("lanes", "B"), [(1, 40), (3, 8), (32, 2)])
def test_the_kernel_on_the_host_agrees_with_the_cpu_form(tmp_path, lanes, B):
    library = host_kernels.build("batch_qp", lanes, tmp_path)
    data = mixed_batch(B)
    expected, found = solve_batch(*data), host_kernels.batch_qp(library, *data)
    if B == 40:
        ends = {BatchStatus.SOLVED, BatchStatus.PRIMAL_INFEASIBLE, BatchStatus.DUAL_INFEASIBLE}
        assert set(expected.status) == ends
    np.testing.assert_array_equal(found.status, expected.status)
    np.testing.assert_array_equal(found.iterations, expected.iterations)
    np.testing.assert_allclose(found.x, expected.x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.y, expected.y, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.primal, expected.primal, rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(found.gap, expected.gap, rtol=1e-4, atol=1e-7)


def test_the_kernel_on_the_host_takes_shared_matrices_warm_starts_and_limits(tmp_path):
    library = host_kernels.build("batch_qp", 1, tmp_path)
    P, q, A, l, u = mixed_batch(6)
    l, u = np.tile(l[2], (6, 1)), np.tile(u[2], (6, 1))
    cold = solve_batch(P[2], q, A[2], l, u)
    found = host_kernels.batch_qp(library, P[2], q, A[2], l, u)
    np.testing.assert_allclose(found.x, cold.x, atol=1e-6)
    start = (cold.x, cold.y)
    warm = solve_batch(P[2], q, A[2], l, u, x0=cold.x, y0=cold.y, max_iterations=15)
    found = host_kernels.batch_qp(library, P[2], q, A[2], l, u, start=start, limit=15)
    np.testing.assert_array_equal(found.iterations, warm.iterations)
    np.testing.assert_allclose(found.x, warm.x, atol=1e-6)


def test_the_kernel_on_the_host_refuses_what_the_cpu_form_refuses(tmp_path):
    library = host_kernels.build("batch_qp", 1, tmp_path)
    P, q, A, l, u = mixed_batch(5)
    P[0, 0, 1] += 1.0
    P[1, 2, 2] -= 1e3
    q[2, 0] = np.nan
    l[3, 0] = u[3, 0] + 1
    found = host_kernels.batch_qp(library, P, q, A, l, u)
    refusals = [batch_qp_checks.NOT_SYMMETRIC, batch_qp_checks.INDEFINITE]
    refusals += [batch_qp_checks.NOT_FINITE, batch_qp_checks.CROSSED]
    assert found.status[:4].tolist() == refusals
    assert found.status[4] == solve_batch(*(v[4:] for v in (P, q, A, l, u))).status[0]


def test_the_workspace_is_what_the_kernel_lays_out(tmp_path):
    library = host_kernels.build("batch_qp", 1, tmp_path)
    library.batch_qp_work_size.restype = ctypes.c_long
    for n, m in ((1, 0), (4, 3), (20, 40), (33, 7)):
        assert library.batch_qp_work_size(n, m) == batch_qp_cuda.work_size(n, m)


def has_device() -> bool:
    try:
        cuda.cupy()
    except MissingDependency:
        return False
    return True


@pytest.mark.skipif(has_device(), reason="there is a CUDA device")
def test_without_a_device_the_error_says_what_to_do():
    with pytest.raises(MissingDependency, match="device='cpu'"):
        solve_batch(*mixed_batch(4), device="cuda")


@pytest.mark.gpu
@pytest.mark.parametrize(("n", "m"), [(7, 9), (20, 40), (45, 60), (120, 90), (3, 0)])
def test_gpu_agrees_with_the_cpu(n, m):
    rng = np.random.default_rng(n)
    if m == 9:
        data = mixed_batch(400)
    else:
        M, A = rng.standard_normal((64, n, n)), rng.standard_normal((64, m, n))
        inside = np.einsum("bij,bj->bi", A, rng.standard_normal((64, n)))
        data = M @ M.transpose(0, 2, 1) + np.eye(n), rng.standard_normal((64, n)), A
        data = *data, inside - rng.random((64, m)), inside + rng.random((64, m))
    expected, found = solve_batch(*data), solve_batch(*data, device="cuda")
    np.testing.assert_array_equal(found.status, expected.status)
    assert np.mean(found.iterations == expected.iterations) > 0.95
    np.testing.assert_allclose(found.x, expected.x, rtol=1e-2, atol=1e-2)
    same = found.iterations == expected.iterations
    np.testing.assert_allclose(found.x[same], expected.x[same], rtol=1e-5, atol=1e-6)


@pytest.mark.gpu
def test_gpu_shares_memory_with_torch():
    torch = pytest.importorskip("torch")
    data = mixed_batch(64)
    on_device = [torch.as_tensor(v, device="cuda") for v in data]
    assert cuda.on_device(on_device[0]).data.ptr == on_device[0].data_ptr()
    found = solve_batch(*on_device, device="cuda")
    assert cuda.is_on_device(found.x)
    expected = solve_batch(*data)
    back = torch.from_dlpack(found.x).cpu().numpy()
    np.testing.assert_allclose(back, expected.x, rtol=1e-5, atol=1e-6)


@pytest.mark.gpu
def test_gpu_warm_start_and_refusals():
    P, q, A, l, u = mixed_batch(64)
    cold = solve_batch(P, q, A, l, u, device="cuda")
    solved = cold.status == BatchStatus.SOLVED
    warm = solve_batch(P, q, A, l, u, x0=cold.x, y0=cold.y, device="cuda")
    assert warm.iterations[solved].mean() < cold.iterations[solved].mean()
    P[5, 1, 1] -= 1e3
    with pytest.raises(Exception, match="instance 5 is indefinite"):
        solve_batch(P, q, A, l, u, device="cuda")
