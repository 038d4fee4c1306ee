"""The CUDA form of `schedules` without a GPU, where it runs on the host, and with one."""

from __future__ import annotations

import ctypes
import os
import sys

import numpy as np
import pytest

from solverhub.core.errors import InvalidInstance, MissingDependency
from solverhub.ops import cuda, schedules, schedules_cuda
from solverhub.ops.schedules import CYCLIC, Schedules, evaluate

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels

NAMES = ("makespan", "est", "lst", "critical")


def mixed_batch(B=60, lengths=(5, 0, 7, 6, 4), n_machines=4, seed=0, wide=False, stacked=True):
    """duration, indptr, machine_next: jobs that return to machines, zeros, some cycles."""
    rng = np.random.default_rng(seed)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    N = int(indptr[-1])
    jobs = np.repeat(np.arange(len(lengths)), lengths)
    out = np.full((B, N), -1, np.int64 if wide else np.int32)
    machine = rng.integers(0, n_machines, N)
    for k, row in enumerate(out):
        at, last = indptr[:-1].copy(), {}
        dispatched = rng.permutation(jobs)
        for j in dispatched:
            i = at[j]
            at[j] += 1
            if machine[i] in last:
                row[last[machine[i]]] = i
            last[machine[i]] = i
        if k % 5 == 4:
            order = rng.permutation(np.flatnonzero(machine == 0))
            row[order[:-1]], row[order[-1]] = order[1:], -1
    duration = rng.integers(0, 30, (B, N) if stacked else N).astype(np.int32)
    return duration, indptr, out


def on_host(library, duration, indptr, machine_next, backward=True) -> Schedules:
    """`evaluate` by the host form of the kernel; refusals stay in `makespan`."""
    B, N = machine_next.shape
    rows = np.ascontiguousarray(duration.reshape(-1, N), np.int32)
    inner = schedules_cuda.inner_places(indptr)
    makespan, est = np.zeros(B, np.int32), np.zeros((B, N), np.int32)
    lst, critical = np.zeros((B, N), np.int32), np.zeros((B, N), np.bool_)
    place = [v.ctypes.data_as(ctypes.c_void_p) for v in (rows, inner, machine_next, makespan, est)]
    late = [v.ctypes.data_as(ctypes.c_void_p) if backward else None for v in (lst, critical)]
    library.schedules_host(B, N, len(rows) > 1, machine_next.dtype == np.int64, *place, *late)
    return Schedules(makespan, est, lst, critical)


def assert_same(found: Schedules, expected: Schedules) -> None:
    for name in NAMES:
        one, two = getattr(found, name), getattr(expected, name)
        np.testing.assert_array_equal(one.get() if hasattr(one, "get") else one, two)


@pytest.mark.parametrize(("lanes", "B"), [(1, 60), (3, 10), (32, 5)])
@pytest.mark.parametrize("wide", [False, True])
def test_the_kernel_on_the_host_agrees_with_the_cpu_form(tmp_path, lanes, B, wide):
    library = host_kernels.build("schedules", lanes, tmp_path)
    data = mixed_batch(B, wide=wide)
    expected = evaluate(*data)
    if B == 60:
        assert CYCLIC in expected.makespan
    assert_same(on_host(library, *data), expected)


def test_the_kernel_on_the_host_takes_shared_durations_and_forward_alone(tmp_path):
    library = host_kernels.build("schedules", 1, tmp_path)
    data = mixed_batch(20, stacked=False)
    expected = evaluate(*data)
    assert_same(on_host(library, *data), expected)
    forward = on_host(library, *data, backward=False)
    np.testing.assert_array_equal(forward.est, expected.est)
    assert not forward.lst.any()


def test_the_kernel_on_the_host_refuses_what_the_cpu_form_refuses(tmp_path):
    library = host_kernels.build("schedules", 1, tmp_path)
    duration, indptr, batch = mixed_batch(5)
    duration[0, 3] = -1
    duration[1, :2] = 2**30, 2**30
    batch[2, 4] = 22
    batch[3] = 0
    found = on_host(library, duration, indptr, batch).makespan
    refusals = [schedules.NEGATIVE, schedules.TOO_LONG, schedules.MALFORMED, schedules.MALFORMED]
    assert found[:4].tolist() == refusals
    for k in range(4):
        with pytest.raises(InvalidInstance, match="solution 0"):
            evaluate(duration[k : k + 1], indptr, batch[k : k + 1])


def test_the_workspace_is_what_the_kernel_lays_out(tmp_path):
    library = host_kernels.build("schedules", 1, tmp_path)
    library.schedules_work_size.restype = ctypes.c_long
    for n in (0, 1, 300, 20_000):
        assert library.schedules_work_size(n) == schedules_cuda.work_size(n)


def has_device() -> bool:
    try:
        cuda.cupy()
    except MissingDependency:
        return False
    return True


@pytest.mark.skipif(has_device(), reason="there is a CUDA device")
def test_without_a_device_the_error_says_what_to_do():
    with pytest.raises(MissingDependency, match="device='cpu'"):
        evaluate(*mixed_batch(4), device="cuda")


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("B", "lengths"),
    [
        (4096, [15] * 20),
        (500, [5, 0, 7, 6, 4]),
        (40, [20] * 100),
        (3, [50] * 400),  # too large for shared memory
        (64, [1]),
        (0, [3, 4]),
    ],
)
def test_gpu_agrees_with_the_cpu(B, lengths):
    few = min(B, 64)
    duration, indptr, batch = mixed_batch(few, lengths, n_machines=15)
    pick = np.arange(B) % max(few, 1)
    data = duration[pick], indptr, batch[pick]
    assert_same(evaluate(*data, device="cuda"), evaluate(*data))
    wide = duration[:1][0] if few else duration, indptr, batch[pick].astype(np.int64)
    assert_same(evaluate(*wide, device="cuda"), evaluate(*wide))
    forward = evaluate(*data, device="cuda", backward=False)
    np.testing.assert_array_equal(forward.est, evaluate(*data).est)


@pytest.mark.gpu
def test_gpu_shares_memory_with_torch():
    torch = pytest.importorskip("torch")
    duration, indptr, batch = mixed_batch(100, wide=True)
    expected = evaluate(duration, indptr, batch)
    tensor = torch.tensor(batch, device="cuda")
    assert cuda.on_device(tensor).data.ptr == tensor.data_ptr()
    found = evaluate(torch.tensor(duration, device="cuda"), indptr, tensor)
    for name in NAMES:
        assert getattr(found, name).is_cuda
        np.testing.assert_array_equal(getattr(found, name).cpu(), getattr(expected, name))
    assert found.critical.dtype == torch.bool


@pytest.mark.gpu
def test_gpu_refuses_by_name():
    duration, indptr, batch = mixed_batch(100)
    batch[70, 3] = 99
    with pytest.raises(InvalidInstance, match="solution 70"):
        evaluate(duration, indptr, batch, device="cuda")
    held = cuda.on_device(batch)
    with pytest.raises(Exception, match="device='cuda'"):
        evaluate(duration, indptr, held, device="cpu")
