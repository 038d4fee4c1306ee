"""Batches of small quadratic programs against brute force, Clarabel and their certificates."""

# ruff: noqa: E741

from __future__ import annotations

import itertools

import numpy as np
import pytest

from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.ops.batch_qp import BatchResult, BatchStatus, solve_batch

INF = np.inf


def random_batch(
    B: int, n: int, m: int, equalities: int = 0, seed: int = 0, rank: int | None = None
):
    """Feasible programs: P = MM' of a rank, A dense, sides around A x of a random x."""
    rng = np.random.default_rng(seed)
    M = rng.standard_normal((B, n, n if rank is None else rank))
    P = M @ M.transpose(0, 2, 1) + (0.1 * np.eye(n) if rank is None else 0.0)
    q, A = rng.standard_normal((B, n)), rng.standard_normal((B, m, n))
    inside = np.einsum("bij,bj->bi", A, rng.standard_normal((B, n)))
    l, u = inside - rng.random((B, m)), inside + rng.random((B, m))
    l[:, :equalities] = u[:, :equalities] = inside[:, :equalities]
    return P, q, A, l, u


def objective(P, q, x):
    return 0.5 * np.einsum("bi,bij,bj->b", x, P, x) + np.einsum("bi,bi->b", q, x)


def brute_force(P, q, A, l, u):
    """The least objective over the KKT points of every choice of active sides."""
    n, m, best = q.size, l.size, INF
    for sides in itertools.product((-1, 0, 1), repeat=m):
        active = [i for i in range(m) if sides[i]]
        if len(active) > n:
            continue
        at = np.array([l[i] if sides[i] < 0 else u[i] for i in active])
        if not np.isfinite(at).all():
            continue
        rows = A[active].reshape(len(active), n)
        kkt = np.block([[P, rows.T], [rows, np.zeros((len(active), len(active)))]])
        if np.linalg.matrix_rank(kkt) < kkt.shape[0]:
            continue
        x = np.linalg.solve(kkt, np.concatenate([-q, at]))[:n]
        if (A @ x >= l - 1e-9).all() and (A @ x <= u + 1e-9).all():
            best = min(best, 0.5 * x @ P @ x + q @ x)
    return best


def assert_residuals(result: BatchResult, P, q, A, l, u, eps: float) -> None:
    """The answers keep the promise of SOLVED, and the residuals are what they are said to be."""
    x, y = result.x, result.y
    Px, Ax = np.einsum("bij,bj->bi", P, x), np.einsum("bij,bj->bi", A, x)
    Aty = np.einsum("bij,bi->bj", A, y)
    primal = np.maximum(np.maximum(l - Ax, Ax - u), 0).max(1, initial=0)
    dual = abs(Px + q + Aty).max(1)
    sides = np.where(y > 0, u, np.where(y < 0, l, 0.0))
    support = (y * sides).sum(1)
    curved, linear = (x * Px).sum(1), (q * x).sum(1)
    gap = abs(curved + linear + support)
    np.testing.assert_allclose(result.primal, primal, rtol=1e-6, atol=1e-11)
    np.testing.assert_allclose(result.dual, dual, rtol=1e-6, atol=1e-11)
    np.testing.assert_allclose(result.gap, gap, rtol=1e-6, atol=1e-9)
    size = np.maximum(np.maximum(abs(Px), abs(Aty)), abs(q)).max(1)
    value = np.maximum(abs(curved / 2 + linear), abs(curved / 2 + support))
    assert (primal <= eps * (1 + abs(Ax).max(1, initial=0)) * (1 + 1e-9)).all()
    assert (dual <= eps * (1 + size) * (1 + 1e-9)).all()
    assert (gap <= eps * (1 + value) * (1 + 1e-9)).all()


