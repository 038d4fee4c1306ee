"""Rows of the covering program of correlation clustering (`conflict_program`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Rows:
    """Row i: columns `columns[indptr[i]:indptr[i + 1]]`, `need[i]`, multiplier `duals[i]`, and
    its vertices `vertices[ends[i]:ends[i + 1]]`: of a path, or of a star with the first
    `centres[i]` its centres (0 for a path)."""

    indptr: np.ndarray
    columns: np.ndarray
    need: np.ndarray
    duals: np.ndarray
    ends: np.ndarray
    vertices: np.ndarray
    centres: np.ndarray

    @classmethod
    def none(cls) -> Rows:
        """No rows."""
        zero, empty = np.zeros(1, np.int64), np.zeros(0, np.int64)
        return cls(zero, empty, np.zeros(0), np.zeros(0), zero, empty, empty)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What `ops.packing` takes first."""
        return self.indptr, self.columns, self.need

    def kept(self, which: np.ndarray) -> Rows:
        """Those rows where `which`, bool, is true."""
        sizes, lengths = np.diff(self.indptr), np.diff(self.ends)
        return Rows(
            np.append(0, np.cumsum(sizes[which])),
            self.columns[np.repeat(which, sizes)],
            self.need[which],
            self.duals[which],
            np.append(0, np.cumsum(lengths[which])),
            self.vertices[np.repeat(which, lengths)],
            self.centres[which],
        )

    def joined(self, other: Rows) -> Rows:
        """These rows and then the others."""
        return Rows(
            np.append(self.indptr, self.indptr[-1] + other.indptr[1:]),
            np.append(self.columns, other.columns),
            np.append(self.need, other.need),
            np.append(self.duals, other.duals),
            np.append(self.ends, self.ends[-1] + other.ends[1:]),
            np.append(self.vertices, other.vertices),
            np.append(self.centres, other.centres),
        )
