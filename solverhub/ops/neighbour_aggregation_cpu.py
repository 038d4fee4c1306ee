"""The CPU form of `neighbour_aggregation`: loops over rows, each over its neighbours' channels.

Reductions are numbered as in `kernels/neighbour_aggregation.cu`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

SUM, MEAN, MAX, SOFTMAX = 0, 1, 2, 3
NONE = -1  # in place of the neighbour that gives a maximum, of a row without any


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def add(values: Any, indptr: Any, indices: Any, mean: bool, out: Any) -> None:
    """Sums of neighbours' rows, or means."""
    channels = values.shape[1]
    for i in range(indptr.size - 1):
        row = out[i]
        row[:] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            other = values[indices[e]]
            for c in range(channels):
                row[c] += other[c]
        degree = indptr[i + 1] - indptr[i]
        if mean and degree > 1:
            share = np.float32(1.0) / np.float32(degree)
            for c in range(channels):
                row[c] *= share


@njit(cache=True, nogil=True)
def greatest(values: Any, indptr: Any, indices: Any, out: Any, source: Any) -> None:
    """Maxima, and the first neighbour that has each, int32; 0 and `NONE` without neighbours."""
    channels = values.shape[1]
    for i in range(indptr.size - 1):
        low, high = indptr[i], indptr[i + 1]
        if low == high:
            out[i] = 0.0
            source[i] = NONE
            continue
        out[i] = values[indices[low]]
        source[i] = indices[low]
        for e in range(low + 1, high):
            j = indices[e]
            for c in range(channels):
                if values[j, c] > out[i, c]:
                    out[i, c] = values[j, c]
                    source[i, c] = j


@njit(cache=True, nogil=True)
def soften(
    values: Any, indptr: Any, indices: Any, temperature: float, out: Any, log_total: Any
) -> None:
    """Means weighted by the softmax of temperature * value, and the log of its denominator."""
    t = np.float32(temperature)
    channels = values.shape[1]
    for i in range(indptr.size - 1):
        low, high = indptr[i], indptr[i + 1]
        for c in range(channels):
            top = np.float32(-np.inf)
            for e in range(low, high):
                top = max(top, t * values[indices[e], c])
            total, weighted = np.float32(0.0), np.float32(0.0)
            for e in range(low, high):
                value = values[indices[e], c]
                share = np.exp(t * value - top)
                total += share
                weighted += share * value
            out[i, c] = weighted / total if high > low else np.float32(0.0)
            log_total[i, c] = top + np.log(total) if high > low else np.float32(0.0)


@njit(cache=True, nogil=True)
def greatest_back(gradient: Any, source: Any, indptr: Any, indices: Any, out: Any) -> None:
    """Gradients of `greatest`; `indptr` and `indices` are of the transposed graph."""
    for j in range(indptr.size - 1):
        out[j] = 0.0
        for e in range(indptr[j], indptr[j + 1]):
            i = indices[e]
            for c in range(out.shape[1]):
                if source[i, c] == j:
                    out[j, c] += gradient[i, c]


@njit(cache=True, nogil=True)
def soften_back(
    gradient: Any, values: Any, found: Any, log_total: Any, indptr: Any, indices: Any,
    temperature: float, out: Any,
) -> None:  # fmt: skip
    """Gradients of `soften`; `indptr` and `indices` are of the transposed graph."""
    t = np.float32(temperature)
    for j in range(indptr.size - 1):
        out[j] = 0.0
        for e in range(indptr[j], indptr[j + 1]):
            i = indices[e]
            for c in range(out.shape[1]):
                share = np.exp(t * values[j, c] - log_total[i, c])
                apart = np.float32(1.0) + t * (values[j, c] - found[i, c])
                out[j, c] += gradient[i, c] * share * apart


def forward(
    kind: int, values: np.ndarray, indptr: np.ndarray, indices: np.ndarray, temperature: float
) -> tuple[np.ndarray, np.ndarray | None]:
    """The reduction, float32 (rows, C), and what its gradient needs besides."""
    shape = indptr.size - 1, values.shape[1]
    out = np.empty(shape, np.float32)
    if kind in (SUM, MEAN):
        add(values, indptr, indices, kind == MEAN, out)
        return out, None
    if kind == MAX:
        source = np.empty(shape, np.int32)
        greatest(values, indptr, indices, out, source)
        return out, source
    log_total = np.empty(shape, np.float32)
    soften(values, indptr, indices, temperature, out, log_total)
    return out, log_total


def backward(
    kind: int,
    gradient: np.ndarray,
    kept: tuple[np.ndarray, ...],
    indptr: np.ndarray,
    indices: np.ndarray,
    temperature: float,
) -> np.ndarray:
    """Gradient to the values of MAX and SOFTMAX, along the transposed graph.

    `kept` are the values, the reduction and the second part of `forward`'s answer.
    """
    values, found, second = kept
    out = np.empty(values.shape, np.float32)
    if kind == MAX:
        greatest_back(gradient, second, indptr, indices, out)
    else:
        soften_back(gradient, values, found, second, indptr, indices, temperature, out)
    return out
