"""The covering program of correlation clustering, its columns and rows made as they are needed.

    min sum_e |w_e| d_e,   d(R) >= r_R for every row R,   0 <= d <= 1

where d_e = 1 for a pair that disagrees.  Rows are conflict cycles, a positive path and the
pair of its ends that wants to be apart (r = 1), and stars (see `conflict_stars`).  A complete
instance is reduced to its critical cliques first; its pairs get columns when a first row
needs them, so they are never listed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from solverhub.exact.conflict_links import linked_pairs, search_memory
from solverhub.exact.conflict_rows import Rows
from solverhub.exact.conflict_stars import open_stars
from solverhub.exact.conflict_start import CyclePasses
from solverhub.exact.conflict_wedges import open_wedges
from solverhub.problems.graph import Graph
from solverhub.problems.signed_graph import SignedGraph
from solverhub.reductions.critical_cliques import critical_cliques
from solverhub.search.clustering_paths import violated_cycles

_AGAIN = 3
"""Paths a source or pair and round: each sees x as those before have raised it."""
_FEWEST_STATES, _STATES, _WORK = 300, 2000, 20_000_000
"""Vertices after which the path of a pair is given up, so that all pairs take about `_WORK`."""
_ORDERS = 8
"""Greedy stars a centre."""
_ENOUGH = 6_000_000
"""Vertices looked at after which what is found is enough for a round."""
_PART, _SLICE_S = 100_000, 0.05
"""Rows found in one call, and about how long it takes at most."""


_NONE = np.zeros(0, np.int64)

_Found = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(ends, vertices, centres) of some rows, as in `Rows`."""


