"""Road graphs for tests, and their best routes by trying every simple path."""

import numpy as np

from solverhub.core.problem import Parsed
from solverhub.problems import families
from solverhub.problems.route_graph import RouteInstance
from solverhub.problems.route_planning import RoutePlanning


def random_roads(rng, *, factors=0, directed=None):
    """A connected-or-not multigraph of 3 to 7 vertices with some edges without variance."""
    n = int(rng.integers(3, 8))
    edges = rng.integers(0, n, (int(rng.integers(n, 3 * n)), 2))
    mean = rng.uniform(0.0, 2.0, len(edges))
    variance = rng.uniform(0.0, 1.0, len(edges)) * (rng.random(len(edges)) < 0.8)
    loadings = rng.normal(size=(len(edges), factors)) if factors else None
    return RouteInstance.of(
        n,
        edges,
        np.column_stack([mean, variance]),
        (0, n - 1),
        float(rng.uniform(0.2, 4.0)),
        directed=bool(rng.random() < 0.5) if directed is None else directed,
        loadings=loadings,
    )


def simple_paths(instance):
    """Every simple path from source to target as a bool (E,) array."""

    def extend(at, seen, chosen):
        if at == instance.target:
            solution = np.zeros(instance.n_edges, dtype=bool)
            solution[chosen] = True
            yield solution
            return
        for edge in range(instance.n_edges):
            ends = [(int(instance.tail[edge]), int(instance.head[edge]))]
            ends += [] if instance.directed else [ends[0][::-1]]
            for tail, head in ends:
                if tail == at and head not in seen:
                    yield from extend(head, seen | {head}, [*chosen, edge])

    yield from extend(instance.source, {instance.source}, [])


def best_chance(instance):
    """The largest P(on time), or None where the target cannot be reached."""
    problem = RoutePlanning()
    return max((problem.objective(instance, path) for path in simple_paths(instance)), default=None)


def parsed(instance):
    return Parsed(families.get("route-planning"), instance)
