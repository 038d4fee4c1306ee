"""Messages between pairs and triples that raise the lower bound of `problems.triple_bound`.

State: `pair` (n, n), what is left of the costs of pairs; `message` (n, n, n), where
message[i, j, k] is what the triple ijk holds of the cost of ij, symmetric in i and j; `triple`
(n, n, n), the costs of triples.  All float64.  A sweep takes the pairs in lexicographic order,
then in reverse: a pair takes back from each of its triples what the triple can give without
lowering its own minimum, and hands the sum out evenly to the triples with a pair still to come,
as sequential tree-reweighted message passing does (Kolmogorov 2015,
doi:10.1109/TPAMI.2014.2363465).  No sweep lowers the bound; it stops at a fixed point, which
need not be the best.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
def _difference(own, first, second, cost):  # type: ignore[no-untyped-def]
    """What the triple pays at least with this pair joined, less that with it apart."""
    return min(own, own + first + second + cost) - min(0.0, first, second)


@njit(cache=True, nogil=True)
def sweep(pair, message, triple):  # type: ignore[no-untyped-def]
    """One sweep forward and one backward."""
    n = pair.shape[0]
    if n < 3:
        return
    for at in range(2 * n):
        forward = at < n
        i = at if forward else 2 * n - 1 - at
        # of a triple's pairs, ij is not the last where k > i, nor the first where k < j
        for step in range(i + 1, n):
            j = step if forward else n + i - step
            held = pair[i, j]
            for k in range(n):
                if k in (i, j):
                    continue
                own, first, second = message[i, j, k], message[i, k, j], message[j, k, i]
                back = _difference(own, first, second, triple[i, j, k])
                held += back
                message[i, j, k] -= back
            share = held / max(n - 2 - i, j - 1)
            for k in range(n):
                if k in (i, j):
                    continue
                if (forward and k > i) or (not forward and k < j):
                    message[i, j, k] += share
                    held -= share
                message[j, i, k] = message[i, j, k]
            pair[i, j] = held
            pair[j, i] = held


@njit(cache=True, nogil=True)
def bound(pair, message, triple):  # type: ignore[no-untyped-def]
    """The lower bound, with rounding."""
    n, total = pair.shape[0], 0.0
    for i in range(n):
        for j in range(i + 1, n):
            total += min(0.0, pair[i, j])
            for k in range(j + 1, n):
                x, y, z = message[i, j, k], message[i, k, j], message[j, k, i]
                total += min(0.0, x, y, z, x + y + z + triple[i, j, k])
    return total


def evidence(message: np.ndarray) -> dict[str, np.ndarray]:
    """The messages that are not 0, as the judge wants them."""
    n = message.shape[0]
    i, j = np.triu_indices(n, 1)
    at, k = np.nonzero(np.arange(n) > j[:, None])
    i, j = i[at], j[at]
    messages = np.stack([message[i, j, k], message[i, k, j], message[j, k, i]])
    used = (messages != 0).any(axis=0)
    return {"triples": np.stack([i, j, k])[:, used], "messages": messages[:, used]}
