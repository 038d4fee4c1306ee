"""What the threads of one search for an integer program share: incumbent, elites and the end."""

from __future__ import annotations

import threading
import time

import numpy as np

from solverhub.core.events import EventKind
from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit
from solverhub.problems.dual_bound import safe_dual_bound
from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_relaxation import Relaxation

ELITES = 8
RECENT = 3


class IlpShare:
    """The best points of a solve; every one of them has passed the judge.

    - `best` float64 (n,) or None, and its `worth`, minimised (inf without one).
    - `elites`: the best distinct points with their worths, best first, at most `ELITES`.
    - `recent`: the latest incumbents, newest first, at most `RECENT`.
    - `relaxation`: the best known solution of the root's relaxation, or None.
    """

    def __init__(self, problem: Problem, form: IlpForm, recorder: Recorder) -> None:
        self.problem, self.form, self.recorder = problem, form, recorder
        self.best: np.ndarray | None = None
        self.worth = np.inf
        self.elites: list[tuple[float, np.ndarray]] = []
        self.recent: list[np.ndarray] = []
        self.relaxation: Relaxation | None = None
        self.limit: Limit | None = None
        self.done = 0
        self.better_at = time.monotonic()
        self.evidence: dict[str, np.ndarray] | None = None
        self._ended = False
        self._lock = threading.Lock()

    def offer(self, values: np.ndarray) -> float | None:
        """Take a point in, pinned to its bounds and whole numbers; its worth if it is feasible.

        From any thread.  Points worse than the worst elite are not looked at: None.
        """
        point = self.form.pin(values)
        worth = self.form.worth(point)
        full = len(self.elites) == ELITES
        if not np.isfinite(worth) or (full and worth > self.elites[-1][0]):
            return None
        program = self.form.program
        if not self.form.holds(point) or self.problem.violations(program, point):
            return None
        with self._lock:
            self._keep(worth, point)
        return worth

    def bound(self, worth: float) -> None:
        """Record a bound of the minimised objective, without its offset."""
        program = self.form.program
        with self._lock:
            if self.recorder.bound(program.sense.sign * worth + program.offset):
                self.evidence = None

    def prove(self, row_dual: np.ndarray) -> None:
        """Record the bound that multipliers of the rows prove, with them as its evidence."""
        proved = safe_dual_bound(self.form.program, row_dual)
        with self._lock:
            if self.recorder.bound(proved):
                self.evidence = {"row_dual": row_dual}

    def count(self) -> None:
        """Count an iteration of the budget."""
        with self._lock:
            self.done += 1

    def listen(self) -> None:
        """Take in what others found."""
        for event in self.recorder.budget.incoming():
            if event.kind is EventKind.BOUND and event.bound is not None:
                with self._lock:
                    self.recorder.bound(event.bound)
            elif event.kind is EventKind.INCUMBENT and event.solution is not None:
                self.offer(event.solution)

    def over(self) -> bool:
        """True once a limit is reached or the incumbent proved."""
        if not self._ended:
            self.limit = self.recorder.limit(self.done)
            self._ended = self.limit is not None or self.recorder.proved()
        return self._ended

    def end(self) -> None:
        """End all threads."""
        self._ended = True

    def _keep(self, worth: float, point: np.ndarray) -> None:
        if any(worth == known and np.array_equal(point, elite) for known, elite in self.elites):
            return
        # In front of its equals, of which the oldest makes room.
        self.elites.insert(sum(known < worth for known, _ in self.elites), (worth, point))
        del self.elites[ELITES:]
        if worth < self.worth:
            self.best, self.worth = point, worth
            self.recent = [point, *self.recent][:RECENT]
            self.better_at = time.monotonic()
            self.recorder.incumbent(self.problem.objective(self.form.program, point), point)
