"""What the contrastive policy sees of an integer program and its incumbents.

A bipartite graph: columns and rows are vertices, nonzeros are edges (Gasse et al. 2019,
arXiv:1906.01629).  Columns carry costs, degrees, statistics of their coefficients, what the LP
relaxation says of them, and the last three incumbents with their distances from it, as in CL-LNS
(Huang et al. 2023, arXiv:2302.01578); rows carry sides, degrees and slack.  Departure: columns
also say how many of their rows are tight at the incumbent, which attention, a mean, cannot count.

Everything is scaled to about -1 to 1, so that sizes and units do not enter, and costs are those
of a minimisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solverhub.problems.activity import rows_of
from solverhub.problems.integer_program import IntegerProgram

INCUMBENTS = 3
COLUMN_STATIC = 13
COLUMN = COLUMN_STATIC + 2 * INCUMBENTS + 3
ROW = 9
TIGHT = 1e-6


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A solution of the LP relaxation, float64 (n,), and its reduced costs in the sense of the
    program, float64 (n,)."""

    values: np.ndarray
    reduced_costs: np.ndarray


@dataclass(frozen=True, eq=False)
class Bipartite:
    """What does not depend on the incumbent.

    - `columns` float32 (n, COLUMN_STATIC), `rows` float32 (m, 7).
    - `entries` float32 (E,): each coefficient over the largest of its row, by rows.
    - `by_column`: the order of the entries by columns, int64 (E,).
    - `largest` float64 (m,): the largest coefficient of each row, in size.
    - `start`, `width`: lower limit and range that scale values of columns, float64 (n,).
    """

    program: IntegerProgram
    columns: np.ndarray
    rows: np.ndarray
    entries: np.ndarray
    by_column: np.ndarray
    row_of: np.ndarray
    largest: np.ndarray
    start: np.ndarray
    width: np.ndarray
    relaxed: np.ndarray | None


def bipartite(program: IntegerProgram, relaxation: Relaxation | None = None) -> Bipartite:
    """The graph of a program; without a relaxation what would tell of it is 0."""
    n, m = program.n, program.m
    row, column, data = rows_of(program), program.A.indices, program.A.data
    largest = np.maximum(_by(np.maximum, row, np.abs(data), m), 1e-300)
    entries = data / largest[row]
    start = np.where(np.isfinite(program.lower), program.lower, 0.0)
    width = np.where(np.isfinite(program.upper), program.upper, start + 1) - start
    width = np.maximum(width, 1e-9)
    cost = program.sense.sign * program.c
    degree = np.bincount(column, minlength=n).astype(float)
    by_column = np.argsort(column, kind="stable")
    sums = np.bincount(column, entries, minlength=n)
    ordered = column[by_column]
    columns = np.stack(
        [
            cost / _most(cost),
            cost / np.maximum(1, degree) / _most(cost / np.maximum(1, degree)),
            degree / _most(degree),
            sums / np.maximum(1, degree),
            _by(np.maximum, ordered, entries[by_column], n),
            _by(np.minimum, ordered, entries[by_column], n),
            program.integer,
            (program.lower == 0) & (program.upper == 1),
            np.isfinite(program.lower) & np.isfinite(program.upper),
            *_relaxed(program, relaxation, start, width),
        ],
        axis=1,
    )
    low, high = program.row_lower, program.row_upper
    side = np.where(np.isfinite(high), high, np.where(np.isfinite(low), low, 0.0)) / largest
    lengths = np.diff(program.A.indptr)
    norm = np.sqrt(np.maximum(np.bincount(row, data**2, minlength=m), 1e-300))
    rows = np.stack(
        [
            np.isfinite(high) & ~np.isfinite(low),
            np.isfinite(low) & ~np.isfinite(high),
            low == high,
            side / np.maximum(1.0, lengths),
            np.log1p(lengths) / 10,
            np.bincount(row, data * cost[column], minlength=m)
            / (norm * max(1e-300, float(np.linalg.norm(cost)))),
            np.zeros(m) if relaxation is None else _tight(program, program.A @ relaxation.values),
        ],
        axis=1,
    )
    return Bipartite(
        program,
        columns.astype(np.float32),
        rows.astype(np.float32),
        entries.astype(np.float32),
        by_column,
        row,
        largest,
        start,
        width,
        None if relaxation is None else (relaxation.values - start) / width,
    )


def features(graph: Bipartite, incumbents: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Columns float32 (n, COLUMN) and rows float32 (m, ROW) at incumbents, the newest first."""
    program, n, m = graph.program, graph.program.n, graph.program.m
    scaled = [(x - graph.start) / graph.width for x in incumbents[:INCUMBENTS]]
    scaled += [scaled[-1]] * (INCUMBENTS - len(scaled))
    far = [np.zeros(n) if graph.relaxed is None else np.abs(x - graph.relaxed) for x in scaled]
    activity = program.A @ incumbents[0]
    tight = _tight(program, activity)
    held = np.bincount(program.A.indices, tight[graph.row_of], minlength=n)
    lengths = np.diff(program.A.indptr)
    degree = np.maximum(1, np.bincount(program.A.indices, minlength=n))
    loose = np.minimum(3, degree - held) / 3
    columns = np.stack([*scaled, *far, held / degree, np.minimum(3, held) / 3, loose], axis=1)
    slack = np.minimum(activity - program.row_lower, program.row_upper - activity)
    slack /= graph.largest
    spare = np.clip(np.where(np.isfinite(slack), slack, 0.0), -1e6, 1e6)
    rows = np.stack([tight, spare / np.maximum(1.0, lengths)], axis=1)
    return (
        np.concatenate([graph.columns, np.clip(columns, -4, 4).astype(np.float32)], axis=1),
        np.concatenate([graph.rows, np.clip(rows, -4, 4).astype(np.float32)], axis=1).reshape(
            m, ROW
        ),
    )


def _relaxed(
    program: IntegerProgram, relaxation: Relaxation | None, start: np.ndarray, width: np.ndarray
) -> list[np.ndarray]:
    """Whether it is known, its value, its distance from integers, and the reduced cost."""
    if relaxation is None:
        return [np.zeros(program.n)] * 4
    value, reduced = relaxation.values, program.sense.sign * relaxation.reduced_costs
    scaled = np.clip((value - start) / width, -4, 4)
    distance = 2 * np.abs(value - np.rint(value))
    return [np.ones(program.n), scaled, distance, reduced / _most(reduced)]


def _tight(program: IntegerProgram, activity: np.ndarray) -> np.ndarray:
    """bool (m,): rows at one of their sides."""
    slack = np.minimum(activity - program.row_lower, program.row_upper - activity)
    found: np.ndarray = slack <= TIGHT * np.maximum(1.0, np.abs(activity))
    return found


def _most(values: np.ndarray) -> float:
    return max(1e-300, float(np.abs(values).max(initial=0.0)))


def _by(reduce: np.ufunc, group: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """The reduction of each group of a sorted array, 0 where it is empty."""
    out = np.zeros(size)
    if values.size:
        first = np.flatnonzero(np.diff(group, prepend=-1))
        out[group[first]] = reduce.reduceat(values, first)
    return out
