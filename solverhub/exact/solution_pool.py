"""The best few distinct solutions met on the way."""

from __future__ import annotations

import numpy as np

from solverhub.core.result import Number, Sense


class SolutionPool:
    """Keeps the `size` best distinct solutions besides the best one."""

    def __init__(self, sense: Sense, size: int) -> None:
        self._sense, self._size = sense, size
        self._kept: dict[bytes, tuple[Number, np.ndarray]] = {}

    def add(self, objective: Number, solution: np.ndarray) -> None:
        """Offer a feasible solution."""
        if self._size == 0:
            return
        self._kept.setdefault(solution.tobytes(), (objective, solution))
        if len(self._kept) > self._size + 1:
            worst = max(self._kept, key=lambda key: self._sense.sign * self._kept[key][0])
            del self._kept[worst]

    def further(self, best: np.ndarray | None) -> tuple[np.ndarray, ...]:
        """The solutions without `best`, best first."""
        if best is not None:
            self._kept.pop(best.tobytes(), None)
        ranked = sorted(self._kept.values(), key=lambda kept: self._sense.sign * kept[0])
        return tuple(solution for _, solution in ranked[: self._size])
