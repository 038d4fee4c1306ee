"""The first compiled kernel of a process, which takes a quarter of a second: it starts LLVM."""

from __future__ import annotations

from numba import njit


@njit(cache=True)
def first_kernel():  # type: ignore[no-untyped-def]
    """Nothing."""
