"""Optima of tiny instances by trying every point, with the judge of the family."""

import functools
import itertools

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.result import Sense
from solverhub.problems import families
from solverhub.problems.cubic_instance import CubicInstance
from solverhub.problems.graph import Graph
from solverhub.problems.ilp import IntegerProgram
from solverhub.problems.job_shop import ShopInstance

SUBSETS = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
)
GRAPH_FAMILIES = (*SUBSETS, "max-cut")


def best_objective(problem, instance, points):
    """The best objective over the feasible points, or None."""
    sense = problem.sense(instance)
    found = [
        problem.objective(instance, point)
        for point in points
        if not problem.violations(instance, point)
    ]
    return min(found, key=lambda value: sense.sign * value, default=None)


def graph_optimum(name, graph):
    problem = families.get(name)
    dtype, _ = problem.solution_form(graph)
    points = (np.array(bits).astype(dtype) for bits in itertools.product((0, 1), repeat=graph.n))
    return best_objective(problem, graph, points)


def program_optimum(program):
    """Over all integer points within finite bounds."""
    ranges = [
        range(int(low), int(high) + 1)
        for low, high in zip(program.lower, program.upper, strict=True)
    ]
    points = (np.array(point, dtype=float) for point in itertools.product(*ranges))
    return best_objective(families.get("ilp"), program, points)


def shop_optimum(shop):
    """Over all orders in which the next operation of some job starts as early as it can."""
    jobs = [j for j in range(shop.n_jobs) for _ in range(shop.indptr[j], shop.indptr[j + 1])]
    best = None
    for order in set(itertools.permutations(jobs)):
        ready, free, at = [0] * shop.n_jobs, [0] * shop.n_machines, shop.indptr[:-1].tolist()
        for job in order:
            machine, duration = int(shop.machine[at[job]]), int(shop.duration[at[job]])
            ready[job] = free[machine] = max(ready[job], free[machine]) + duration
            at[job] += 1
        best = max(ready) if best is None else min(best, max(ready))
    return best


@functools.cache
def partitions(n):
    """Every partition of n vertices, a row of labels in order of first use each, int64 (b, n)."""
    rows = np.zeros((1, 0), np.int64)
    for _ in range(n):
        used = rows.max(axis=1, initial=-1) + 2
        last = np.concatenate([np.arange(k) for k in used])
        rows = np.column_stack([np.repeat(rows, used, axis=0), last])
    return rows


def cubic_values(instance):
    """The cost of every partition, in the order of `partitions`."""
    labels = partitions(instance.n)
    (a, b) = labels[:, instance.pairs].swapaxes(0, 1)
    i, j, k = labels[:, instance.triples].swapaxes(0, 1)
    return (a == b) @ instance.pair_costs + ((i == j) & (j == k)) @ instance.triple_costs


def random_cubic(rng, n, *, density=1.0, fractional=False, shift=0.0, scale=(5, 5)):
    """Costs of pairs and triples about `shift`, of these scales, each there with this chance."""
    drawn = []
    for size, most in zip((2, 3), scale, strict=True):
        ids = np.array(list(itertools.combinations(range(n), size)), np.int64).reshape(-1, size).T
        ids = ids[:, rng.random(ids.shape[1]) < density]
        costs = rng.normal(shift, 1.0, ids.shape[1]) * most
        drawn += [ids, costs if fractional else np.rint(costs)]
    return CubicInstance.of(n, *drawn)


def random_graph(rng, n, *, vertex_weights="unit", edge_weights="unit"):
    """A graph with a random density; kinds of weights: unit, integer, decimal, real."""
    pairs = np.array(list(itertools.combinations(range(n), 2))).reshape(-1, 2)
    edges = pairs[rng.random(len(pairs)) < rng.random()]
    return Graph.from_edges(
        n,
        edges[:, 0],
        edges[:, 1],
        weights=_weights(rng, n, vertex_weights),
        edge_weights=_weights(rng, len(edges), edge_weights),
    )


def _weights(rng, size, kind):
    return {
        "unit": None,
        "integer": rng.integers(-3, 9, size),
        "decimal": rng.integers(-30, 90, size) / 10,
        "real": rng.normal(2, 2, size),
    }[kind]


def random_program(rng, *, n=4, m=4, sense=Sense.MINIMISE, decimals=False, feasible=True):
    """An integer program with small bounds; feasible ones are built around a point."""
    lower = rng.integers(-2, 1, n).astype(float)
    upper = lower + rng.integers(0, 4, n)
    rows = rng.integers(-4, 5, (m, n)) * (rng.random((m, n)) < 0.7) / (10 if decimals else 1)
    middle = rows @ np.floor((lower + upper) / 2)
    shift = 0 if feasible else rng.integers(-30, 30, m)
    return IntegerProgram(
        sense=sense,
        c=rng.integers(-9, 10, n) / (4 if decimals else 1),
        A=csr_array(rows),
        row_lower=np.where(rng.random(m) < 0.5, middle - rng.integers(0, 3, m) + shift, -np.inf),
        row_upper=np.where(rng.random(m) < 0.7, middle + rng.integers(0, 3, m) + shift, np.inf),
        lower=lower,
        upper=upper,
        integer=np.ones(n, bool),
        offset=float(rng.integers(-3, 4)),
    )


def random_shop(rng, *, jobs=3, machines=3, most=3):
    return ShopInstance.from_jobs(
        [
            [
                (int(rng.integers(machines)), int(rng.integers(0, 6)))
                for _ in range(rng.integers(1, most + 1))
            ]
            for _ in range(jobs)
        ],
        machines,
    )


def relabelled(rng, graph):
    """The same graph under a random permutation, and the permutation (old to new)."""
    place = rng.permutation(graph.n)
    u, v = place[graph.edge_index]
    weights = None
    if graph.weights is not None:
        weights = np.empty_like(graph.weights)
        weights[place] = graph.weights
    return Graph.from_edges(graph.n, u, v, weights=weights, edge_weights=graph.edge_weights), place
