"""Random shops of every kind, and plain longest paths to compare with."""

from itertools import pairwise

import numpy as np

from solverhub.problems.job_shop import ShopInstance
from solverhub.search.job_shop_descent import begin
from solverhub.search.job_shop_orders import random_order
from solverhub.search.job_shop_state import lay_out, new_state


def shops(count, seed=0):
    """Shops with ragged and empty jobs, jobs that return to a machine, durations from 0."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        n_machines = int(rng.integers(1, 6))
        least = number % 2
        jobs = [
            [(int(rng.integers(n_machines)), int(rng.integers(least, 10))) for _ in range(length)]
            for length in rng.integers(0, 8, size=int(rng.integers(1, 9)))
        ]
        yield ShopInstance.from_jobs([*jobs, [(0, 1)]], n_machines)


def classic(n_jobs, n_machines, seed=0):
    """A shop whose jobs visit each machine once."""
    rng = np.random.default_rng(seed)
    return ShopInstance.from_jobs(
        [
            [(int(k), int(rng.integers(1, 100))) for k in rng.permutation(n_machines)]
            for _ in range(n_jobs)
        ]
    )


def started(shop, seed=0, noise=100):
    """Layout and state of a shop with a random active schedule loaded."""
    layout = lay_out(shop)
    state = new_state(layout, seed)
    order = random_order(shop, layout, noise, state.random)
    begin(state, order, layout.machine, layout.first)
    return layout, state


def recomputed(layout, sequence):
    """Ends and rests of machine sequences by relaxation, or None if they close a cycle."""
    n_nodes = len(layout.duration)
    before, after = np.zeros(n_nodes, int), np.zeros(n_nodes, int)
    for v, w in pairwise(sequence):
        if v and w:
            before[w], after[v] = v, w
    end, rest = np.zeros(n_nodes, np.int64), np.zeros(n_nodes, np.int64)
    node = layout.node
    for _ in range(len(node) + 1):
        new_end, new_rest = end.copy(), rest.copy()
        new_end[node] = layout.duration[node] + np.maximum(end[node - 1], end[before[node]])
        new_rest[node] = layout.duration[node] + np.maximum(rest[node + 1], rest[after[node]])
        if (new_end == end).all() and (new_rest == rest).all() and not _cyclic(node, before):
            return end, rest
        end, rest = new_end, new_rest
    return None


def _cyclic(node, before):
    left, known = set(node.tolist()), {0}
    while left:
        free = {v for v in left if v - 1 not in left and before[v] not in left}
        if not free:
            return True
        left -= free
        known |= free
    return False
