"""Exchanges between two clusters: Kernighan and Lin's sequences (1970,
doi:10.1002/j.1538-7305.1970.tb01770.x) for clusterings, with joins and splits (Keuper et al., ICCV
2015, arXiv:1505.06973).

Between two clusters that an edge joins the vertex that gains most moves over, or loses least, and
stays there; the best of the clusterings on the way is kept.  All of one cluster may go, which joins
the two, and a cluster is tried against an empty one, which splits it.  A sequence ends after
`STALL` moves without a new best, where the paper's runs to its end.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.clustering_form import Form, dense

STALL = 40
PASSES = 20


def exchange(form: Form, labels: np.ndarray, most: int) -> np.ndarray:
    """Labels 0..k-1 after passes over all pairs of clusters, until none gains or about `most`
    entries of adjacency have been read."""
    labels = dense(labels)
    for _ in range(PASSES):
        k = int(labels.max(initial=-1)) + 1
        u, v = labels[form.u], labels[form.v]
        pull = (form.weights > 0) & (u != v)
        keys = np.unique(np.minimum(u, v)[pull] * k + np.maximum(u, v)[pull])
        first, second = np.divmod(keys, max(1, k))
        first = np.append(first, np.arange(k))
        second = np.append(second, np.full(k, -1))
        order = np.argsort(labels, kind="stable")
        begins = np.append(0, np.cumsum(np.bincount(labels, minlength=k)))
        gained, most = exchange_pairs(
            *form.rows, form.size, form.kappa, labels, k, first, second, order, begins, most
        )
        labels = dense(labels)
        if gained <= 0.0 or most <= 0:
            break
    return labels


@njit(cache=True, nogil=True)
def exchange_pairs(  # type: ignore[no-untyped-def]
    indptr, indices, weights, size, kappa, labels, k, first, second, order, begins, most
):
    """One pass; (total gain, what is left of `most`).

    `first`, `second`: the clusters of each pair, -1 for an empty one.  The vertices of a cluster
    are those of `order` from `begins` on that are in one of the two still; those that have joined
    it in the same pass wait for the next.
    """
    n = labels.size
    mass = np.zeros(2 * k + 1)
    for x in range(n):
        mass[labels[x]] += size[x]
    side = np.full(n, -1, np.int64)
    near, far = np.zeros(n), np.zeros(n)
    mine, moved = np.empty(n, np.int64), np.empty(n, np.int64)
    fresh, total = k, 0.0
    for p in range(first.size):
        if most <= 0:
            break
        a, b = first[p], second[p]
        if b < 0:
            b = fresh
            mass[b] = 0.0
        count = 0
        for c in (a, b):
            if c >= k:
                continue
            for i in range(begins[c], begins[c + 1]):
                x = order[i]
                if labels[x] == a or labels[x] == b:
                    mine[count] = x
                    count += 1
                    near[x] = far[x] = 0.0
                    for e in range(indptr[x], indptr[x + 1]):
                        if labels[indices[e]] == labels[x]:
                            near[x] += weights[e]
                        elif labels[indices[e]] == a or labels[indices[e]] == b:
                            far[x] += weights[e]
                    most -= indptr[x + 1] - indptr[x]
        if count < 2:
            continue
        for i in range(count):
            side[mine[i]] = i
        worth = best = 0.0
        done = kept = 0
        while done < count and done - kept < STALL:
            at, most_gain = -1, -np.inf
            for i in range(count):
                x = mine[i]
                if side[x] < 0:
                    continue
                here, there = (a, b) if labels[x] == a else (b, a)
                gain = far[x] - near[x]
                gain += kappa * size[x] * (mass[here] - size[x] - mass[there])
                if gain > most_gain:
                    at, most_gain = x, gain
            x = at
            here, there = (a, b) if labels[x] == a else (b, a)
            for e in range(indptr[x], indptr[x + 1]):
                y = indices[e]
                if side[y] < 0:
                    continue
                change = weights[e] if labels[y] == here else -weights[e]
                near[y] -= change
                far[y] += change
            most -= indptr[x + 1] - indptr[x] + count
            side[x] = -1
            labels[x] = there
            mass[here] -= size[x]
            mass[there] += size[x]
            moved[done] = x
            done += 1
            worth += most_gain
            if worth > best + 1e-9 * (1.0 + abs(best)):
                best, kept = worth, done
        for i in range(done - 1, kept - 1, -1):
            x = moved[i]
            here, there = (a, b) if labels[x] == a else (b, a)
            labels[x] = there
            mass[here] -= size[x]
            mass[there] += size[x]
        for i in range(count):
            side[mine[i]] = -1
        total += best
        if b == fresh and kept > 0:
            fresh += 1
    return total, most
