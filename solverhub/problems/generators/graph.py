"""Random graphs: RB, Barabasi-Albert, Erdos-Renyi, regular; a million vertices in seconds.

RB is the model of Xu and Li 2000 (doi:10.1613/jair.696) as graph benchmarks use it: cliques
that stand for variables, and edges between them for forbidden pairs of values, so that an
independent set has at most one vertex a clique.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from solverhub.core.errors import InvalidParams
from solverhub.problems.graph import Graph, distinct

MOST_VERTICES = 2**25
MOST_EDGES = 2**28


def rb(n_cliques: int, clique_size: int, p: float, *, seed: int) -> Graph:
    """`n_cliques` cliques of `clique_size` and random edges between them; 0 < p < 1.

    With a = ln(clique_size) / ln(n_cliques) and r = -a / ln(1 - p), a pair of cliques is
    drawn floor(r n ln n - 1) times and floor(p clique_size^2) edges between it are added.
    """
    _check(n_cliques >= 2, "n_cliques", n_cliques, "give 2 or more")
    _check(clique_size >= 2, "clique_size", clique_size, "give 2 or more")
    _check(0 < p < 1, "p", p, "give a number between 0 and 1")
    _check_size(n_cliques * clique_size, n_cliques * clique_size * (clique_size - 1) / 2)
    rng = np.random.default_rng(seed)
    return _rb(n_cliques, clique_size, p, rng)


def rb_small(*, seed: int) -> Graph:
    """200 to 300 vertices in 20 to 24 cliques of 5 to 11, p uniform in (0.3, 1)."""
    return _rb_between(20, 24, 5, 11, 200, 300, seed)


def rb_large(*, seed: int) -> Graph:
    """800 to 1200 vertices in 40 to 54 cliques of 20 to 24, p uniform in (0.3, 1)."""
    return _rb_between(40, 54, 20, 24, 800, 1200, seed)


def ba(n: int, m: int = 4, *, seed: int) -> Graph:
    """Preferential attachment: each new vertex joins m others, drawn by degree.

    It starts from a star of m + 1 vertices.  Barabasi and Albert 1999
    (doi:10.1126/science.286.5439.509).
    """
    _check(m >= 1, "m", m, "give 1 or more")
    _check(n > m, "n", n, f"give more than m = {m}")
    _check_size(n, float(n) * m)
    u, v = _attach(n, m, np.random.default_rng(seed))
    return Graph.from_edges(n, u, v)


def ba_small(*, seed: int) -> Graph:
    """200 to 300 vertices, m = 4."""
    return ba(int(np.random.default_rng([seed, 1]).integers(200, 301)), 4, seed=seed)


def ba_large(*, seed: int) -> Graph:
    """800 to 1200 vertices, m = 4."""
    return ba(int(np.random.default_rng([seed, 1]).integers(800, 1201)), 4, seed=seed)


def er(n: int, p: float | None = None, degree: float | None = None, *, seed: int) -> Graph:
    """Every pair is an edge with probability p, or such that the mean degree is `degree`."""
    _check(n >= 0, "n", n, "give 0 or more")
    if (p is None) == (degree is None):
        raise InvalidParams("er needs one of p and degree", remedy="give one of them")
    if p is None:
        p = 0.0 if n < 2 else float(degree or 0) / (n - 1)
    _check(0 <= p <= 1, "p", p, "give a probability, or a degree of at most n - 1")
    pairs = n * (n - 1) // 2
    _check_size(n, p * pairs)
    rng = np.random.default_rng(seed)
    u, v = _pairs(_distinct(pairs, int(rng.binomial(pairs, p)), rng))
    return Graph.from_edges(n, u, v)


def regular(n: int, degree: int, *, seed: int) -> Graph:
    """Every vertex has `degree` neighbours: stubs paired at random, faults switched away.

    The pairing model of Bollobas 1980 (doi:10.1016/S0195-6698(80)80030-8), whose loops and
    repeated edges are repaired by pairing them anew with random good edges, so the
    distribution is near uniform and not exactly so.  Above half of n the complement is drawn.
    """
    _check(n >= 0, "n", n, "give 0 or more")
    _check(0 <= degree < max(n, 1), "degree", degree, "give 0 or more and less than n")
    _check(n * degree % 2 == 0, "n * degree", n * degree, "give an even product")
    _check_size(n, n * degree / 2)
    if 2 * degree >= n > 0:
        return regular(n, n - 1 - degree, seed=seed).complement()
    rng = np.random.default_rng(seed)
    stubs = rng.permutation(np.repeat(np.arange(n), degree)).reshape(2, -1)
    while True:
        bad = _faults(n, stubs)
        if bad.size == 0:
            return Graph.from_edges(n, stubs[0], stubs[1])
        others = rng.integers(0, stubs.shape[1], bad.size)
        mixed = distinct(np.append(bad, others))
        ends = rng.permutation(stubs[:, mixed].reshape(-1))
        stubs[:, mixed] = ends.reshape(2, -1)


def planted_clusters(n: int, clusters: int = 6, flip: float = 0.1, *, seed: int) -> Graph:
    """Every vertex in one of `clusters` at random, joined to its own; pairs flip with a chance."""
    _check(n >= 0, "n", n, "give 0 or more")
    _check(clusters >= 1, "clusters", clusters, "give 1 or more")
    _check(0 <= flip <= 1, "flip", flip, "give a probability")
    _check_size(n, n * (n - 1) / 2)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, clusters, n)
    u, v = np.triu_indices(n, 1)
    kept = (labels[u] == labels[v]) != (rng.random(u.size) < flip)
    return Graph.from_edges(n, u[kept], v[kept])


def weighted(
    graph: Graph, *, edges: bool, seed: int, weights: int = 1, signed: bool = False
) -> Graph:
    """The graph with uniform integer weights 1..`weights`, of random sign if `signed`."""
    top = int(weights)
    _check(top >= 1, "weights", weights, "give 1 or more")
    rng = np.random.default_rng([seed, 2])
    size = graph.n_edges if edges else graph.n
    drawn = rng.integers(1, top, size, endpoint=True)
    if signed:
        drawn *= rng.choice(np.array([-1, 1]), size)
    u, v = graph.edge_index
    if edges:
        return Graph.from_edges(graph.n, u, v, edge_weights=drawn)
    return Graph.from_edges(graph.n, u, v, weights=drawn)


def _check(holds: bool, what: str, value: object, remedy: str) -> None:
    if not holds:
        raise InvalidParams(f"{what} is {value}", remedy=remedy)


def _check_size(n: int, edges: float) -> None:
    if n > MOST_VERTICES or edges > MOST_EDGES:
        raise InvalidParams(
            f"{n} vertices and about {edges:.3g} edges are too many",
            remedy=f"at most {MOST_VERTICES} and {MOST_EDGES}",
        )


def _rb_between(
    low: int, high: int, smallest: int, largest: int, least: int, most: int, seed: int
) -> Graph:
    rng = np.random.default_rng(seed)
    while True:
        n_cliques = int(rng.integers(low, high, endpoint=True))
        clique_size = int(rng.integers(smallest, largest, endpoint=True))
        if least <= n_cliques * clique_size <= most:
            return _rb(n_cliques, clique_size, float(rng.uniform(0.3, 1.0)), rng)


def _rb(n_cliques: int, k: int, p: float, rng: np.random.Generator) -> Graph:
    alpha = math.log(k) / math.log(n_cliques)
    draws = max(0, math.floor(-alpha / math.log1p(-p) * n_cliques * math.log(n_cliques) - 1))
    per_draw = math.floor(p * k * k)
    _check_size(n_cliques * k, float(draws) * per_draw)
    inside = np.triu_indices(k, 1)
    base = k * np.arange(n_cliques)[:, None]
    u = [(base + inside[0]).reshape(-1)]
    v = [(base + inside[1]).reshape(-1)]
    for _ in range(draws):
        first, second = rng.choice(n_cliques, 2, replace=False)
        chosen = rng.choice(k * k, per_draw, replace=False)
        u.append(first * k + chosen // k)
        v.append(second * k + chosen % k)
    return Graph.from_edges(n_cliques * k, np.concatenate(u), np.concatenate(v))


@njit(cache=True)
def _attach(n, m, rng):  # type: ignore[no-untyped-def]
    """Edges of a Barabasi-Albert graph; `ends` lists every end, so that a draw is by degree."""
    count = m * (n - m)
    u = np.empty(count, np.int64)
    v = np.empty(count, np.int64)
    ends = np.empty(2 * count, np.int64)
    for leaf in range(m):
        u[leaf], v[leaf] = 0, leaf + 1
        ends[2 * leaf], ends[2 * leaf + 1] = 0, leaf + 1
    edges = m
    for x in range(m + 1, n):
        drawn = 0
        while drawn < m:
            y = ends[rng.integers(0, 2 * edges)]
            repeated = False
            for k in range(drawn):
                repeated = repeated or v[edges + k] == y
            if not repeated:
                u[edges + drawn], v[edges + drawn] = x, y
                drawn += 1
        for k in range(m):
            ends[2 * (edges + k)], ends[2 * (edges + k) + 1] = x, v[edges + k]
        edges += m
    return u, v


def _distinct(below: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` distinct integers from 0..below-1, uniformly; sorted."""
    if 2 * count > below:
        kept = np.ones(below, np.bool_)
        kept[_distinct(below, below - count, rng)] = False
        return np.flatnonzero(kept)
    found = np.zeros(0, np.int64)
    while found.size < count:
        found = distinct(np.append(found, rng.integers(0, below, count - found.size)))
    return found


def _pairs(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs u < v of positions in the list of all pairs, v first: code = v(v-1)/2 + u."""
    v = ((1 + np.sqrt(1 + 8 * codes.astype(np.float64))) / 2).astype(np.int64)
    v -= v * (v - 1) // 2 > codes
    v += v * (v + 1) // 2 <= codes
    return codes - v * (v - 1) // 2, v


def _faults(n: int, stubs: np.ndarray) -> np.ndarray:
    """Positions of loops, and of all but one of each repeated edge."""
    key = stubs.min(axis=0) * n + stubs.max(axis=0)
    order = np.argsort(key, kind="stable")
    again = order[1:][key[order[1:]] == key[order[:-1]]]
    return distinct(np.append(again, np.flatnonzero(stubs[0] == stubs[1])))
