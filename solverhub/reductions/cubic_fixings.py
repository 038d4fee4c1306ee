"""Conditions under which some optimal clustering joins or cuts certain vertices.

After Stein, Di Gregorio and Andres (2023, arXiv:2302.04694); stated and proved anew here, in
parts stronger, in parts for fewer sets of vertices, as each note says.  Each condition is that
of a map from clusterings to clusterings that never costs more and makes the claim true.  If
the condition is strict, the map gains wherever the claim fails, so that *every* optimum
satisfies the claim; therefore strict claims may be applied together, others one at a time.

Maps, for a set R of vertices, delta(R) the pairs and triples with vertices on both sides, c+ and
c- the parts of a cost (c = c+ - c-):

- cut: separate R from the rest.  It loses at most c-(delta(R)).
- cut and join: separate R from the rest, then join the rests of the clusters of i in R and of j
  outside.  It gains -c_ij if i and j were apart, and loses at most |c|(delta(R)) less |c_ij|;
  no triple of i, j with a negative cost is lost, as it was not within a cluster.  So R proves
  that i and j are joined if |c|(delta(R)) <= L_ij, with L_ij = 2 c-_ij + sum over k of c-_ijk.
- cut and join three: the same with three parts and i, j, k.
- isolate: separate U from the rest, and join all of U.

Below, cuts and limits are in doubled units (`cubic_cuts`), in which whole costs stay whole.
"""

from __future__ import annotations

import numpy as np
from numba import njit

EDGE_JOIN, TRIPLET_JOIN, TRIPLET_EDGE_JOIN, EDGE_SUBGRAPH, TRIPLET_SUBGRAPH = range(5)
JOINS = ("edge join", "triplet join", "triplet-edge join", "edge subgraph", "triplet subgraph")


@njit(cache=True, nogil=True)
def find_joins(pair, triple, between, slack, wanted):  # type: ignore[no-untyped-def]
    """int8 (5, n, n): by test, 2 for i < j that every optimum joins, 1 for those that some does.

    `between` is `least_between` of the cuts of |c|; `slack` what rounding may do, below which
    nothing is claimed; `wanted` bool (5,) says which tests to make.
    """
    n = pair.shape[0]
    found = np.zeros((5, n, n), np.int8)
    limit, shared, lost = _limits(pair, triple)
    for i in range(n):
        for j in range(i + 1, n):
            if wanted[EDGE_JOIN] and pair[i, j] < 0:
                _claim(found, EDGE_JOIN, i, j, limit[i, j] - between[i, j, j], slack)
            if wanted[EDGE_SUBGRAPH] and pair[i, j] < 0:
                room = _edge_subgraph(pair, lost, shared, i, j)
                _claim(found, EDGE_SUBGRAPH, i, j, room, slack)
            for k in range(n):
                if k in (i, j):
                    continue
                if wanted[TRIPLET_EDGE_JOIN]:
                    room = _triplet_edge(pair, triple, between, limit, i, j, k)
                    _claim(found, TRIPLET_EDGE_JOIN, i, j, room, slack)
                if wanted[TRIPLET_SUBGRAPH]:
                    room = _triplet_subgraph(pair, triple, lost, shared, i, j, k)
                    _claim(found, TRIPLET_SUBGRAPH, i, j, room, slack)
                if wanted[TRIPLET_JOIN] and k > j:
                    room = _triplet(pair, triple, between, limit, i, j, k)
                    _claim(found, TRIPLET_JOIN, i, j, room, slack)
                    _claim(found, TRIPLET_JOIN, i, k, room, slack)
                    _claim(found, TRIPLET_JOIN, j, k, room, slack)
    return found


@njit(cache=True, nogil=True, inline="always")
def _claim(found, test, i, j, room, slack):  # type: ignore[no-untyped-def]
    if room > slack:
        found[test, i, j] = 2
    elif room == 0 and slack == 0 and found[test, i, j] == 0:
        found[test, i, j] = 1


@njit(cache=True, nogil=True)
def _limits(pair, triple):  # type: ignore[no-untyped-def]
    """Doubled L_ij (n, n), sum over k of c-_ijk (n, n), doubled c- of all that holds i (n,)."""
    n = pair.shape[0]
    limit, shared = np.zeros_like(pair), np.zeros_like(pair)
    lost = np.zeros(n, pair.dtype)
    for i in range(n):
        for j in range(n):
            for k in range(n):
                shared[i, j] += max(0, -triple[i, j, k])
            limit[i, j] = 4 * max(0, -pair[i, j]) + 2 * shared[i, j]
    for i in range(n):
        for j in range(n):
            lost[i] += 2 * max(0, -pair[i, j]) + shared[i, j]
    return limit, shared, lost


@njit(cache=True, nogil=True, inline="always")
def _edge_subgraph(pair, lost, shared, i, j):  # type: ignore[no-untyped-def]
    """Isolate {i, j}: doubled gain less c- of what meets {i, j} and leaves it."""
    outside = lost[i] + lost[j] - 4 * max(0, -pair[i, j]) - 2 * shared[i, j]
    return -2 * pair[i, j] - outside


