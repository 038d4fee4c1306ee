"""Partial optimality: shrink a cubic correlation clustering, and lift clusterings back.

The conditions of `cubic_fixings` and `cubic_subsets` join vertices, independent subproblems
part them, until nothing more is found; then some pairs are known to be apart, and some triples
not to be within one cluster.  An optimal clustering of each part that respects that gives an
optimal one of the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from solverhub.problems.cubic_instance import CubicInstance
from solverhub.reductions.cubic_cuts import doubled, least_between, least_cuts
from solverhub.reductions.cubic_dense import LARGEST, DenseCubic
from solverhub.reductions.cubic_fixings import JOINS, find_cuts, find_joins
from solverhub.reductions.cubic_subsets import kept_together

SUBSET_JOIN, EDGE_CUT, TRIPLET_CUT = "subset join", "edge cut", "triplet cut"
TESTS = (*JOINS, SUBSET_JOIN, EDGE_CUT, TRIPLET_CUT)


@dataclass(frozen=True, eq=False)
class Part:
    """An independent subproblem.

    - `members`: of each of its k vertices the vertices of the instance that it stands for.
    - `costs`: None for a part of more than `LARGEST` vertices, which is left as it is.
    - `apart` bool (k, k), `not_all` bool (k, k, k): pairs and triples that need not be joined.
    """

    members: tuple[np.ndarray, ...]
    costs: DenseCubic | None
    apart: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    not_all: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), np.bool_))

    def of(self, labels: np.ndarray) -> np.ndarray:
        """Labels int64 (k,) here of labels int64 (n,) of the instance, by the first members."""
        found: np.ndarray = labels[[each[0] for each in self.members]]
        return found

    @property
    def free_pairs(self) -> int:
        """Pairs of vertices of the instance that are neither known to be joined nor apart."""
        sizes = np.array([each.size for each in self.members])
        if self.costs is not None:
            return int((np.outer(sizes, sizes) * ~self.apart)[np.triu_indices(sizes.size, 1)].sum())
        return int((sizes.sum() ** 2 - (sizes**2).sum()) // 2)


Suggest = Callable[[Part], np.ndarray]


@dataclass(frozen=True, eq=False)
class CubicKernel:
    """What is left of an instance of n vertices.

    `fixed` counts by test what it decided: vertices joined to others, pairs apart, triples.
    """

    n: int
    parts: tuple[Part, ...]
    fixed: Mapping[str, int]

    @property
    def share(self) -> float:
        """Share of the pairs of the instance that are decided; 1 without pairs."""
        pairs = self.n * (self.n - 1) // 2
        return 1.0 - sum(part.free_pairs for part in self.parts) / max(1, pairs)

    def lift(self, labels: list[np.ndarray]) -> np.ndarray:
        """Labels int64 (n,) of the instance from those of each part, int64 (k,)."""
        lifted = np.empty(self.n, np.int64)
        used = 0
        for part, found in zip(self.parts, labels, strict=True):
            groups = np.unique(found, return_inverse=True)[1].reshape(-1)
            for members, label in zip(part.members, groups, strict=True):
                lifted[members] = used + label
            used += len(part.members)
        return lifted


def reduce_cubic(
    instance: CubicInstance,
    suggest: Suggest | None = None,
    *,
    tests: tuple[str, ...] = TESTS,
    messages: bool = True,
    stopped: Callable[[], bool] = lambda: False,
) -> CubicKernel:
    """The kernel by these tests; whenever `stopped`, what was found so far.

    `suggest` gives clusterings, labels int64 (k,), whose clusters the subset join tries, by
    least cuts and, with `messages`, by message passing.
    """
    fixed: Counter[str] = Counter()
    parts: list[Part] = []
    waiting: list[Part] = []
    for vertices in components(instance):
        members = tuple(vertices[:, None])
        small = vertices.size <= LARGEST
        waiting.append(Part(members, DenseCubic.of(instance, vertices) if small else None))
    while waiting:
        part = waiting.pop()
        if part.costs is None or stopped():
            parts.append(_left(part))
            continue
        subparts = _split(part)
        if len(subparts) > 1:
            waiting += subparts
            continue
        groups = _joined(part, part.costs, suggest, tests, fixed, messages)
        if groups is None:
            parts.append(_cut(part, part.costs, tests, fixed))
        else:
            waiting.append(_contracted(part, part.costs, groups))
    return CubicKernel(instance.n, tuple(parts), {test: fixed[test] for test in TESTS})


def components(instance: CubicInstance) -> list[np.ndarray]:
    """Vertices of each subproblem: no pair or triple of negative cost leaves it."""
    two = instance.pairs[:, instance.pair_costs < 0]
    three = instance.triples[:, instance.triple_costs < 0]
    u, v = np.concatenate([two, three[:2], three[1:]], axis=1)
    graph = coo_array((np.ones(u.size, np.int8), (u, v)), shape=(instance.n, instance.n))
    return _groups(connected_components(graph, directed=False)[1])


def _groups(labels: np.ndarray) -> list[np.ndarray]:
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if labels.size else []


def _split(part: Part) -> list[Part]:
    costs = part.costs
    if costs is None:
        return [part]
    touching = (costs.pair < 0) | (costs.triple < 0).any(axis=2)
    groups = _groups(connected_components(touching, directed=False)[1])
    if len(groups) <= 1:
        return [part]
    return [
        Part(tuple(part.members[x] for x in vertices), costs.part(vertices)) for vertices in groups
    ]


def _contracted(part: Part, costs: DenseCubic, groups: np.ndarray) -> Part:
    members = tuple(
        np.concatenate([part.members[x] for x in np.flatnonzero(groups == group)])
        for group in range(int(groups.max()) + 1)
    )
    return Part(members, costs.contracted(groups))


def _joined(
    part: Part,
    costs: DenseCubic,
    suggest: Suggest | None,
    tests: tuple[str, ...],
    fixed: Counter[str],
    messages: bool,
) -> np.ndarray | None:
    """Groups of vertices that may be joined, int64 (k,), or None where nothing is found."""
    n = costs.n
    if n < 2:
        return None
    wanted = np.array([name in tests for name in JOINS])
    if wanted.any():
        between = _between(np.abs(costs.pair), np.abs(costs.triple))
        found = find_joins(costs.pair, costs.triple, between, 2 * costs.slack(), wanted)
        sure = found == 2
        if not sure.any() and found.any():
            sure[np.unravel_index(int(found.argmax()), found.shape)] = True
        if sure.any():
            return _merge(n, dict(zip(JOINS, sure, strict=True)), fixed)
    if suggest is None or SUBSET_JOIN not in tests:
        return None
    joined = np.zeros((n, n), np.bool_)
    for vertices in _groups(suggest(part)):
        chosen = np.isin(np.arange(n), vertices)
        if kept_together(costs, chosen, messages=messages):
            joined[np.ix_(chosen, chosen)] = True
    return _merge(n, {SUBSET_JOIN: joined}, fixed) if joined.any() else None


def _merge(n: int, joins: Mapping[str, np.ndarray], fixed: Counter[str]) -> np.ndarray:
    """Groups of all joins, each test's counted as those that the ones before it did not make."""
    graph, left = np.zeros((n, n), np.bool_), n
    groups = np.arange(n)
    for name, pairs in joins.items():
        graph |= pairs
        count, groups = connected_components(graph, directed=False)
        fixed[name] += left - count
        left = count
    return groups.astype(np.int64)


