"""A binary heap of (key, item) in two arrays, least key first, for kernels."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def push(keys, items, size, key, item):  # type: ignore[no-untyped-def]
    """Add an entry to a heap of `size`."""
    at = size
    while at > 0 and keys[(at - 1) >> 1] > key:
        keys[at], items[at] = keys[(at - 1) >> 1], items[(at - 1) >> 1]
        at = (at - 1) >> 1
    keys[at], items[at] = key, item


@njit(cache=True, nogil=True)
def pop(keys, items, size):  # type: ignore[no-untyped-def]
    """Remove the first entry, which leaves `size`."""
    key, item = keys[size], items[size]
    at = 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[at], items[at] = keys[child], items[child]
        at = child
    keys[at], items[at] = key, item
