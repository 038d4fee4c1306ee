"""Violated stars: two sets of vertices that attract each other and repel themselves.

With disjoint sets S (the centres) and T (the leaves) of vertices the disagreements d satisfy

    d(positive pairs across) + d(negative pairs within S or T) >=
        (positive pairs across) - (positive or missing pairs within) - min(|S|, |T|),

the 2-partition inequality of `problems.cycle_bound` with what it says of other pairs replaced by
the least that they can add.  Conflict cycles alone push a star with one centre no further than
|T| / 2, where it costs |T| - 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MOST_IN_STAR = 49
_LEAST = 1e-3
"""Gain below which a vertex is not taken in."""


@njit(cache=True, nogil=True)
def open_stars(  # type: ignore[no-untyped-def]
    sources, indptr, indices, near, far_indptr, far, given, missing, tolerance, most, orders, noise
):
    """Violated stars grown around `sources`: (ends, vertices, centres of each), centres first.

    `near`: 1 - d of each entry of the positive pairs `indptr`, `indices`.  `far`: negative pairs
    likewise, `given` their d less `missing`, which is what a pair within costs that is in neither:
    0 where d = 0 there, 1 where it is no pair.  Each source is grown `orders` times: first all
    leaves that gain are taken, then some, in an order with `noise` added, and each time single
    vertices go in and out while that raises the violation.
    """
    n = indptr.size - 1
    ends = np.zeros(most + 1, np.int64)
    centres = np.empty(most, np.int64)
    stars = np.empty(MOST_IN_STAR * most, np.int64)
    gain = np.zeros((2, n))
    side = np.full(n, -1, np.int64)
    seen = np.zeros(n, np.bool_)
    touched = np.empty(n, np.int64)
    found = 0
    for s in sources:
        draw = s * 31 % noise.size
        if indptr[s + 1] - indptr[s] < 2:
            continue
        for turn in range(orders):
            if found == most:
                return ends[: found + 1], stars[: ends[found]], centres[:found]
            touched[0], seen[s], side[s] = s, True, 0
            count = np.ones(2, np.int64)
            count[1] = 0
            reach = 1
            reach = _change(
                s, 0, 1.0, indptr, indices, near, far_indptr, far, given, missing, gain,
                seen, touched, reach,
            )  # fmt: skip
            value, leaves = 0.0, MOST_IN_STAR - 1 if turn % 2 == 0 else 1 + turn // 2
            growing = True
            while True:
                best, at, into = _LEAST, -1, 0
                for i in range(reach):
                    x = touched[i]
                    for a in range(1 if growing else 0, 2):
                        here = side[x]
                        if here == 1 - a or (here == a and count[a] == 1):
                            continue
                        inside = count[a] - 1 if here == a else count[a]
                        more = gain[a, x] - missing * inside
                        if inside < count[1 - a] and not growing:
                            more -= 1.0
                        if here == a:
                            more = -more
                        elif count[0] + count[1] == MOST_IN_STAR:
                            continue
                        elif growing and turn > 0 and more > _LEAST:
                            more += noise[draw]
                            draw = draw + 1 if draw + 1 < noise.size else 0
                        if more > best:
                            best, at, into = more, x, a
                if growing and (at < 0 or count[1] == leaves):
                    growing = False
                    continue
                if at < 0:
                    break
                sign = 1.0 if side[at] < 0 else -1.0
                if sign > 0:
                    side[at] = into
                    count[into] += 1
                else:
                    side[at] = -1
                    count[into] -= 1
                reach = _change(
                    at, into, sign, indptr, indices, near, far_indptr, far, given, missing, gain,
                    seen, touched, reach,
                )  # fmt: skip
            value = _value(touched[:reach], side, gain, count, missing)
            if value > tolerance:
                end = ends[found]
                for a in range(2):
                    for i in range(reach):
                        if side[touched[i]] == a:
                            stars[end] = touched[i]
                            end += 1
                centres[found] = count[0]
                found += 1
                ends[found] = end
            for i in range(reach):
                x = touched[i]
                gain[0, x] = gain[1, x] = 0.0
                side[x], seen[x] = -1, False
    return ends[: found + 1], stars[: ends[found]], centres[:found]


@njit(cache=True, nogil=True)
def _change(  # type: ignore[no-untyped-def]
    x, a, sign, indptr, indices, near, far_indptr, far, given, missing, gain, seen, touched, reach
):
    """Tell the others that x came into the set a (`sign` 1) or left it (-1); the new `reach`."""
    for k in range(indptr[x], indptr[x + 1]):
        y = indices[k]
        gain[1 - a, y] += sign * near[k]
        gain[a, y] -= sign * (1.0 - missing)
        if not seen[y]:
            seen[y] = True
            touched[reach] = y
            reach += 1
    for k in range(far_indptr[x], far_indptr[x + 1]):
        y = far[k]
        gain[a, y] -= sign * given[k]
        if not seen[y]:
            seen[y] = True
            touched[reach] = y
            reach += 1
    return reach


@njit(cache=True, nogil=True)
def _value(touched, side, gain, count, missing):  # type: ignore[no-untyped-def]
    """The violation: half of what the members gain, since each pair counts at both."""
    total = 0.0
    for x in touched:
        a = side[x]
        if a >= 0:
            total += gain[a, x] - missing * (count[a] - 1)
    return total / 2 - min(count[0], count[1])