class ConflictProgram:
    """Columns and rows of one instance.

    - `groups`: the vertex of the reduced problem that each vertex became, or None.
    - `graph`: positive pairs of the reduced problem; they have the first columns.
    - `cost`: float64, |w| of each column; `x`: float64, d of each in the current point.
    - `stopped` is asked during separation, which it ends.
    """

    def __init__(
        self, instance: SignedGraph, seed: int, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.instance, self.complete, self.stopped = instance, instance.complete, stopped
        self.rng = np.random.default_rng(seed)
        self.groups: np.ndarray | None = None
        self.rows = Rows.none()
        self._ids = np.zeros(0, np.uint64)
        u, v = instance.graph.edge_index
        weights = instance.weights.astype(np.float64)
        if self.complete:
            self.groups = critical_cliques(instance.graph)
            self.sizes = np.bincount(self.groups).astype(np.float64)
            u, v = self._quotient(self.groups[u], self.groups[v])
            weights = self.sizes[u] * self.sizes[v]
        self.n = instance.n if self.groups is None else int(self.sizes.size)
        positive = weights > 0
        self.graph = Graph(self.n, np.ascontiguousarray(np.stack([u, v])[:, positive]))
        self.n_edges = self.graph.n_edges
        self._edge_keys = u[positive] * self.n + v[positive]
        self._pairs = u[~positive] * self.n + v[~positive]
        self._order = np.arange(self._pairs.size)
        self.cost = np.append(weights[positive], -weights[~positive])
        self.x = np.zeros(self.cost.size)

    def _quotient(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        apart, k = u != v, max(1, self.sizes.size)
        keys = np.unique(np.minimum(u, v)[apart] * k + np.maximum(u, v)[apart])
        ends: tuple[np.ndarray, np.ndarray] = np.divmod(keys, k)
        return ends

    @property
    def _rows_of_graph(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.graph.indptr, self.graph.indices, self.graph.edge_ids

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the negative pairs with columns, in the order of these."""
        ends: tuple[np.ndarray, np.ndarray] = np.divmod(self._pairs, max(1, self.n))
        return ends

    @property
    def _joined(self) -> np.ndarray:
        """d of the pairs in the order of their sorted keys."""
        joined: np.ndarray = self.x[self.n_edges + self._order]
        return joined

    def add_wedges(self, tolerance: float, most: int) -> int:
        """Add violated wedges of a complete instance; how many."""
        x, pairs = self.x[: self.n_edges].copy(), self._pairs[self._order]

        def find(sources: np.ndarray, room: int) -> _Found:
            wedges = open_wedges(
                sources, *self._rows_of_graph, x, pairs, self._joined, tolerance, room
            )
            return _paths(np.arange(0, wedges.size + 1, 3), wedges.reshape(-1))

        return self._add(*self._gather(self.n, find, most))

    def passes(self) -> CyclePasses:
        """A pass over the negative pairs of a sparse instance, for `add_disjoint`."""
        order = self.rng.permutation(self._pairs.size)
        return CyclePasses(self.graph, *self.pairs, self.cost, order)

    def add_disjoint(self, passes: CyclePasses, work: int) -> int:
        """Add the cycles that some more of a pass finds; how many."""
        return self._add(*_paths(*passes.more(work)))

    def add_cycles(self, tolerance: float, most: int) -> int:
        """Add violated conflict cycles; how many."""
        x, pairs = self.x[: self.n_edges].copy(), self._pairs[self._order]
        slack = 1.0 - self._joined
        u, v = np.divmod(pairs, max(1, self.n))
        if not self.complete:
            states = int(np.clip(_WORK // max(1, pairs.size), _FEWEST_STATES, _STATES))
            memory = search_memory(self.n, self.graph.indices.size)

            def find(chosen: np.ndarray, room: int) -> _Found:
                found = linked_pairs(
                    chosen, u, v, *self._rows_of_graph, x, slack, tolerance, room, _AGAIN, states,
                    memory,
                )  # fmt: skip
                self._work += found[2]
                return _paths(found[0], found[1])

            return self._add(*self._gather(pairs.size, find, most))
        indptr = np.zeros(self.n + 1, np.int64)
        np.cumsum(np.bincount(u, minlength=self.n), out=indptr[1:])

        def find_all(sources: np.ndarray, room: int) -> _Found:
            found = violated_cycles(
                sources, *self._rows_of_graph, x, indptr, v, slack, True, tolerance, room, _AGAIN,
                self.n,
            )  # fmt: skip
            return _paths(found[0], found[1])

        return self._add(*self._gather(self.n, find_all, most))

    def add_stars(self, tolerance: float, most: int) -> int:
        """Add violated stars; how many."""
        near = 1.0 - self.x[self.graph.edge_ids]
        missing = 0.0 if self.complete else 1.0
        given = self.x[self.n_edges :] - missing
        u, v = self.pairs
        there = given != 0.0
        far = csr_array(
            (
                np.tile(given[there], 2),
                (np.append(u[there], v[there]), np.append(v[there], u[there])),
            ),
            (self.n, self.n),
        )
        indptr, indices = far.indptr.astype(np.int64), far.indices.astype(np.int64)
        noise, usual = self.rng.random(997) / 2, self.graph.indices.size // max(1, self.n)

        def find(sources: np.ndarray, room: int) -> _Found:
            self._work += sources.size * usual
            found: _Found = open_stars(
                sources, self.graph.indptr, self.graph.indices, near, indptr, indices, far.data,
                missing, tolerance, room, _ORDERS, noise,
            )  # fmt: skip
            return found

        return self._add(*self._gather(self.n, find, most))

    def _gather(
        self,
        count: int,
        find: Callable[[np.ndarray, int], _Found],
        most: int,
    ) -> _Found:
        """What `find` gives for 0..count-1 in random order, up to `most`, part by part until
        stopped, or until something is found and that took `_ENOUGH`, counted in `_work`."""
        order, at, size, self._work = self.rng.permutation(count), 0, 256, 0
        look_at = 256  # where work is looked at must not depend on the clock, as parts do
        ends, vertices, centres = [np.zeros(1, np.int64)], [_NONE], [_NONE]
        while at < count and most > 0 and not self.stopped():
            if at == look_at:
                if self._work > _ENOUGH and len(ends) > 1:
                    break
                look_at *= 2
            started = time.perf_counter()
            here = order[at : min(at + size, look_at)]
            part = find(here, min(most, _PART))
            if part[0].size > 1:
                ends.append(ends[-1][-1] + part[0][1:])
                vertices.append(part[1])
                centres.append(part[2])
                most -= part[0].size - 1
            at += here.size
            took = time.perf_counter() - started
            size = max(64, size * 2 if took < _SLICE_S else size // 2)
        return np.concatenate(ends), np.concatenate(vertices), np.concatenate(centres)

    def forget(self) -> None:
        """Drop the rows without a multiplier."""
        self.keep(self.rows.duals > 0)

    def keep(self, which: np.ndarray) -> None:
        """Drop the other rows."""
        if not which.all():
            self.rows, self._ids = self.rows.kept(which), self._ids[which]

    def evidence(self, duals: np.ndarray) -> dict[str, np.ndarray]:
        """The rows with these multipliers, as the judge wants them."""
        used = duals > 0
        rows = Rows(*vars(self.rows).values())
        rows.duals = duals
        cycles, stars = rows.kept(used & (rows.centres == 0)), rows.kept(used & (rows.centres > 0))
        found = {"cycles": cycles.vertices, "indptr": cycles.ends, "duals": cycles.duals}
        if stars.duals.size:
            found |= {
                "stars": stars.vertices,
                "star_indptr": stars.ends,
                "star_duals": stars.duals,
                "star_centres": stars.centres,
            }
        if self.groups is not None and self.n < self.instance.n:
            found["groups"] = self.groups
        return found

    def _add(self, ends: np.ndarray, vertices: np.ndarray, centres: np.ndarray) -> int:
        """Append those of these rows that are not there; how many."""
        if ends.size < 2:
            return 0
        make = self._of_stars if centres.any() else self._of_cycles
        indptr, columns, need = make(ends, vertices, centres)
        ids = np.add.reduceat(_mixed(columns), indptr[:-1])
        new = np.zeros(ids.size, np.bool_)
        new[np.unique(ids, return_index=True)[1]] = True
        new &= ~np.isin(ids, self._ids)
        rows = Rows(indptr, columns, need, np.zeros(ids.size), ends, vertices, centres).kept(new)
        self.rows, self._ids = self.rows.joined(rows), np.append(self._ids, ids[new])
        return int(np.count_nonzero(new))

    def _of_cycles(
        self, ends: np.ndarray, vertices: np.ndarray, _: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(indptr, columns, need) of cycles: a column for each vertex and the one before."""
        other = np.arange(vertices.size) - 1
        other[ends[:-1]] = ends[1:] - 1
        return ends, self._columns(vertices, vertices[other]), np.ones(ends.size - 1)

    def _of_stars(
        self, ends: np.ndarray, vertices: np.ndarray, centres: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same of stars: columns for the positive pairs across and the negative ones within."""
        lengths = np.diff(ends)
        at, other = _all_pairs(ends)
        row = np.repeat(np.arange(lengths.size), lengths * (lengths - 1) // 2)
        leaf = np.arange(vertices.size) - np.repeat(ends[:-1], lengths) >= np.repeat(
            centres, lengths
        )
        across = leaf[at] != leaf[other]
        weight = self._signs(vertices[at], vertices[other])
        kept = np.where(across, weight > 0, weight < 0)
        wrong = ~across & (weight >= 0)
        sizes = np.bincount(row[kept], minlength=lengths.size)
        need = np.bincount(row[kept & across], minlength=lengths.size) - np.bincount(
            row[wrong], minlength=lengths.size
        )
        columns = self._columns(vertices[at[kept]], vertices[other[kept]])
        fewer = np.minimum(centres, lengths - centres)
        return np.append(0, np.cumsum(sizes)), columns, (need - fewer).astype(np.float64)

    def _columns(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Column of each pair, made where it has none."""
        keys = np.minimum(u, v) * self.n + np.maximum(u, v)
        at: np.ndarray = np.searchsorted(self._edge_keys, keys)
        at = np.minimum(at, max(0, self.n_edges - 1))
        edge = self._edge_keys[at] == keys
        if self.complete:
            self._make(np.setdiff1d(keys[~edge], self._pairs))
        place = np.searchsorted(self._pairs[self._order], keys[~edge])
        at[~edge] = self.n_edges + self._order[place]
        return at

    def _signs(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """1 for positive pairs, -1 for negative ones, 0 for missing ones."""
        keys = np.minimum(u, v) * self.n + np.maximum(u, v)
        at = np.minimum(np.searchsorted(self._edge_keys, keys), max(0, self.n_edges - 1))
        edge = self._edge_keys[at] == keys
        negative = True if self.complete else np.isin(keys, self._pairs)
        signs: np.ndarray = np.where(edge, 1, np.where(negative, -1, 0))
        return signs

    def _make(self, keys: np.ndarray) -> None:
        u, v = np.divmod(keys, max(1, self.n))
        self._pairs = np.append(self._pairs, keys)
        self._order = np.argsort(self._pairs, kind="stable")
        self.cost = np.append(self.cost, self.sizes[u] * self.sizes[v])
        self.x = np.append(self.x, np.zeros(keys.size))


def _paths(ends: np.ndarray, vertices: np.ndarray) -> _Found:
    return ends, vertices, np.zeros(ends.size - 1, np.int64)


def _all_pairs(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions (later, earlier) of all pairs within rows, row by row."""
    before = np.arange(ends[-1]) - np.repeat(ends[:-1], np.diff(ends))
    later = np.repeat(np.arange(ends[-1]), before)
    nth = np.arange(later.size) - np.repeat(np.cumsum(before) - before, before)
    return later, later - 1 - nth


def _mixed(columns: np.ndarray) -> np.ndarray:
    """uint64 hashes (the mixing of splitmix64)."""
    z = (columns.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes: np.ndarray = z ^ (z >> np.uint64(27))
    return hashes
