"""Bounds, infeasibility and unboundedness of a quadratic program, proved from vectors alone.

**Bound.**  For any x, any y and every feasible z, since P is positive semidefinite,

    f(z) >= r - 1/2 x'Px - (u'y+ - l'y-) + sum_j min over bounds of d_j z_j + 1/2 D_j (z_j - x_j)^2

with d = Px + q + A'y and any diagonal D >= 0 that leaves P - D positive semidefinite (from
diagonal dominance or eigenvalues of the blocks of P).  It is Neumaier and Shcherbina's bound
(2004, doi 10.1007/s10107-003-0433-3) with the curvature kept.  **Infeasible** is a program
whose bound is positive with P, q and r put to 0.  **Unbounded** is one with a feasible point
and a ray v: Pv = 0, q'v < 0, Av in the recession cone of the rows.

All sums are rounded outward, as in `activity`.  Where a variable has no bound on a side, or a
row of a ray must vanish, a value that the rounding of its own sum explains counts as zero: the
proof then holds for coefficients changed in their last digits.  Multipliers and rays of
iterative solvers miss that by far, so that they are first projected on what must vanish;
any vector may be tried, since only the final test proves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack
from scipy.sparse.linalg import lsmr, minres

from solverhub.core.errors import InvalidSolution
from solverhub.core.result import Sense
from solverhub.problems.activity import EPS, TINY, down, implied_bounds, times, up
from solverhub.problems.dual_bound import proves_infeasible
from solverhub.problems.integer_program import INFINITY, IntegerProgram
from solverhub.problems.qp_curvature import diagonal_below
from solverhub.problems.quadratic_program import QuadraticProgram, variable_bounds

_REPAIRS = 12
_SHIFTS = (1e-11, 1e-9)
_WORK = 10**8
_LARGEST = 0.99 * INFINITY  # quotients of sides may pass it, and weaker bounds hold too
_NEGLIGIBLE = 1e-7
"""Relative to the largest entry: smaller ones of a ray or of Farkas multipliers are dropped."""


def safe_bound(
    qp: QuadraticProgram, row_dual: np.ndarray, point: np.ndarray | None = None
) -> float:
    """A proven lower limit of every objective; -inf where the multipliers prove none.

    `row_dual` float64 (m,); `point` float64 (n,) is the x that belongs to them (without it,
    one that solves Px = -(q + A'y) is sought).  Raises `InvalidSolution` for other shapes.
    """
    y = _vector("row_dual", row_dual, qp.m)
    x = _stationary(qp, y) if point is None else _vector("point", point, qp.n)
    return _best_bound(_Linear.of(qp, x), y)


def proves_no_point(qp: QuadraticProgram, farkas: np.ndarray | None = None) -> bool:
    """True if bounds, rows or the multipliers `farkas` float64 (m,) show infeasibility."""
    program = _relaxation(qp)
    if program is None or proves_infeasible(program):
        return True
    if farkas is None:
        return False
    given = _vector("farkas", farkas, qp.m)
    largest = np.abs(given).max(initial=0.0)
    if not largest:
        return False
    for y in (given, np.where(np.abs(given) < _NEGLIGIBLE * largest, 0.0, given)):
        if _best_bound(_Linear.without_objective(qp), y / largest) > 0:
            return True
    return False


def proves_ray(qp: QuadraticProgram, ray: np.ndarray) -> bool:
    """True if the objective falls without end along `ray` float64 (n,) from any feasible point."""
    given = _vector("ray", ray, qp.n)
    largest = np.abs(given).max(initial=0.0)
    if not largest:
        return False
    v = given / largest
    return _is_ray(qp, v, repairs=0) or _is_ray(
        qp, np.where(np.abs(v) < _NEGLIGIBLE, 0.0, v), repairs=_REPAIRS
    )


def _vector(name: str, given: object, size: int) -> np.ndarray:
    try:
        vector = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidSolution(f"{name} is not a list of numbers") from error
    if vector.shape != (size,) or not np.isfinite(vector).all():
        raise InvalidSolution(
            f"{name} has shape {vector.shape}", remedy=f"give {size} finite numbers"
        )
    return vector


@dataclass(frozen=True, slots=True)
class _Linear:
    """The program linearised at x: constant + g'z + 1/2 sum D (z - x)^2 over rows and bounds.

    `bounding` bool (m,) marks the rows that bound one variable.  `constant` is a lower limit; g
    lies between `g` - `error` and `g` + `error`, float64 (n,).
    """

    qp: QuadraticProgram
    x: np.ndarray
    constant: float
    g: np.ndarray
    error: np.ndarray
    curvature: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    bounding: np.ndarray

    @classmethod
    def of(cls, qp: QuadraticProgram, x: np.ndarray) -> _Linear:
        lower, upper = _boxes(qp)
        count = np.diff(qp.P.indptr)
        with np.errstate(over="ignore", invalid="ignore"):
            middle, size = qp.P @ x, abs(qp.P) @ np.abs(x)
            error = (count + 4) * EPS * (size + np.abs(qp.q)) + np.where(size > 0, TINY, 0.0)
            half = 0.5 * float(x @ middle)
            wrong = EPS * (qp.n + int(count.max(initial=0)) + 8) * float(np.abs(x) @ size)
        open_side = np.isinf(lower) | np.isinf(upper)
        return cls(
            qp,
            x,
            math.nextafter(qp.r - half - wrong, -math.inf) if math.isfinite(half) else -math.inf,
            middle + qp.q,
            error,
            diagonal_below(qp.P, open_side),
            lower,
            upper,
            _bounding(qp),
        )

    @classmethod
    def without_objective(cls, qp: QuadraticProgram) -> _Linear:
        zero = np.zeros(qp.n)
        return cls(qp, zero, 0.0, zero, zero, zero, *_boxes(qp), _bounding(qp))


def _bounding(qp: QuadraticProgram) -> np.ndarray:
    return np.asarray(np.bincount(qp.A.indices, minlength=qp.m) == 1)


def _boxes(qp: QuadraticProgram) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the variables, by the general rows too where no row states one."""
    program = _relaxation(qp)
    if program is None:
        return variable_bounds(qp)[:2]
    if np.isfinite(program.lower).all() and np.isfinite(program.upper).all():
        return program.lower, program.upper
    lower, upper, contradiction = implied_bounds(program)
    return (program.lower, program.upper) if contradiction else (lower, upper)


def _relaxation(qp: QuadraticProgram) -> IntegerProgram | None:
    """Rows and bounds as a program with objective 0; None where the bounds of a variable cross."""
    lower, upper, general = variable_bounds(qp)
    crossed = np.nextafter(lower, -np.inf) > np.nextafter(upper, np.inf)
    if crossed.any():
        return None
    return IntegerProgram(
        sense=Sense.MINIMISE,
        c=np.zeros(qp.n),
        A=csr_array(qp.A.tocsr()[general]),
        row_lower=qp.l[general],
        row_upper=qp.u[general],
        lower=np.minimum(np.minimum(lower, upper), _LARGEST),
        upper=np.maximum(np.maximum(lower, upper), -_LARGEST),
        integer=qp.integer,
    )


def _best_bound(linear: _Linear, y: np.ndarray) -> float:
    """The bound of y, or else of y moved by little so that no column lacks what it needs."""
    y = np.where(linear.bounding, 0.0, y)  # the bounds themselves serve better
    bound, missing = _bound(linear, y)
    if not missing.any() or linear.bounding.all():
        return bound
    scale = max(1.0, float(np.abs(linear.g).max(initial=0.0)))
    for shift in _SHIFTS:
        moved, short = y, missing
        held = np.zeros_like(missing)
        for _ in range(_REPAIRS):
            held |= short
            moved = _without_residual(linear, moved, held, shift * scale)
            bound, short = _bound(linear, moved)
            if not short.any():
                return bound
    return -math.inf


def _served(qp: QuadraticProgram, y: np.ndarray) -> np.ndarray:
    """The multipliers without those of infinite sides."""
    return np.where(np.isinf(np.where(y > 0, qp.u, qp.l)), 0.0, y)


def _residual(linear: _Linear, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits of g + A'y, float64 (n,) each."""
    matrix = linear.qp.A
    count = np.diff(matrix.indptr)
    with np.errstate(over="ignore", invalid="ignore"):
        middle = linear.g + matrix.T @ y
        size = abs(matrix).T @ np.abs(y)
        error = (count + 4) * EPS * (size + np.abs(linear.g)) + linear.error
        error = np.where(size > 0, error + TINY, linear.error)
        low, high = middle - error, middle + error
    exact = error == 0
    low, high = np.where(exact, middle, down(low)), np.where(exact, middle, up(high))
    return np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)


def _bound(linear: _Linear, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The bound of y, and which columns lack a bound that their residual needs, bool (n,)."""
    qp = linear.qp
    y = _served(qp, y)
    low, high = _residual(linear, y)
    zero = (low <= 0) & (high >= 0)
    ends = (low, high)
    boxed = np.minimum.reduce(
        [_lowest(d, z, zero) for d in ends for z in (linear.lower, linear.upper)]
    )
    curved = np.minimum.reduce([_parabola(d, linear.x, linear.curvature) for d in ends])
    columns = np.maximum(boxed, curved)
    missing = ~np.isfinite(columns)
    sides = times(y, np.where(y > 0, qp.u, qp.l))
    sides = np.where(sides == 0, 0.0, up(sides))
    if missing.any() or not (np.isfinite(sides).all() and math.isfinite(linear.constant)):
        return -math.inf, missing
    total = math.fsum([linear.constant, *columns.tolist(), *(-sides).tolist()])
    return float(np.nextafter(total, -np.inf)), missing


def _lowest(d: np.ndarray, z: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """Lower limit of d z; 0 where z is absent and d is zero within rounding."""
    product = times(d, z)
    product = np.where(np.isinf(z) & zero, 0.0, product)
    # The other end of an absent side is never the least: +inf drops out of the minimum.
    return np.where((product == 0) | np.isinf(product), product, down(product))


def _parabola(d: np.ndarray, x: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Lower limit of d z + curvature / 2 (z - x)^2 over all z: d x - d^2 / (2 curvature)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        drop = up(up(d * d) / (2.0 * curvature))
        value = down(down(d * x) - drop)
    return np.where((curvature > 0) & np.isfinite(value), value, -np.inf)


def _without_residual(
    linear: _Linear, y: np.ndarray, columns: np.ndarray, shift: float
) -> np.ndarray:
    """y + the least change, on rows in use, that takes g + A'y of the columns where it is harmless.

    That is `shift` on the side of the one bound, and 0 where there is none.
    """
    qp = linear.qp
    equal = (qp.l == qp.u) & np.isfinite(qp.l)
    used = (equal | (_served(qp, y) != 0)) & ~linear.bounding
    # Small multipliers of inequalities move less, so that they keep their sign.
    largest = float(np.abs(y).max(initial=shift))
    weight = np.where(equal, largest, np.abs(y))[used] ** 0.5
    matrix = csr_array(qp.A.tocsr()[used][:, columns].T.multiply(weight[None, :]))
    goal = shift * (np.isinf(linear.upper) * 1.0 - np.isinf(linear.lower))[columns]
    steps = int(np.clip(_WORK // (2 * matrix.nnz + 1), 10, 500))
    moved = y.copy()
    for _ in range(2):
        excess = (linear.g + qp.A.T @ moved)[columns] - goal
        change = lsmr(matrix, excess, atol=1e-15, btol=1e-15, maxiter=steps)[0]
        moved[used] -= weight * np.nan_to_num(change, posinf=0.0, neginf=0.0)
    return moved


def _stationary(qp: QuadraticProgram, y: np.ndarray) -> np.ndarray:
    if not qp.P.nnz:
        return np.zeros(qp.n)
    x = np.asarray(minres(qp.P, -(qp.q + qp.A.T @ y), rtol=1e-12, maxiter=500)[0])
    return x if np.isfinite(x).all() else np.zeros(qp.n)


def _is_ray(qp: QuadraticProgram, v: np.ndarray, *, repairs: int) -> bool:
    matrix = csr_array(vstack([qp.P, qp.A]))
    flat = np.zeros(qp.n)
    low = np.concatenate([flat, np.where(np.isfinite(qp.l), 0.0, -np.inf)])
    high = np.concatenate([flat, np.where(np.isfinite(qp.u), 0.0, np.inf)])
    error_per_size = (np.diff(matrix.indptr) + 4) * EPS
    tight = np.zeros(matrix.shape[0], dtype=bool)
    support = v != 0
    for _ in range(repairs + 1):
        value = matrix @ v
        error = error_per_size * (abs(matrix) @ np.abs(v))
        broken = (value + error < low) | (value - error > high)
        if not broken.any():
            slope = float(qp.q @ v)
            return slope + (qp.n + 4) * EPS * float(np.abs(qp.q) @ np.abs(v)) < 0
        tight |= broken
        system = csr_array(matrix[tight][:, support])
        v = v.copy()
        v[support] -= lsmr(system, value[tight], atol=1e-15, btol=1e-15, maxiter=500)[0]
    return False
