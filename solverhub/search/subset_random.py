"""Random numbers inside kernels: a state of its own for each chain, so that runs repeat.

xorshift64* of Vigna 2016 (arXiv:1402.6246), seeded through NumPy's seed sequences.
"""

from __future__ import annotations

import numpy as np
from numba import njit


def random_state(*seed: int) -> np.ndarray:
    """uint64 (1,), nonzero: the state that `below` and `unit` advance."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)


@njit(cache=True, nogil=True)
def below(state, n):  # type: ignore[no-untyped-def]
    """An integer in 0..n-1, n at most 2^31."""
    return np.int64((word(state) >> np.uint64(33)) * np.uint64(n) >> np.uint64(31))


@njit(cache=True, nogil=True)
def unit(state):  # type: ignore[no-untyped-def]
    """A float in [0, 1)."""
    return np.float64(word(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True, inline="always")
def word(state):  # type: ignore[no-untyped-def]
    """The next 64 bits."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(2685821657736338717)
