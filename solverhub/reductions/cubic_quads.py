"""Messages between triples and sets of four vertices, which raise the bound further.

Four vertices can be clustered in 15 ways, and a set of four may take from each of its four
triples a part of what that triple pays in each of its five states: all apart (0), one pair
joined (1 to 3: of vertices 0 1, 0 2 and 1 2 of the triple), all joined (4).  Any such parts
leave a bound; with the best ones it is that of the relaxation in which every four vertices are
convex, which implies the 2-partition inequalities on four vertices of Groetschel and Wakabayashi
(1990, doi:10.1007/BF01580870).  A sweep treats triples and sets of four as `cubic_messages`
treats pairs and triples.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numba import njit

MOST_VERTICES = 64
"""For 635,376 sets of four, whose messages are 100 MB."""


def _states() -> np.ndarray:
    """int64 (15, 4): by clustering of four vertices the states of 012, 013, 023 and 123."""
    rows = [
        (0, b, c, d) for b in range(2) for c in range(max(0, b) + 2) for d in range(max(b, c) + 2)
    ]
    found = np.zeros((len(rows), 4), np.int64)
    for row, labels in enumerate(rows):
        for at, triple in enumerate(combinations(range(4), 3)):
            x, y, z = (labels[v] for v in triple)
            found[row, at] = 4 if x == y == z else 1 * (x == y) + 2 * (x == z) + 3 * (y == z)
    return found


STATES = _states()
PAIRS = np.stack(
    [
        (STATES[:, t] == s) | (STATES[:, t] == 4)
        for t, s in ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
    ],
    axis=1,
)
"""bool (15, 6): by clustering which of the pairs 01, 02, 03, 12, 13, 23 are joined."""


def quad_messages(n: int) -> np.ndarray:
    """No messages yet: float64 (number of sets of four, 4, 5), sets by `_place`."""
    return np.zeros((n * (n - 1) * (n - 2) * (n - 3) // 24, 4, 5))


@njit(cache=True, nogil=True, inline="always")
def _place(a, b, c, d):  # type: ignore[no-untyped-def]
    """Place of the set a < b < c < d among all, by its largest vertex first."""
    four = d * (d - 1) * (d - 2) * (d - 3) // 24
    return four + c * (c - 1) * (c - 2) // 6 + b * (b - 1) // 2 + a


@njit(cache=True, nogil=True)
def _back(told, at, states, back):  # type: ignore[no-untyped-def]
    """What the set pays at least in each state of its triple `at`, into `back` (5,)."""
    back[:] = np.inf
    for row in range(15):
        cost = 0.0
        for t in range(4):
            cost += told[t, states[row, t]]
        state = states[row, at]
        if cost < back[state]:
            back[state] = cost


@njit(cache=True, nogil=True)
def sweep_quads(message, triple, quads, states, i, forward):  # type: ignore[no-untyped-def]
    """A sweep over the triples whose first vertex is i; what it adds to the constant.

    One for all i in ascending order, forward, and one in descending order are a whole one.
    """
    n = message.shape[0]
    held, back = np.empty(5), np.empty(5)
    base = 0.0
    for second in range(i + 1, n):
        j = second if forward else n + i - second
        for third in range(j + 1, n):
            k = third if forward else n + j - third
            held[0] = 0.0
            held[1], held[2], held[3] = message[i, j, k], message[i, k, j], message[j, k, i]
            held[4] = held[1] + held[2] + held[3] + triple[i, j, k]
            for x in range(n):
                if x in (i, j, k):
                    continue
                told, at = _told(quads, i, j, k, x)
                _back(told, at, states, back)
                for s in range(5):
                    told[at, s] -= back[s]
                    held[s] += back[s]
            share = 1.0 / max(n - 3 - i, k - 2)
            given = 0
            for x in range(n):
                if x in (i, j, k) or (forward and x < i) or (not forward and x > k):
                    continue
                told, at = _told(quads, i, j, k, x)
                given += 1
                for s in range(5):
                    told[at, s] += held[s] * share
            left = 1.0 - given * share
            base += held[0] * left
            message[i, j, k] = message[j, i, k] = (held[1] - held[0]) * left
            message[i, k, j] = message[k, i, j] = (held[2] - held[0]) * left
            message[j, k, i] = message[k, j, i] = (held[3] - held[0]) * left
            cost = (held[4] - held[1] - held[2] - held[3] + 2.0 * held[0]) * left
            triple[i, j, k] = triple[i, k, j] = triple[j, i, k] = cost
            triple[j, k, i] = triple[k, i, j] = triple[k, j, i] = cost
    return base


@njit(cache=True, nogil=True, inline="always")
def _told(quads, i, j, k, x):  # type: ignore[no-untyped-def]
    """(messages (4, 5) of the set of i < j < k and x, which of its triples ijk is)."""
    if x > k:
        return quads[_place(i, j, k, x)], 0
    if x > j:
        return quads[_place(i, j, x, k)], 1
    if x > i:
        return quads[_place(i, x, j, k)], 2
    return quads[_place(x, i, j, k)], 3


@njit(cache=True, nogil=True)
def bound_quads(quads, states):  # type: ignore[no-untyped-def]
    """What the sets of four pay at least."""
    total = 0.0
    for q in range(quads.shape[0]):
        least = np.inf
        for row in range(15):
            cost = 0.0
            for t in range(4):
                cost += quads[q, t, states[row, t]]
            least = min(least, cost)
        total += least
    return total


@njit(cache=True, nogil=True)
def lift_quads(quads, states, pairs, d, joined, apart):  # type: ignore[no-untyped-def]
    """Add to (n, n) arrays what sets of four pay more with each pair joined, or apart.

    Of the sets whose largest vertex is d.
    """
    ids = np.empty(4, np.int64)
    with_it, without = np.empty(6), np.empty(6)
    for c in range(2, d):
        for b in range(1, c):
            for a in range(b):
                told = quads[_place(a, b, c, d)]
                ids[0], ids[1], ids[2], ids[3] = a, b, c, d
                with_it[:] = np.inf
                without[:] = np.inf
                for row in range(15):
                    cost = 0.0
                    for t in range(4):
                        cost += told[t, states[row, t]]
                    for e in range(6):
                        if pairs[row, e]:
                            with_it[e] = min(with_it[e], cost)
                        else:
                            without[e] = min(without[e], cost)
                e = 0
                for u in range(4):
                    for v in range(u + 1, 4):
                        x, y, rise = ids[u], ids[v], with_it[e] - without[e]
                        if rise > 0.0:
                            joined[x, y] += rise
                            joined[y, x] += rise
                        else:
                            apart[x, y] -= rise
                            apart[y, x] -= rise
                        e += 1
