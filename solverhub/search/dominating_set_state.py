"""The state of a row-weighting search for set covers, its two moves, and a greedy start.

Columns are sets, rows are elements; a dominating set covers every vertex (row) by closed
neighbourhoods (columns).  `score` of a column outside is the weight of the uncovered rows in it;
inside, minus the weight of the rows that it alone covers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

SIZE, OPEN, STEPS, BEST = range(4)
"""Places in `counts`: columns inside, uncovered rows, steps, columns of the best."""


class RowState(NamedTuple):
    """Arrays of one chain.

    `row_ptr, row_cols` list the columns of each row and `col_ptr, col_rows` the rows of each
    column.  `times` counts the columns inside that cover a row; `sole` sums the numbers of these
    columns, so that it is the one where there is one.  `members[:counts[SIZE]]` are inside and
    `open_rows[:counts[OPEN]]` uncovered, with their positions in `place` and `open_place`.
    `barred` holds columns put in by the last step, which stay in the next one.
    """

    row_ptr: np.ndarray
    row_cols: np.ndarray
    col_ptr: np.ndarray
    col_rows: np.ndarray
    cost: np.ndarray
    inside: np.ndarray
    best: np.ndarray
    fresh: np.ndarray
    score: np.ndarray
    changed: np.ndarray
    weight: np.ndarray
    times: np.ndarray
    sole: np.ndarray
    members: np.ndarray
    place: np.ndarray
    open_rows: np.ndarray
    open_place: np.ndarray
    barred: np.ndarray
    counts: np.ndarray
    value: np.ndarray
    random: np.ndarray


def row_state(
    rows: tuple[np.ndarray, np.ndarray],
    cols: tuple[np.ndarray, np.ndarray],
    cost: np.ndarray,
    random: np.ndarray,
) -> RowState:
    """A state with every row uncovered; `rows` and `cols` are (int64 pointers, int32 entries)."""
    n, m = cost.size, rows[0].size - 1
    state = RowState(
        *rows,
        *cols,
        cost,
        inside=np.zeros(n, np.bool_),
        best=np.zeros(n, np.bool_),
        fresh=np.ones(n, np.bool_),
        score=np.zeros(n, np.int64),
        changed=np.zeros(n, np.int64),
        weight=np.ones(m, np.int64),
        times=np.zeros(m, np.int32),
        sole=np.zeros(m, np.int64),
        members=np.empty(n, np.int32),
        place=np.empty(n, np.int32),
        open_rows=np.empty(m, np.int32),
        open_place=np.empty(m, np.int32),
        barred=np.full(2, -1, np.int64),
        counts=np.zeros(4, np.int64),
        value=np.zeros(2),
        random=random,
    )
    clear(state)
    return state


@njit(cache=True, nogil=True)
def clear(s):  # type: ignore[no-untyped-def]
    """Every column outside; row weights stay."""
    s.inside[:] = False
    s.fresh[:] = True
    s.times[:] = 0
    s.sole[:] = 0
    s.score[:] = 0
    s.counts[SIZE] = 0
    s.value[0] = 0.0
    s.counts[OPEN] = s.weight.size
    for r in range(s.weight.size):
        s.open_rows[r] = s.open_place[r] = r
        for k in range(s.row_ptr[r], s.row_ptr[r + 1]):
            s.score[s.row_cols[k]] += s.weight[r]


@njit(cache=True, nogil=True)
def keep_best(s):  # type: ignore[no-untyped-def]
    """Remember what is inside as the best."""
    s.best[:] = s.inside
    s.counts[BEST] = s.counts[SIZE]
    s.value[1] = s.value[0]


@njit(cache=True, nogil=True)
def enter(s, c):  # type: ignore[no-untyped-def]
    """Put column c in."""
    s.inside[c] = True
    s.changed[c] = s.counts[STEPS]
    s.score[c] = -s.score[c]
    s.value[0] += s.cost[c]
    s.place[c] = s.counts[SIZE]
    s.members[s.counts[SIZE]] = c
    s.counts[SIZE] += 1
    for k in range(s.col_ptr[c], s.col_ptr[c + 1]):
        r = s.col_rows[k]
        weight = s.weight[r]
        if s.times[r] == 0:
            for q in range(s.row_ptr[r], s.row_ptr[r + 1]):
                x = s.row_cols[q]
                s.fresh[x] = True
                if x != c:
                    s.score[x] -= weight
            s.counts[OPEN] -= 1
            moved = s.open_rows[s.counts[OPEN]]
            s.open_rows[s.open_place[r]] = moved
            s.open_place[moved] = s.open_place[r]
        elif s.times[r] == 1:
            s.score[s.sole[r]] += weight
        s.times[r] += 1
        s.sole[r] += c


@njit(cache=True, nogil=True)
def leave(s, c):  # type: ignore[no-untyped-def]
    """Take column c out."""
    s.inside[c] = False
    s.changed[c] = s.counts[STEPS]
    s.score[c] = -s.score[c]
    s.value[0] -= s.cost[c]
    s.counts[SIZE] -= 1
    moved = s.members[s.counts[SIZE]]
    s.members[s.place[c]] = moved
    s.place[moved] = s.place[c]
    for k in range(s.col_ptr[c], s.col_ptr[c + 1]):
        r = s.col_rows[k]
        weight = s.weight[r]
        s.times[r] -= 1
        s.sole[r] -= c
        if s.times[r] == 0:
            for q in range(s.row_ptr[r], s.row_ptr[r + 1]):
                x = s.row_cols[q]
                s.fresh[x] = True
                if x != c:
                    s.score[x] += weight
            s.open_place[r] = s.counts[OPEN]
            s.open_rows[s.counts[OPEN]] = r
            s.counts[OPEN] += 1
        elif s.times[r] == 1:
            s.score[s.sole[r]] -= weight
    s.fresh[c] = False
