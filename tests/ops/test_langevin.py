"""Langevin walks: fields and flips recomputed, slices, forms, and the CUDA form on the host."""

from __future__ import annotations

import ctypes
import itertools
import os
import sys

import numpy as np
import pytest

from solverhub.core.errors import InvalidParams, MissingDependency
from solverhub.ops import cuda, langevin_cpu, langevin_cuda
from solverhub.ops.langevin import Couplings, Schedule, chains, couplings, flip_gains

sys.path.insert(0, os.path.dirname(__file__))
import host_kernels


def arrays(n, density, seed, everywhere=0.0, whole=True):
    """b and Q, multiples of 1/64 unless not `whole`, as `couplings` takes them."""
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return rng.integers(-128, 129, shape) / 64 if whole else rng.standard_normal(shape)

    Q = np.triu(np.where(rng.random((n, n)) < density, draw(n, n), 0.0), 1)
    Q += Q.T
    rows, columns = np.nonzero(Q)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
    return draw(n), indptr, columns, Q[rows, columns], everywhere


def full(q: Couplings):
    """Q with `everywhere`, float64 (n, n)."""
    if q.dense.size:
        return q.dense.astype(np.float64)
    Q = np.full((q.n, q.n), q.everywhere, np.float64)
    np.fill_diagonal(Q, 0.0)
    Q[np.repeat(np.arange(q.n), np.diff(q.indptr)), q.indices] += q.values
    return Q


def sparse(q: Couplings, everywhere) -> Couplings:
    none = np.zeros((0, 0), np.float32)
    return Couplings(q.linear, none, q.indptr, q.indices, q.values, everywhere)


def states(K, n, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (K, n), np.int8)


def values(q, x):
    wide = x.astype(np.float64)
    return wide @ q.linear + np.einsum("ki,ij,kj->k", wide, full(q), wide) / 2


SCHEDULE = Schedule(30, 3, 1.0, 0.05, 12345)


@pytest.mark.parametrize("everywhere", [0.0, -1.5])
def test_gains_are_what_flipping_changes(everywhere):
    dense = couplings(*arrays(30, 0.3, 1, everywhere))
    assert dense.dense.size
    for q in (dense, sparse(dense, everywhere)):
        x = states(5, q.n)
        gains = flip_gains(q, x)
        for i in range(q.n):
            flipped = x.copy()
            flipped[:, i] ^= 1
            assert values(q, flipped) - values(q, x) == pytest.approx(gains[:, i], abs=1e-4)


@pytest.mark.parametrize("whole", [True, False])
def test_fields_after_a_walk_are_what_recomputing_gives(whole):
    dense = couplings(*arrays(40, 0.2, 2, 0.5, whole))
    for q in (dense, sparse(dense, 0.5)):
        x = states(6, q.n)
        h = langevin_cpu.fields(q, x)
        best, best_x = np.full(6, -np.inf), x.copy()
        langevin_cpu.walk(
            q.linear, q.dense, q.indptr, q.indices, q.values, np.float32(q.everywhere),
            langevin_cpu.logit_table(), 7, 0, 0, 50, 50, 4, 1.0, 0.1, x, h, best, best_x,
        )  # fmt: skip
        assert not np.array_equal(x, states(6, q.n))
        assert h == pytest.approx(langevin_cpu.fields(q, x), abs=0 if whole else 1e-3)
        assert values(q, best_x) == pytest.approx(best, abs=1e-3)
        assert (best >= values(q, x) - 1e-3).all()


def test_dense_and_sparse_forms_slices_and_threads_give_one_walk():
    dense = couplings(*arrays(50, 0.2, 3, -0.25))
    x = states(9, 50)
    found = []
    for q, cuts, threads in (
        (dense, [0, 30], 1),
        (sparse(dense, -0.25), [0, 30], 1),
        (dense, [0, 1, 17, 30], 4),
    ):
        walks = chains(q, x, threads=threads)
        for first, last in itertools.pairwise(cuts):
            walks.walk(SCHEDULE, first, last)
        found.append((walks.best_values, walks.best()))
    for best, best_x in found[1:]:
        assert np.array_equal(best, found[0][0])
        assert np.array_equal(best_x, found[0][1])


def test_a_large_or_sparse_matrix_stays_in_lists():
    b, indptr, columns, Q, _ = arrays(200, 0.01, 4)
    assert not couplings(b, indptr, columns, Q).dense.size
    n = 3000
    chain = np.concatenate([[0], np.arange(1, 2 * n - 2, 2), [2 * n - 2]])
    ends = np.sort(np.concatenate([np.arange(n - 1) * n + np.arange(1, n),
                                   np.arange(1, n) * n + np.arange(n - 1)])) % n  # fmt: skip
    q = couplings(np.ones(n), chain, ends, -np.ones(ends.size), -1.0)
    assert not q.dense.size
    assert flip_gains(q, np.ones((1, n), np.int8))[0, 5] == pytest.approx(n + 1 - 1.0)