@njit(cache=True, nogil=True)
def _triplet_subgraph(pair, triple, lost, shared, i, j, k):  # type: ignore[no-untyped-def]
    """Isolate {i, j, k} to join i and j: doubled gain less c- of what leaves it.

    While i and j are apart, the three cost at least min(0, c_ik, c_jk).
    """
    ij, ik, jk, ijk = pair[i, j], pair[i, k], pair[j, k], triple[i, j, k]
    outside = lost[i] + lost[j] + lost[k]
    outside -= 4 * (max(0, -ij) + max(0, -ik) + max(0, -jk))
    outside -= 2 * (shared[i, j] + shared[i, k] + shared[j, k])
    return 2 * (min(0, ik, jk) - (ij + ik + jk + ijk)) - outside


@njit(cache=True, nogil=True)
def _triplet_edge(pair, triple, between, limit, i, j, k):  # type: ignore[no-untyped-def]
    """Cut and join to have i and j together, by where k is: doubled room in the tightest case.

    With j, and i apart: i joins both, R between i and jk, limit L_ij + L_ik.  With i, likewise.
    With neither: as the edge join, but what holds i and k stays apart and loses nothing (R
    between i and jk; or what holds j and k, with R between j and ik), or all three are joined.
    """
    first = limit[i, j] + limit[i, k] - between[i, j, k]
    second = limit[i, j] + limit[j, k] - between[j, i, k]
    if first < 0 or second < 0:
        return min(first, second)
    alone = limit[i, j] - 2 * max(0, -triple[i, j, k])
    at_i, at_j = 2 * abs(pair[i, k]), 2 * abs(pair[j, k])
    for x in range(pair.shape[0]):
        at_i += 2 * abs(triple[i, k, x])
        at_j += 2 * abs(triple[j, k, x])
    third = max(alone + at_i - between[i, j, k], alone + at_j - between[j, i, k])
    third = max(third, _three(pair, triple, limit, i, j, k))
    return min(first, second, third)


@njit(cache=True, nogil=True)
def _triplet(pair, triple, between, limit, i, j, k):  # type: ignore[no-untyped-def]
    """Cut and join to have all of i, j and k together: doubled room in the tightest case."""
    ij, ik, jk = limit[i, j], limit[i, k], limit[j, k]
    room = min(ij + ik - between[i, j, k], ij + jk - between[j, i, k])
    room = min(room, ik + jk - between[k, i, j])
    if room < 0:
        return room
    return min(room, _three(pair, triple, limit, i, j, k))


@njit(cache=True, nogil=True)
def _three(pair, triple, limit, i, j, k):  # type: ignore[no-untyped-def]
    """Cut and join three that are apart, parts of which two are single vertices."""
    most = limit[i, j] + limit[i, k] + limit[j, k] - 2 * max(0, -triple[i, j, k])
    best = most - _single2(pair, triple, i, j)
    best = max(best, most - _single2(pair, triple, i, k))
    return max(best, most - _single2(pair, triple, j, k))


@njit(cache=True, nogil=True)
def _single2(pair, triple, i, j):  # type: ignore[no-untyped-def]
    """Doubled |c| of all that meets i or j, each counted once."""
    n = pair.shape[0]
    total = -2 * abs(pair[i, j])
    for x in range(n):
        total += 2 * abs(pair[i, x]) + 2 * abs(pair[j, x]) - 2 * abs(triple[i, j, x])
        for y in range(n):
            total += abs(triple[i, x, y]) + abs(triple[j, x, y])
    return total


@njit(cache=True, nogil=True)
def find_cuts(pair, triple, between, slack):  # type: ignore[no-untyped-def]
    """(apart bool (n, n), not_all bool (n, n, n)) by the map `cut`.

    i and j may be apart where a cut between them has c- at most c+_ij; i, j and k not all
    together where one between i and jk has c- at most c+_ijk + c+_ij + c+_ik.  `between` is
    `least_between` of the cuts of c-.  Each such map only cuts, so all claims hold together, on
    an instance that is not contracted any more.
    """
    n = pair.shape[0]
    apart = np.zeros((n, n), np.bool_)
    not_all = np.zeros((n, n, n), np.bool_)
    for i in range(n):
        for j in range(n):
            if j == i:
                continue
            if pair[i, j] > 0 and 2 * pair[i, j] - between[i, j, j] >= slack:
                apart[i, j] = apart[j, i] = True
            for k in range(j + 1, n):
                if k == i or triple[i, j, k] <= 0:
                    continue
                most = triple[i, j, k] + max(0, pair[i, j]) + max(0, pair[i, k])
                if 2 * most - between[i, j, k] >= slack:
                    not_all[i, j, k] = not_all[i, k, j] = not_all[j, i, k] = True
                    not_all[j, k, i] = not_all[k, i, j] = not_all[k, j, i] = True
    return apart, not_all
