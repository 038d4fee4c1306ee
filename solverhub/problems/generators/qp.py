"""Random convex quadratic programs in the shapes on which first-order solvers are measured.

The shapes are those of Stellato et al. 2020, OSQP: an operator splitting solver for quadratic
programs, appendix A (doi 10.1007/s12532-020-00179-2); numbers are drawn here, and sizes differ
where stated.  Every instance is feasible and bounded.  Bounds of variables are the last rows.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import block_array, csc_array, diags_array, eye_array, kron, random_array, vstack

from solverhub.core.errors import InvalidParams
from solverhub.problems.quadratic_program import QuadraticProgram

MOST_ENTRIES = 2**26


def random_qp(
    n: int = 100, rows: int = 200, density: float = 0.15, *, seed: int
) -> QuadraticProgram:
    """A sparse strongly convex objective over rows with two sides; x = 0 is feasible.

    P = M M' + 0.01 I, M and A normal at a share `density` of places, l and u uniform in [-1, 0] and
    [0, 1].
    """
    _check(n, "n")
    _check(rows, "rows", least=0)
    _share(density)
    _fits(density * n * (n + rows))
    rng = np.random.default_rng(seed)
    root = _normal(n, n, density, rng)
    return QuadraticProgram(
        P=_symmetric(root @ root.T) + 0.01 * eye_array(n, format="csc"),
        q=rng.standard_normal(n),
        A=_normal(rows, n, density, rng),
        l=-rng.random(rows),
        u=rng.random(rows),
    )


def lasso(n: int = 20, samples: int = 0, density: float = 0.15, *, seed: int) -> QuadraticProgram:
    """Least squares with an absolute-value penalty: min |Ax - b|^2 + weight |x|_1.

    Columns are x (n), the residual y = Ax - b (samples, by default 100 n) and t >= |x| (n);
    half of the true coefficients are 0 and the weight is a fifth of the one from which x = 0.
    """
    _check(n, "n")
    _check(samples, "samples", least=0)
    _share(density)
    samples = samples or 100 * n
    _fits(density * n * samples + samples)
    rng = np.random.default_rng(seed)
    data = _normal(samples, n, density, rng)
    truth = np.where(rng.random(n) < 0.5, 0.0, rng.standard_normal(n) / np.sqrt(n))
    target = data @ truth + rng.standard_normal(samples)
    weight = 0.2 * float(np.abs(data.T @ target).max()) or 1.0
    one = eye_array(n)
    curvature = np.concatenate([np.zeros(n), np.full(samples, 2.0), np.zeros(n)])
    rows = block_array(
        [[data, -eye_array(samples), None], [one, None, -one], [one, None, one]], format="csc"
    )
    return QuadraticProgram(
        P=csc_array(diags_array(curvature)),
        q=np.concatenate([np.zeros(n + samples), np.full(n, weight)]),
        A=rows,
        l=np.concatenate([target, np.full(n, -np.inf), np.zeros(n)]),
        u=np.concatenate([target, np.zeros(n), np.full(n, np.inf)]),
    )


def portfolio(assets: int = 200, factors: int = 0, *, seed: int) -> QuadraticProgram:
    """Markowitz with a factor model: min x'Dx + y'y - mu'x, y = F'x, sum x = 1, x >= 0.

    Columns are x (assets) and y (factors, by default a hundredth of the assets, at least 1).
    F is normal at half of its places, D uniform in [0, sqrt factors], mu normal.
    """
    _check(assets, "assets")
    _check(factors, "factors", least=0)
    factors = factors or max(1, assets // 100)
    _fits(assets * factors / 2)
    rng = np.random.default_rng(seed)
    loads = _normal(assets, factors, 0.5, rng)
    specific = rng.random(assets) * np.sqrt(factors)
    curvature = 2 * np.concatenate([specific, np.ones(factors)])
    rows = block_array(
        [
            [csc_array(np.ones((1, assets))), None],
            [loads.T, -eye_array(factors)],
            [eye_array(assets), None],
        ],
        format="csc",
    )
    fixed = np.concatenate([[1.0], np.zeros(factors)])
    return QuadraticProgram(
        P=csc_array(diags_array(curvature)),
        q=np.concatenate([-rng.standard_normal(assets), np.zeros(factors)]),
        A=rows,
        l=np.concatenate([fixed, np.zeros(assets)]),
        u=np.concatenate([fixed, np.full(assets, np.inf)]),
    )


def svm(n: int = 20, samples: int = 0, density: float = 0.15, *, seed: int) -> QuadraticProgram:
    """A linear support vector machine: min x'x + sum t, t >= b_i a_i'x + 1, t >= 0.

    Columns are x (n) and t (samples, by default 100 n).  The two classes are normal around +1/n
    and -1/n.
    """
    _check(n, "n")
    _check(samples, "samples", least=0)
    _share(density)
    samples = samples or 100 * n
    _fits(density * n * samples + samples)
    rng = np.random.default_rng(seed)
    label = np.where(np.arange(samples) < samples // 2, 1.0, -1.0)
    data = _normal(samples, n, density, rng)
    places = data.copy()
    places.data = np.repeat(1.0 / n, places.nnz)
    data = diags_array(label) @ (data + diags_array(label) @ places)
    rows = vstack(
        [
            block_array([[data, -eye_array(samples)]]),
            block_array([[csc_array((samples, n)), eye_array(samples)]]),
        ],
        format="csc",
    )
    return QuadraticProgram(
        P=csc_array(diags_array(np.concatenate([np.full(n, 2.0), np.zeros(samples)]))),
        q=np.concatenate([np.zeros(n), np.ones(samples)]),
        A=rows,
        l=np.concatenate([np.full(samples, -np.inf), np.zeros(samples)]),
        u=np.concatenate([np.full(samples, -1.0), np.full(samples, np.inf)]),
    )


def mpc(states: int = 10, inputs: int = 0, horizon: int = 10, *, seed: int) -> QuadraticProgram:
    """Linear-quadratic control: x_{k+1} = F x_k + G u_k over a horizon, states and inputs bounded.

    Columns are x_0 ... x_N (states each), then u_0 ... u_{N-1} (inputs each, by default half of the
    states).  F = I + a small normal matrix, scaled to spectral radius 1 or less; x_0 is
    within half of the bounds of the states, which are too wide to be broken without input.
    """
    for value, name in ((states, "states"), (horizon, "horizon")):
        _check(value, name)
    _check(inputs, "inputs", least=0)
    inputs = inputs or max(1, states // 2)
    _fits(float(horizon) * states * (states + inputs))
    rng = np.random.default_rng(seed)
    step = np.eye(states) + 0.1 * rng.standard_normal((states, states))
    step /= max(1.0, float(np.linalg.norm(step, 2)))
    push = rng.standard_normal((states, inputs))
    cost = np.where(rng.random(states) < 0.3, 0.0, 10 * rng.random(states))
    bound_x, bound_u = 1 + rng.random(states), 0.1 * rng.random(inputs)
    start = rng.uniform(-0.5, 0.5, states) * bound_x.min() / np.sqrt(states)
    stay = kron(eye_array(horizon + 1), -eye_array(states))
    stay = stay + kron(eye_array(horizon + 1, k=-1), csc_array(step))
    moved = kron(vstack([csc_array((1, horizon)), eye_array(horizon)]), csc_array(push))
    total = (horizon + 1) * states + horizon * inputs
    fixed = np.concatenate([-start, np.zeros(horizon * states)])
    bound = np.concatenate([np.tile(bound_x, horizon + 1), np.tile(bound_u, horizon)])
    weight = np.concatenate([np.tile(cost, horizon + 1), np.full(horizon * inputs, 0.1)])
    return QuadraticProgram(
        P=csc_array(diags_array(weight)),
        q=np.zeros(total),
        A=vstack([block_array([[stay, moved]]), eye_array(total)], format="csc"),
        l=np.concatenate([fixed, -bound]),
        u=np.concatenate([fixed, bound]),
    )


def _normal(m: int, n: int, density: float, rng: np.random.Generator) -> csc_array:
    return csc_array(
        random_array(
            (m, n), density=density, rng=rng, data_sampler=lambda size: rng.standard_normal(size)
        )
    )


def _symmetric(matrix: csc_array) -> csc_array:
    return csc_array((matrix + matrix.T) / 2)


def _check(value: int, name: str, least: int = 1) -> None:
    if value < least:
        raise InvalidParams(f"{name} is {value}", remedy=f"give {least} or more")


def _share(density: float) -> None:
    if not 0 < density <= 1:
        raise InvalidParams(f"density is {density}", remedy="give a share above 0, at most 1")


def _fits(entries: float) -> None:
    if entries > MOST_ENTRIES:
        raise InvalidParams("too many entries", remedy=f"give sizes of at most {MOST_ENTRIES}")
