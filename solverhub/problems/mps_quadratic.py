"""The quadratic objective of an MPS file (QPS): sections QUADOBJ, QMATRIX and QSECTION.

All mean 1/2 x'Qx.  QUADOBJ and QSECTION list one triangle of Q, either one, entry by entry: an
entry outside the diagonal stands for its mirror too, so that giving both is refused.
QMATRIX lists all of Q.  QSECTION may name the objective; quadratic rows (QSECTION of
another row, QCMATRIX) are refused.  Of the three sections a file has at most one.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import coo_array, csc_array

from solverhub.core.problem import Source
from solverhub.problems.decimal_scan import LATE, NOT_A_NUMBER, NUMBER, late_value, parse_decimal
from solverhub.problems.ilp_model import Model
from solverhub.problems.integer_program import INFINITY
from solverhub.problems.mps import QUADRATIC, MpsReader, read_with
from solverhub.problems.mps_scan import (
    BAD_NUMBER,
    COLUMN_UNKNOWN,
    DONE,
    FIELDS,
    HUGE,
    MOST,
    NAN,
    UNKNOWN_SECTION,
    next_line,
)
from solverhub.problems.name_table import find


def read_quadratic_mps(source: Source) -> tuple[Model, csc_array]:
    """The linear model and the matrix Q (n, n) of its objective, in the model's own sense."""
    reader, model = read_with(_QuadraticReader, source)
    return model, reader.matrix_of_objective(model.program.n)


class _QuadraticReader(MpsReader):
    """Reads what `MpsReader` reads, and the entries of Q."""

    quadratic = ""
    entries = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))

    def _section(self, word: str, rest: str, begin: int, after: int) -> int:
        if word not in QUADRATIC:
            return super()._section(word, rest, begin, after)
        self._once(word, begin, "COLUMNS")
        if self.quadratic:
            raise self._error(begin, f"{word} follows {self.quadratic}", "keep one of the two")
        if word == "QSECTION" and rest and rest.encode() != self._objective_row():
            raise self._error(
                begin,
                f"QSECTION of row {rest[:40]!r}: quadratic rows are not supported",
                "keep a QSECTION of the objective alone",
            )
        self.quadratic = word
        return self._quadratic(word, after)

    def _objective_row(self) -> bytes:
        _, names, lengths = self.row_table
        at = np.flatnonzero(self.place == -1)
        if not at.size:
            return b""
        start = int(names[at[0]])
        return self.data[start : start + int(lengths[at[0]])]

    def _quadratic(self, word: str, after: int) -> int:
        size = self.lines
        rows, columns = np.empty(size, np.int64), np.empty(size, np.int64)
        values, places = np.empty(size), np.empty((size, 2), np.int64)
        status, offset, count = scan_quadratic(
            self.bytes, after, len(self.data), self.seed, *self.column_table,
            rows, columns, values, places,
        )  # fmt: skip
        self._check(status, offset)
        rows, columns, values = rows[:count].copy(), columns[:count].copy(), values[:count].copy()
        for k in np.flatnonzero(np.isnan(values)).tolist():
            values[k] = late_value(self.data[places[k, 0] : places[k, 1]])
            if not abs(values[k]) < INFINITY:
                self._check(HUGE, int(places[k, 0]))
        pairs = np.stack([rows, columns])
        if word != "QMATRIX":
            pairs = np.sort(pairs, axis=0)
        _, first = np.unique(pairs, axis=1, return_index=True)
        if first.size < count:
            again = int(np.setdiff1d(np.arange(count), first)[0])
            raise self._error(
                int(places[again, 0]),
                "the entry of these two columns is given twice",
                "add the two up"
                if word == "QMATRIX"
                else f"{word} takes one triangle: name the section QMATRIX if it is all of Q",
            )
        self.entries = rows, columns, values
        return int(offset)

    def matrix_of_objective(self, n: int) -> csc_array:
        """Q, both triangles where one was listed."""
        rows, columns, values = self.entries
        if self.quadratic != "QMATRIX":
            apart = rows != columns
            rows, columns, values = (
                np.concatenate([rows, columns[apart]]),
                np.concatenate([columns, rows[apart]]),
                np.concatenate([values, values[apart]]),
            )
        return csc_array(coo_array((values, (rows, columns)), shape=(n, n)))


@njit(cache=True, nogil=True)
def scan_quadratic(
    data: np.ndarray,
    pos: int,
    end: int,
    seed: np.uint64,
    slots: np.ndarray,
    names: np.ndarray,
    lengths: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    places: np.ndarray,
) -> tuple[int, int, int]:
    """(status, offset, entries), by the contract of `mps_scan`.

    `values` are NaN where `float` must convert the span `places`, int64 (k, 2), of the number.
    """
    starts, stops = np.empty(MOST, np.int64), np.empty(MOST, np.int64)
    entries = 0
    while True:
        count, begin, after, header = next_line(data, pos, end, starts, stops)
        if count == 0 or header:
            return DONE, begin, entries
        pos = after
        if count == 1 and starts[0] == begin:
            return UNKNOWN_SECTION, starts[0], entries
        if count != 3:
            return FIELDS, starts[0], entries
        row, _ = find(data, starts[0], stops[0], seed, slots, names, lengths)
        column, _ = find(data, starts[1], stops[1], seed, slots, names, lengths)
        if row < 0 or column < 0:
            return COLUMN_UNKNOWN, starts[0] if row < 0 else starts[1], entries
        status, value = parse_decimal(data, starts[2], stops[2])
        if status != NUMBER and status != LATE:
            return NAN if status == NOT_A_NUMBER else BAD_NUMBER, starts[2], entries
        if status == NUMBER and not abs(value) < INFINITY:
            return HUGE, starts[2], entries
        rows[entries], columns[entries] = row, column
        values[entries] = np.nan if status == LATE else value
        places[entries, 0], places[entries, 1] = starts[2], stops[2]
        entries += 1