@pytest.mark.parametrize(("n", "m", "equalities"), [(1, 1, 0), (2, 3, 0), (3, 4, 1), (4, 5, 2)])
def test_agrees_with_every_active_set(n, m, equalities):
    data = random_batch(6, n, m, equalities, seed=n)
    result = solve_batch(*data, eps=1e-9)
    assert (result.status == BatchStatus.SOLVED).all()
    best = [brute_force(*(array[k] for array in data)) for k in range(6)]
    np.testing.assert_allclose(objective(data[0], data[1], result.x), best, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("eps", [1e-3, 1e-6, 1e-9])
def test_solved_holds_on_the_data_given(eps):
    data = random_batch(60, 20, 40, 5)
    result = solve_batch(*data, eps=eps)
    assert (result.status == BatchStatus.SOLVED).all()
    assert_residuals(result, *data, eps)


def test_bad_scales_are_solved_on_the_data_given():
    P, q, A, l, u = random_batch(40, 10, 15, 3)
    rng = np.random.default_rng(4)
    s, r = 10.0 ** rng.uniform(-2, 2, (40, 10)), 10.0 ** rng.uniform(-3, 3, (40, 15))
    P, q = P * s[:, :, None] * s[:, None, :], q * s
    A, l, u = A * r[:, :, None] * s[:, None, :], l * r, u * r
    result = solve_batch(P, q, A, l, u)
    assert (result.status == BatchStatus.SOLVED).all()
    assert_residuals(result, P, q, A, l, u, 1e-4)


def test_agrees_with_clarabel():
    clarabel = pytest.importorskip("clarabel")
    from scipy import sparse

    P, q, A, l, u = random_batch(20, 8, 12, 0, seed=3, rank=5)
    result = solve_batch(P, q, A, l, u, eps=1e-8, max_iterations=20000)
    assert (result.status == BatchStatus.SOLVED).all()
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    for k in range(20):
        solver = clarabel.DefaultSolver(
            sparse.triu(P[k], format="csc"),
            q[k],
            sparse.csc_matrix(np.vstack([A[k], -A[k]])),
            np.concatenate([u[k], -l[k]]),
            [clarabel.NonnegativeConeT(24)],
            settings,
        )
        expected = solver.solve().obj_val
        found = objective(P[k : k + 1], q[k : k + 1], result.x[k : k + 1])[0]
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_order_of_rows_does_not_matter():
    P, q, A, l, u = random_batch(20, 6, 9, 2)
    order = np.random.default_rng(1).permutation(9)
    one = solve_batch(P, q, A, l, u, eps=1e-9)
    two = solve_batch(P, q, A[:, order], l[:, order], u[:, order], eps=1e-9)
    np.testing.assert_allclose(one.x, two.x, atol=1e-6)


def test_no_rows():
    P, q, A, l, u = random_batch(5, 4, 0)
    result = solve_batch(P, q, A, l, u, eps=1e-9)
    assert (result.status == BatchStatus.SOLVED).all()
    np.testing.assert_allclose(result.x, np.linalg.solve(P, -q[:, :, None])[:, :, 0], atol=1e-6)
    assert result.y.shape == (5, 0)


def test_linear_programs():
    _, q, A, l, u = random_batch(30, 5, 9, 1)
    P = np.zeros((5, 5))
    A[:, 4:] = np.eye(5)
    l[:, 4:], u[:, 4:] = -3.0, 3.0
    l[:, 1:4], u[:, 1:4] = -1.0, 1.0
    l[:, 0] = u[:, 0] = 0.5
    result = solve_batch(P, q, A, l, u, eps=1e-6)
    assert (result.status == BatchStatus.SOLVED).all()
    from scipy.optimize import linprog

    for k in range(30):
        expected = linprog(
            q[k],
            A_ub=np.vstack([A[k], -A[k]]),
            b_ub=np.concatenate([u[k], -l[k]]),
            bounds=[(None, None)] * 5,
        ).fun
        assert q[k] @ result.x[k] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_all_rows_fixed():
    P, q, A, _, _ = random_batch(10, 4, 4)
    point = np.random.default_rng(2).standard_normal((10, 4))
    at = np.einsum("bij,bj->bi", A, point)
    result = solve_batch(P, q, A, at, at, eps=1e-8)
    np.testing.assert_allclose(result.x, point, atol=1e-4)


def test_infinite_sides_are_no_rows():
    P, q, A, l, u = random_batch(10, 5, 8)
    l[:, ::2], u[:, 1::2] = -INF, 1e30
    l[:, 4], u[:, 4] = -1e20, INF
    result = solve_batch(P, q, A, l, u, eps=1e-8)
    without = solve_batch(P, q, *(np.delete(v, 4, axis=1) for v in (A, l, u)), eps=1e-8)
    np.testing.assert_allclose(result.x, without.x, atol=1e-5)
    assert (result.y[:, 4] == 0).all()
    assert (result.y[:, ::2] >= 0).all()
    assert (result.y[:, 1::2] <= 0).all()


def test_infeasible_instances_are_flagged_with_certificates():
    P, q, A, l, u = random_batch(40, 6, 10)
    A[::2, 1] = A[::2, 0]
    l[::2, 1], u[::2, 1] = u[::2, 0] + 0.5, INF
    result = solve_batch(P, q, A, l, u)
    assert (result.status[::2] == BatchStatus.PRIMAL_INFEASIBLE).all()
    assert (result.status[1::2] == BatchStatus.SOLVED).all()
    for k in range(0, 40, 2):
        y = result.y[k]
        assert abs(A[k].T @ y).max() <= 1.001e-6
        assert (y > 0) @ np.where(y > 0, u[k] * y, 0) + (y < 0) @ np.where(
            y < 0, l[k] * y, 0
        ) == pytest.approx(-1)


def test_unbounded_instances_are_flagged_with_rays():
    P, q, A, l, u = random_batch(20, 6, 4, rank=3)
    u[:] = INF
    A[:, :, 5] = abs(A[:, :, 5])
    P[::2, 5], P[::2, :, 5], q[::2, 5] = 0.0, 0.0, -1.0
    P[1::2] += np.eye(6)
    result = solve_batch(P, q, A, l, u)
    assert (result.status[::2] == BatchStatus.DUAL_INFEASIBLE).all()
    assert (result.status[1::2] == BatchStatus.SOLVED).all()
    for k in range(0, 20, 2):
        ray = result.x[k]
        assert q[k] @ ray == pytest.approx(-1)
        assert abs(P[k] @ ray).max() <= 1.001e-6
        assert (A[k] @ ray).min() >= -1.001e-6


def test_a_narrow_feasible_set_is_not_called_infeasible():
    P, q, A, l, u = random_batch(30, 4, 6, 2, seed=8)
    A[:, 3] = A[:, 2] + 1e-4 * A[:, 3]
    l[:, 2:4] = u[:, 2:4] = np.einsum("bij,bj->bi", A[:, 2:4], np.ones((30, 4)))
    l[:, :2] = u[:, :2] = np.einsum("bij,bj->bi", A[:, :2], np.ones((30, 4)))
    l[:, 4:], u[:, 4:] = -INF, INF
    result = solve_batch(P, q, A, l, u, eps=1e-6)
    assert (result.status != BatchStatus.PRIMAL_INFEASIBLE).all()


def test_a_warm_start_saves_iterations():
    data = random_batch(50, 20, 40, 5)
    cold = solve_batch(*data, eps=1e-6)
    again = solve_batch(*data, eps=1e-5, x0=cold.x, y0=cold.y)
    assert (again.iterations <= 20).all()
    moved = (data[0], data[1] * 1.01, *data[2:])
    warm = solve_batch(*moved, x0=cold.x, y0=cold.y)
    fresh = solve_batch(*moved)
    assert (warm.status == BatchStatus.SOLVED).all()
    assert np.median(warm.iterations / fresh.iterations) <= 0.5


def test_shared_matrices_and_threads_change_nothing():
    P, q, A, l, u = random_batch(300, 5, 7)
    P, A = P[0], A[0]
    l = np.tile(l[0], (300, 1))
    u = l + 1.0
    shared = solve_batch(P, q, A, l[0], u[0], threads=2)
    stacked = solve_batch(np.tile(P, (300, 1, 1)), q, np.tile(A, (300, 1, 1)), l, u)
    np.testing.assert_array_equal(shared.x, stacked.x)
    np.testing.assert_array_equal(shared.y, stacked.y)
    np.testing.assert_array_equal(shared.status, stacked.status)


def test_the_iteration_limit_is_told():
    result = solve_batch(*random_batch(5, 20, 40, 5), max_iterations=7)
    assert (result.status == BatchStatus.ITERATION_LIMIT).all()
    assert (result.iterations == 7).all()


def test_no_instances():
    result = solve_batch(*random_batch(0, 3, 2))
    assert result.x.shape == (0, 3)
    assert result.status.shape == (0,)


def test_what_cannot_be_used_is_refused_by_name():
    P, q, A, l, u = random_batch(4, 3, 2)

    def changed(array, where, value):
        out = array.copy()
        out[where] = value
        return out

    bad = [
        ((changed(P, (2, 0, 1), 9.0), q, A, l, u), "instance 2 is not symmetric"),
        ((changed(P, (1, 0, 0), -9.0), q, A, l, u), "instance 1 is indefinite.*-9"),
        ((P, changed(q, (3, 0), np.nan), A, l, u), "instance 3 holds NaN"),
        ((P, q, changed(A, (0, 0, 0), INF), l, u), "instance 0 holds NaN, or infinities"),
        ((P, q, A, changed(l, (2, 1), 9e9), u), "instance 2 has a row with l > u"),
        ((P, q, A, changed(l, (2, 1), INF), u * INF), "instance . has a row with l > u"),
        ((P, q, A, l, u[:, :1]), r"u has shape \(4, 1\)"),
        ((P[:3], q, A, l, u), r"has shape"),
        ((P, q.astype(complex), A, l, u), "q holds complex128"),
        ((P[0, 0], q, A, l, u), "P has shape"),
        ((P[:, :0, :0], q[:, :0], A[:, :, :0], l, u), "no variables"),
    ]
    for data, message in bad:
        with pytest.raises(InvalidInstance, match=message):
            solve_batch(*data)
    with pytest.raises(InvalidInstance, match="x0 or y0 holds NaN"):
        solve_batch(P, q, A, l, u, x0=q * np.nan)
    for params in ({"eps": 0}, {"alpha": 2.0}, {"threads": 0}, {"device": "tpu"}, {"rho": -1}):
        with pytest.raises(InvalidParams, match=next(iter(params))):
            solve_batch(P, q, A, l, u, **params)


def test_types_and_layouts_of_inputs_do_not_matter_and_compile_nothing_anew():
    from solverhub.ops.batch_qp_cpu import solve_range

    data = random_batch(6, 4, 5)
    expected = solve_batch(*data)
    compiled = len(solve_range.signatures)
    for array in data:
        array.flags.writeable = False
    forms = [data, [np.asfortranarray(v) for v in data], [v.tolist() for v in data]]
    for form in forms:
        found = solve_batch(*form, max_iterations=np.int32(4000), rho=30, alpha=np.float32(1.6))
        np.testing.assert_allclose(found.x, expected.x, rtol=1e-4, atol=1e-4)
    assert len(solve_range.signatures) == compiled
    assert not any(array.flags.writeable for array in data)
