"""The CPU form of `langevin`: chain after chain, shared out over threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from solverhub.ops.langevin import Couplings, Schedule

LOGITS = 4096
"""Entries of the table from which flips are drawn; a power of 2."""

_MASK = np.uint64(0xFFFFFFFF)
_CHAIN, _STEP, _ENTRY = 0x9E3779B9, 0x85EBCA6B, 0xC2B2AE35


def logit_table() -> np.ndarray:
    """log(u / (1 - u)) at the midpoints of (0, 1), float32 (LOGITS,).

    A uniform u is below sigmoid(z) just where its logit is below z.
    """
    u = (np.arange(LOGITS) + 0.5) / LOGITS
    return np.asarray(np.log(u / (1.0 - u)), np.float32)


class CpuChains:
    """See `langevin.Chains`."""

    def __init__(self, q: Couplings, x: np.ndarray, threads: int) -> None:
        self._q = q
        self._x = np.array(x, np.int8, order="C")
        self._fields = fields(q, self._x)
        self._values = np.full(len(x), -np.inf)
        self._best = self._x.copy()
        self._logits = logit_table()
        self._parts = np.array_split(np.arange(len(x)), min(threads, max(1, len(x))))

    @property
    def best_values(self) -> np.ndarray:
        """See `langevin.Chains`."""
        return self._values.copy()

    def best(self, chains: Any = slice(None)) -> np.ndarray:
        """See `langevin.Chains`."""
        return np.array(self._best[chains])

    def walk(self, schedule: Schedule, first: int, last: int) -> None:
        """See `langevin.Chains`."""
        if len(self._parts) == 1:
            self._walk(self._parts[0], schedule, first, last)
            return
        with ThreadPoolExecutor(len(self._parts)) as pool:
            list(pool.map(lambda part: self._walk(part, schedule, first, last), self._parts))

    def _walk(self, part: np.ndarray, schedule: Schedule, first: int, last: int) -> None:
        if part.size == 0:
            return
        q, rows = self._q, slice(int(part[0]), int(part[-1]) + 1)
        walk(
            q.linear, q.dense, q.indptr, q.indices, q.values, np.float32(q.everywhere),
            self._logits, schedule.seed & 0xFFFFFFFF, rows.start, first, last, schedule.steps,
            min(schedule.rank, q.n), schedule.hot, schedule.cold,
            self._x[rows], self._fields[rows], self._values[rows], self._best[rows],
        )  # fmt: skip


def fields(q: Couplings, x: np.ndarray) -> np.ndarray:
    """h = b + Qx of states int8 (K, n), float32 (K, n)."""
    if q.dense.size:
        found: np.ndarray = x.astype(np.float32) @ q.dense + q.linear
        return found
    out = np.empty(x.shape, np.float32)
    _sparse_fields(q.linear, q.indptr, q.indices, q.values, np.float32(q.everywhere), x, out)
    return out


@njit(cache=True, nogil=True)
def _sparse_fields(linear, indptr, indices, values, everywhere, x, out):  # type: ignore[no-untyped-def]
    for k in range(x.shape[0]):
        ones = np.int64(0)
        for i in range(linear.size):
            ones += x[k, i]
        for i in range(linear.size):
            total = linear[i] + everywhere * np.float32(ones - x[k, i])
            for at in range(indptr[i], indptr[i + 1]):
                if x[k, indices[at]]:
                    total += values[at]
            out[k, i] = total


@njit(cache=True, nogil=True)
def mix(v):  # type: ignore[no-untyped-def]
    """A hash of 32 bits to 32 bits, in a uint64."""
    v ^= v >> np.uint64(16)
    v = (v * np.uint64(0x7FEB352D)) & _MASK
    v ^= v >> np.uint64(15)
    v = (v * np.uint64(0x846CA68B)) & _MASK
    return v ^ (v >> np.uint64(16))


@njit(cache=True, nogil=True)
def _gain(side, field):  # type: ignore[no-untyped-def]
    return -field if side else field


@njit(cache=True, nogil=True)
def _value(linear, x, h):  # type: ignore[no-untyped-def]
    """f = sum of x_i (b_i + h_i) / 2."""
    total = 0.0
    for i in range(x.size):
        if x[i]:
            total += np.float64(linear[i]) + np.float64(h[i])
    return total / 2


@njit(cache=True, nogil=True)
def _threshold(x, h, largest):  # type: ignore[no-untyped-def]
    """The largest.size-th largest gain; `largest` is overwritten."""
    rank = largest.size
    for j in range(rank):
        largest[j] = -np.inf
    least, place = largest[0], 0
    for i in range(x.size):
        g = _gain(x[i], h[i])
        if g > least:
            largest[place] = g
            least = g
            for j in range(rank):
                if largest[j] < least:
                    least, place = largest[j], j
    return least


@njit(cache=True, nogil=True)
def _flip_rows(dense, x, h, flips, count):  # type: ignore[no-untyped-def]
    for f in range(count):
        v = flips[f]
        row = dense[v]
        if x[v]:
            for i in range(h.size):
                h[i] -= row[i]
        else:
            for i in range(h.size):
                h[i] += row[i]
        x[v] ^= 1


@njit(cache=True, nogil=True)
def _flip_lists(indptr, indices, values, everywhere, x, h, flips, count):  # type: ignore[no-untyped-def]
    more = 0
    for f in range(count):
        v = flips[f]
        turn = -1 if x[v] else 1
        more += turn
        sign = np.float32(turn)
        h[v] -= everywhere * sign
        for at in range(indptr[v], indptr[v + 1]):
            h[indices[at]] += sign * values[at]
        x[v] ^= 1
    if everywhere != 0 and more != 0:
        for i in range(h.size):
            h[i] += everywhere * np.float32(more)


@njit(cache=True, nogil=True)
def walk(  # type: ignore[no-untyped-def]
    linear, dense, indptr, indices, values, everywhere, logits, seed, chain, first, last, steps,
    rank, hot, cold, x, h, best, best_x,
):  # fmt: skip
    """Steps first..last-1 of chains `chain`, `chain` + 1, ...: rows of x, h, best and best_x."""
    n = linear.size
    flips = np.empty(n, np.int32)
    largest = np.empty(rank, np.float32)
    for k in range(x.shape[0]):
        key = mix(np.uint64(seed) ^ ((np.uint64(chain + k + 1) * np.uint64(_CHAIN)) & _MASK))
        _keep(linear, x[k], h[k], best, best_x, k)
        for step in range(first, last):
            heat = np.float32(hot + (cold - hot) * step / max(1, steps - 1))
            drawn = mix(key ^ ((np.uint64(step + 1) * np.uint64(_STEP)) & _MASK))
            threshold = _threshold(x[k], h[k], largest)
            floor = heat * logits[0]
            count = 0
            for i in range(n):
                ahead = _gain(x[k, i], h[k, i]) - threshold
                if ahead < floor:
                    continue
                bits = mix(drawn ^ ((np.uint64(i + 1) * np.uint64(_ENTRY)) & _MASK))
                if ahead > heat * logits[bits & np.uint64(LOGITS - 1)]:
                    flips[count] = i
                    count += 1
            if dense.size:
                _flip_rows(dense, x[k], h[k], flips, count)
            else:
                _flip_lists(indptr, indices, values, everywhere, x[k], h[k], flips, count)
            _keep(linear, x[k], h[k], best, best_x, k)


@njit(cache=True, nogil=True)
def _keep(linear, x, h, best, best_x, k):  # type: ignore[no-untyped-def]
    value = _value(linear, x, h)
    if value > best[k]:
        best[k] = value
        best_x[k] = x
