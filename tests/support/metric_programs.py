"""Metric nearness in full: every cycle inequality of a small instance, as a program of HiGHS or
Clarabel that knows nothing of oracles."""

import itertools
from dataclasses import replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csc_array

from solverhub.core.budget import Budget
from solverhub.core.problem import Parsed
from solverhub.local import solve_parsed
from solverhub.problems import families, metric_judge
from solverhub.problems.metric_instance import MetricInstance, of_edges
from solverhub.problems.quadratic_program import QuadraticProgram


def cycle_rows(instance):
    """The rows x_e - (sum along a path) <= 0 of every simple path of an instance's graph."""
    place = {(u, v): e for e, (u, v) in enumerate(instance.edge_index.T.tolist())}
    rows = []
    for (u, v), edge in place.items():
        others = [k for k in range(instance.n) if k not in (u, v)]
        for size in range(1, len(others) + 1):
            for inner in itertools.permutations(others, size):
                steps = [tuple(sorted(pair)) for pair in itertools.pairwise((u, *inner, v))]
                if all(step in place for step in steps):
                    row = np.zeros(instance.n_edges)
                    row[edge] = 1
                    row[[place[step] for step in steps]] -= 1
                    rows.append(row)
    return np.array(rows).reshape(-1, instance.n_edges)


def optimum(instance):
    """The optimal value, by Clarabel or PIQP for l2, by HiGHS for l1 and linf."""
    A, d, w = cycle_rows(instance), instance.distances, instance.pair_weights
    m = d.size
    low = np.zeros(m) if instance.lower is None else instance.lower
    high = np.full(m, np.inf) if instance.upper is None else instance.upper
    if instance.norm == "l2":
        program = QuadraticProgram(
            P=csc_array(np.diag(2 * w)),
            q=-2 * w * d,
            A=csc_array(np.vstack([A, np.eye(m)])),
            l=np.append(np.full(len(A), -np.inf), low),
            u=np.append(np.zeros(len(A)), high),
            r=float(w @ d**2),
        )
        parsed = Parsed(families.get("qp"), program)
        return solve_parsed(parsed, "interior-point", Budget.start(60, gap=1e-9)).objective
    one = instance.norm == "l1"
    slack = np.eye(m) if one else np.divide(1, w, out=np.zeros(m), where=w > 0)[:, None]
    cost = np.append(np.zeros(m), w if one else [1.0])
    counted = w > 0
    above = np.hstack([np.eye(m), -slack])[counted]
    below = np.hstack([-np.eye(m), -slack])[counted]
    rows = np.vstack([np.hstack([A, np.zeros((len(A), cost.size - m))]), above, below])
    sides = np.concatenate([np.zeros(len(A)), d[counted], -d[counted]])
    free = [(0, None)] * (cost.size - m)
    bounds = [*zip(low, high, strict=True), *free]
    return float(linprog(cost, A_ub=rows, b_ub=sides, bounds=bounds, method="highs").fun)


def random_instance(n, seed, *, density=1.0, norm="l2", weighted=True, zeros=0.0):
    """Distances up to 10, whole or not, on some pairs of n points, with weights up to 3."""
    rng = np.random.default_rng(seed)
    u, v = np.triu_indices(n, 1)
    kept = rng.random(u.size) < density
    u, v = u[kept], v[kept]
    d = rng.integers(0, 11, u.size) + (0.5 * rng.random(u.size) if seed % 2 else 0.0)
    w = rng.uniform(0.5, 3, u.size) if weighted else np.ones(u.size)
    w[rng.random(u.size) < zeros] = 0
    made: MetricInstance = of_edges(n, u, v, d, w, norm=norm)[0]
    return made


def bounded(instance, seed):
    """The instance with random bounds on two pairs of three, within which some metric is."""
    rng = np.random.default_rng(seed)
    middle = metric_judge.closure(replace(instance, distances=instance.distances + 1.0))
    m = middle.size
    lower = np.where(rng.random(m) < 0.7, middle * rng.uniform(0.6, 1.0, m), 0.0)
    upper = np.where(rng.random(m) < 0.7, middle * rng.uniform(1.0, 1.5, m), np.inf)
    return replace(instance, lower=lower, upper=upper)
