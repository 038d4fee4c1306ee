"""Flips and swaps that finish a point of a binary program.

Kept up to date for every flip: the gradient g = P x + q, so that flipping column j changes
the objective by s g_j + P_jj / 2 with s = 1 - 2 x_j, and the activity G x of the rows.

1. *Repair*: while a row is broken, take one at random and flip the column of it that lowers the
   total violation most, objective second; a column flipped lately is left alone, and a random
   one is flipped where none helps.
2. *Descend* among feasible points: flip what improves.  A flip that breaks a row is tried with
   each second column of that row; one that does not improve, with each column that it
   shares an entry of P with.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csc_array

from solverhub.exact.binary_form import DiscreteForm

_SLACK = 1e-9
_TENURE = 7
_SLICE = 2_000_000
"""Entries that a call of the kernel may touch: some milliseconds."""


class Polish:
    """Repair and descent on one binary program; safe to share between threads."""

    def __init__(self, form: DiscreteForm) -> None:
        self.form = form
        P, columns = form.P, csc_array(form.G)
        self._P = (P.indptr.astype(np.int64), P.indices.astype(np.int64), P.data)
        self._columns = (
            columns.indptr.astype(np.int64), columns.indices.astype(np.int64), columns.data,
        )  # fmt: skip
        self._rows = (form.G.indptr.astype(np.int64), form.G.indices.astype(np.int64))
        self._diagonal = P.diagonal()
        size = np.maximum(np.abs(form.G).sum(axis=1), 1.0) if form.low.size else np.zeros(0)
        slack = _SLACK * np.asarray(size, dtype=np.float64).ravel()
        self._low, self._high = form.low - slack, form.high + slack
        self._free = np.ascontiguousarray(form.lower < form.upper)
        self._least = 1e-9 * max(1.0, float(np.abs(form.q).max(initial=0.0)))

    def improve(self, point: np.ndarray, seed: int, stop: object) -> np.ndarray | None:
        """A feasible point (n,) no flip or swap of which is better; None where none is found."""
        form = self.form
        x = np.ascontiguousarray(point)
        g = form.P @ x + form.q
        activity = form.G @ x
        state = (x, g, activity, *self._P, self._diagonal, *self._columns)
        rng = np.random.default_rng(seed)
        if form.low.size and not _repair(
            *state, *self._rows, self._low, self._high, self._free, 20 * form.n + 200,
            int(rng.integers(2**31)),
        ):  # fmt: skip
            return None
        order = rng.permutation(form.n)
        at, idle = 0, 0
        while idle < form.n and not stop():  # type: ignore[operator]
            at, idle = _descend(
                *state, *self._rows, self._low, self._high, self._free, order, at, idle,
                self._least, _SLICE,
            )  # fmt: skip
        return x


@njit(cache=True, nogil=True)
def _flip(j, x, g, activity, p_ptr, p_row, p_val, c_ptr, c_row, c_val):  # type: ignore[no-untyped-def]
    step = 1.0 - 2.0 * x[j]
    x[j] += step
    for k in range(p_ptr[j], p_ptr[j + 1]):
        g[p_row[k]] += step * p_val[k]
    for k in range(c_ptr[j], c_ptr[j + 1]):
        activity[c_row[k]] += step * c_val[k]


@njit(cache=True, nogil=True)
def _gain(j, x, g, diagonal):  # type: ignore[no-untyped-def]
    return (1.0 - 2.0 * x[j]) * g[j] + 0.5 * diagonal[j]


@njit(cache=True, nogil=True)
def _entry(i, j, p_ptr, p_row, p_val):  # type: ignore[no-untyped-def]
    """P_ij, by bisection of column j."""
    first, last = p_ptr[j], p_ptr[j + 1]
    while first < last:
        middle = (first + last) // 2
        if p_row[middle] < i:
            first = middle + 1
        else:
            last = middle
    return p_val[first] if first < p_ptr[j + 1] and p_row[first] == i else 0.0


@njit(cache=True, nogil=True)
def _broken_by(j, x, activity, c_ptr, c_row, c_val, low, high):  # type: ignore[no-untyped-def]
    """The first row that flipping j would break, or -1."""
    step = 1.0 - 2.0 * x[j]
    for k in range(c_ptr[j], c_ptr[j + 1]):
        value = activity[c_row[k]] + step * c_val[k]
        if value < low[c_row[k]] or value > high[c_row[k]]:
            return c_row[k]
    return -1


@njit(cache=True, nogil=True)
def _fits_with(i, j, x, activity, c_ptr, c_row, c_val, low, high):  # type: ignore[no-untyped-def]
    """True if flipping i and j together breaks no row (rows ascend within a column)."""
    si, sj = 1.0 - 2.0 * x[i], 1.0 - 2.0 * x[j]
    a, b, end_a, end_b = c_ptr[i], c_ptr[j], c_ptr[i + 1], c_ptr[j + 1]
    while a < end_a or b < end_b:
        take_a = a < end_a and (b == end_b or c_row[a] <= c_row[b])
        take_b = b < end_b and (a == end_a or c_row[b] <= c_row[a])
        row = c_row[a] if take_a else c_row[b]
        value = activity[row]
        if take_a:
            value += si * c_val[a]
            a += 1
        if take_b:
            value += sj * c_val[b]
            b += 1
        if value < low[row] or value > high[row]:
            return False
    return True


@njit(cache=True, nogil=True)
def _lack(value, low, high):  # type: ignore[no-untyped-def]
    return max(0.0, low - value, value - high)


@njit(cache=True, nogil=True)
def _repair(  # type: ignore[no-untyped-def]
    x, g, activity, p_ptr, p_row, p_val, diagonal, c_ptr, c_row, c_val,
    r_ptr, r_col, low, high, free, most, seed,
):  # fmt: skip
    np.random.seed(seed)
    broken = np.empty(low.size, np.int64)
    place = np.full(low.size, -1, np.int64)
    count = 0
    for i in range(low.size):
        if _lack(activity[i], low[i], high[i]) > 0:
            broken[count], place[i] = i, count
            count += 1
    until = np.full(x.size, -1, np.int64)
    for step in range(most):
        if count == 0:
            return True
        row = broken[np.random.randint(count)]
        chosen, least, cheapest, seen, fallback = -1, -1e-12, 0.0, 0, -1
        for k in range(r_ptr[row], r_ptr[row + 1]):
            j = r_col[k]
            if not free[j]:
                continue
            seen += 1
            if np.random.randint(seen) == 0:
                fallback = j
            if until[j] > step:
                continue
            change, s = 0.0, 1.0 - 2.0 * x[j]
            for e in range(c_ptr[j], c_ptr[j + 1]):
                i = c_row[e]
                change += _lack(activity[i] + s * c_val[e], low[i], high[i])
                change -= _lack(activity[i], low[i], high[i])
            cost = _gain(j, x, g, diagonal)
            if change < least - 1e-12 or (
                chosen >= 0 and change <= least + 1e-12 and cost < cheapest
            ):
                chosen, least, cheapest = j, change, cost
        if chosen < 0:
            chosen = fallback
        if chosen < 0:
            return False
        _flip(chosen, x, g, activity, p_ptr, p_row, p_val, c_ptr, c_row, c_val)
        until[chosen] = step + _TENURE + np.random.randint(_TENURE)
        for e in range(c_ptr[chosen], c_ptr[chosen + 1]):
            i = c_row[e]
            bad = _lack(activity[i], low[i], high[i]) > 0
            if bad and place[i] < 0:
                broken[count], place[i] = i, count
                count += 1
            elif not bad and place[i] >= 0:
                count -= 1
                moved = broken[count]
                broken[place[i]], place[moved] = moved, place[i]
                place[i] = -1
    return count == 0


@njit(cache=True, nogil=True)
def _descend(  # type: ignore[no-untyped-def]
    x, g, activity, p_ptr, p_row, p_val, diagonal, c_ptr, c_row, c_val,
    r_ptr, r_col, low, high, free, order, at, idle, least, most,
):  # fmt: skip
    """Go on at place `at` of the order, until `idle` places in a row brought nothing."""
    work = 0
    while idle < x.size and work < most:
        j = order[at]
        at = at + 1 if at + 1 < x.size else 0
        idle += 1
        work += 1
        if not free[j]:
            continue
        gain = _gain(j, x, g, diagonal)
        row = _broken_by(j, x, activity, c_ptr, c_row, c_val, low, high)
        partner = -1
        if row >= 0:
            best = -least
            for k in range(r_ptr[row], r_ptr[row + 1]):
                i = r_col[k]
                if i == j or not free[i]:
                    continue
                both = gain + _gain(i, x, g, diagonal)
                work += 2
                s = (1.0 - 2.0 * x[i]) * (1.0 - 2.0 * x[j])
                both += s * _entry(i, j, p_ptr, p_row, p_val)
                if both < best:
                    work += c_ptr[i + 1] - c_ptr[i] + c_ptr[j + 1] - c_ptr[j]
                    if _fits_with(i, j, x, activity, c_ptr, c_row, c_val, low, high):
                        best, partner = both, i
            if partner < 0:
                continue
        elif gain >= -least:
            best = -least
            for k in range(p_ptr[j], p_ptr[j + 1]):
                i = p_row[k]
                if i == j or not free[i]:
                    continue
                s = (1.0 - 2.0 * x[i]) * (1.0 - 2.0 * x[j])
                both = gain + _gain(i, x, g, diagonal) + s * p_val[k]
                work += 2
                if both < best and _fits_with(i, j, x, activity, c_ptr, c_row, c_val, low, high):
                    best, partner = both, i
            if partner < 0:
                continue
        _flip(j, x, g, activity, p_ptr, p_row, p_val, c_ptr, c_row, c_val)
        work += p_ptr[j + 1] - p_ptr[j]
        if partner >= 0:
            _flip(partner, x, g, activity, p_ptr, p_row, p_val, c_ptr, c_row, c_val)
            work += p_ptr[partner + 1] - p_ptr[partner]
        idle = 0
    return at, idle
