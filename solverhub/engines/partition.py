"""What the engines of signed graphs are given, and what they end with: plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SignedPairs:
    """Pairs `u < v` int64 (E,), distinct, of n vertices, and `weights` (E,): above 0 together."""

    n: int
    u: np.ndarray
    v: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Partition:
    """Labels, int64 (n,), of a clustering; None for a run that was killed."""

    labels: np.ndarray | None


KILLED = Partition(None)
"""The answer of a run that was stopped."""