def test_a_step_flips_about_rank_variables():
    """Gains that are all apart, at next to no heat: just those at and above the threshold."""
    n, rank = 60, 5
    b = np.random.default_rng(0).permutation(n) / 8.0
    q = couplings(b, np.zeros(n + 1, np.int64), np.zeros(0, np.int64), np.zeros(0))
    walks = chains(q, np.zeros((200, n), np.int8))
    walks.walk(Schedule(1, rank, 1e-6, 1e-6, 1), 0, 1)
    flipped = walks.best()
    assert (flipped.sum(axis=1) >= rank - 1).all()
    assert (flipped.sum(axis=1) <= rank).all()
    assert set(np.flatnonzero(flipped.any(axis=0))) == set(np.argsort(b)[-rank:])


def test_schedules_are_checked():
    for change in ({"steps": 0}, {"rank": 0}, {"cold": 0.0}, {"hot": 0.01}):
        with pytest.raises(InvalidParams):
            Schedule(**{"steps": 5, "rank": 1, "hot": 1.0, "cold": 0.1, "seed": 0} | change)


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p) if array is not None else None


@pytest.mark.parametrize(("lanes", "K", "last"), [(1, 12, 30), (3, 2, 6), (32, 2, 2)])
def test_the_kernel_on_the_host_walks_as_the_cpu_form(tmp_path, lanes, K, last):
    library = host_kernels.build("langevin", lanes, tmp_path)
    dense = couplings(*arrays(37, 0.2, 5, -0.25))
    for q in (dense, sparse(dense, -0.25)):
        x = states(K, q.n)
        walks = chains(q, x)
        walks.walk(SCHEDULE, 0, last)
        field = fields_on_host(library, q, x)
        assert np.array_equal(field, langevin_cpu.fields(q, x))
        best, best_x, logits = np.full(K, -np.inf), x.copy(), langevin_cpu.logit_table()
        s, lists = SCHEDULE, [pointer(a) for a in (q.indptr, q.indices, q.values)]
        library.langevin_host(
            K, q.n, 0, last, s.steps, s.rank, ctypes.c_double(s.hot), ctypes.c_double(s.cold),
            s.seed, pointer(q.linear), pointer(q.dense if q.dense.size else None), *lists,
            ctypes.c_float(q.everywhere), pointer(logits), pointer(x), pointer(field),
            pointer(best), pointer(best_x),
        )  # fmt: skip
        assert np.array_equal(best, walks.best_values)
        assert np.array_equal(best_x, walks.best())
        assert np.array_equal(field, langevin_cpu.fields(q, x))


def fields_on_host(library, q, x):
    if q.dense.size:
        return langevin_cpu.fields(q, x)
    field = np.zeros(x.shape, np.float32)
    given = [pointer(a) for a in (q.linear, q.indptr, q.indices, q.values)]
    everywhere = ctypes.c_float(q.everywhere)
    library.langevin_fields_host(*x.shape, *given, everywhere, pointer(x), pointer(field))
    return field


def test_the_workspace_is_what_the_kernel_lays_out(tmp_path):
    library = host_kernels.build("langevin", 1, tmp_path)
    library.langevin_work_size.restype = ctypes.c_long
    for n in (0, 1, 3, 300, 20_001):
        assert library.langevin_work_size(ctypes.c_long(n)) == langevin_cuda.work_size(n)


def has_device() -> bool:
    try:
        cuda.cupy()
    except MissingDependency:
        return False
    return True


@pytest.mark.skipif(has_device(), reason="there is a CUDA device")
def test_without_a_device_the_error_says_what_to_do():
    q = couplings(*arrays(5, 0.5, 0))
    with pytest.raises(MissingDependency, match="device='cpu'"):
        chains(q, states(2, 5), device="cuda")


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("n", "density"), [(1000, 0.15), (1000, 0.01), (8000, 0.002), (60_000, 1e-4), (1, 0.0)]
)
def test_gpu_walks_as_the_cpu(n, density):
    rng = np.random.default_rng(n)
    pairs = int(density * n * n / 2)
    u, v = rng.integers(0, n, (2, pairs))
    key = np.unique(np.minimum(u, v)[u != v] * n + np.maximum(u, v)[u != v])
    u, v = np.divmod(key, n)
    order = np.lexsort((np.concatenate([v, u]), np.concatenate([u, v])))
    rows, columns = np.concatenate([u, v])[order], np.concatenate([v, u])[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
    q = couplings(np.ones(n), indptr, columns, np.full(rows.size, -65 / 64))
    K = 200 if n < 5000 else 20
    x = states(K, n)
    assert np.array_equal(flip_gains(q, x, device="cuda").get(), flip_gains(q, x))
    expected, found = chains(q, x, threads=8), chains(q, x, device="cuda")
    for first, last in ((0, 10), (10, 30)):
        expected.walk(SCHEDULE, first, last)
        found.walk(SCHEDULE, first, last)
    assert np.array_equal(found.best_values, expected.best_values)
    assert np.array_equal(found.best(), expected.best())


@pytest.mark.gpu
def test_gpu_shares_memory_with_torch():
    torch = pytest.importorskip("torch")
    q = couplings(*arrays(50, 0.2, 6))
    x = states(7, 50)
    tensor = torch.as_tensor(x, device="cuda")
    assert cuda.on_device(tensor).data.ptr == tensor.data_ptr()
    back = torch.from_dlpack(flip_gains(q, tensor, device="cuda")).cpu().numpy()
    assert np.array_equal(back, flip_gains(q, x))