def _between(pair: np.ndarray, triple: np.ndarray) -> np.ndarray:
    sides, capacity = least_cuts(doubled(pair, triple))
    found: np.ndarray = least_between(sides, capacity, capacity.sum())
    return found


def _cut(part: Part, costs: DenseCubic, tests: tuple[str, ...], fixed: Counter[str]) -> Part:
    part = _left(part)
    if costs.n < 2 or not {EDGE_CUT, TRIPLET_CUT} & set(tests):
        return part
    between = _between(np.maximum(-costs.pair, 0), np.maximum(-costs.triple, 0))
    apart, not_all = find_cuts(costs.pair, costs.triple, between, 2 * costs.slack())
    apart = apart if EDGE_CUT in tests else np.zeros_like(apart)
    not_all = not_all if TRIPLET_CUT in tests else np.zeros_like(not_all)
    fixed[EDGE_CUT] += int(apart.sum()) // 2
    fixed[TRIPLET_CUT] += int(not_all.sum()) // 6
    return Part(part.members, costs, apart, not_all)


def _left(part: Part) -> Part:
    """The part with nothing known to be apart."""
    k = 0 if part.costs is None else part.costs.n
    return Part(
        part.members, part.costs, np.zeros((k,) * 2, np.bool_), np.zeros((k,) * 3, np.bool_)
    )
