"""One thread of a large neighbourhood search: choose, set free, repair, accept, learn.

Each round frees columns by one neighbourhood and asks the engine for a point better than the
incumbent; where objectives are whole numbers, for one at least as good, so that the search
drifts over plateaus.  A search that is stuck goes aside, to what a part leads to under costs at
random, searches from there until it is stuck again, and merges both ends by the columns in which
they differ: iterated local search (Lourenco, Martin and Stuetzle 2003, doi
10.1007/0-306-48056-5_11) whose moves are neighbourhoods.  An iteration is a round.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from solverhub.problems.integer_program import IntegerProgram
from solverhub.search.ilp_bandit import Bandit, Size
from solverhub.search.ilp_first import SMALL, offer_walked, solve_whole
from solverhub.search.ilp_multipliers import Bursts
from solverhub.search.ilp_neighbourhoods import LnsState, Neighbourhood, Proposal, Random
from solverhub.search.ilp_part import Part, part_of
from solverhub.search.ilp_relaxation import RelaxationEngine
from solverhub.search.ilp_removal import Removal
from solverhub.search.ilp_repair import MOST_NODES, HighsRepair, Repaired
from solverhub.search.ilp_share import IlpShare
from solverhub.search.ilp_walker import Walker

FIRST_SHARE = 0.05
"""Share of the columns that a neighbourhood frees at first."""
QUICK = 0.3
"""Share of a round's time within which a round may end for its size to grow."""
SLOW, LEAST_S = 12.0, 0.1
"""A part may take this many times what finished ones took, at least some seconds: one that takes
longer rarely ends soon, and where parts take hundredths it costs as much as fifty of them."""
USUAL_S, LATEST = 0.02, 0.1
"""What parts are taken to need at first, and the weight of the latest in what they do need."""
BRIEF_S = 0.02
"""Seconds of a part below which a neighbourhood that never gained is tried again, larger, at once:
its size at first says nothing of it."""
OPENERS = (Removal.name, Random.name)
OPENED = 3
"""Rounds in succession without a better point after which the opening, by the first of the openers
alone, ends: they choose in no time, and far from the best they gain as much as any.  It ends at
once where parts that are no longer brief gained nothing: there columns must be chosen."""
STALE, STALE_PARTS = 40, 20.0
"""Rounds without a better point after which a search is stuck; and parts' worth of time after which
one of a stuck search may take twice as long.  Where parts take hundredths, one that ran out of time
would cost all of the rounds."""
LONGEST = 16.0
SHAKE = 1.0
"""Largest change of a cost, relative, when a search that is stuck goes aside: a tenth leads back at
once."""
RELAX_AFTER = 12
"""Rounds without a better point before the relaxation is solved, which may take long."""
RELAX_ITERATIONS = 50_000
LONGEST_RELAX_S, RELAX_SHARE = 2.0, 0.05
"""Seconds, and share of those left, that the simplex method may take for it."""
WALK_SHARE = 0.4
"""Share of a round's time that a walk takes."""
OPENING = 2.0
"""Rounds' worth of walking at the start, which takes most starts far at once."""
IDLE_S = 0.03
"""Seconds without a better point after which a walk ends."""
FIRST_STEPS, STRIDE_S = 400, 0.02
"""Steps of a walk at first, and seconds between two looks at the clock."""


class Walk:
    """Local search as one more arm: it goes on from where it was, or from a new incumbent."""

    def __init__(self, share: IlpShare, repair: HighsRepair, rng: np.random.Generator) -> None:
        self.share, self.repair, self.rng = share, repair, rng
        self._walker: Walker | None = None
        self._steps = FIRST_STEPS
        self._from: np.ndarray | None = None

    def burst(self, time_s: float) -> None:
        """Walk for about this time, or for a number of steps where equal runs must be equal."""
        best, share = self.share.best, self.share
        if best is None:
            return
        if self._walker is None:
            self._walker = Walker(share.form, best)
        if best is not self._from:
            self._walker.go_to(best)
            self._from = best
        self._walker.beat(share.worth)
        last = time.monotonic()
        end = last + time_s
        counted = share.recorder.budget.deterministic
        while not share.over():
            started = time.monotonic()
            if self._walker.run(self._steps, int(self.rng.integers(2**31))):
                last = time.monotonic()
                point = self._walker.best
                if point is not None:
                    offer_walked(share, self.repair, point)
                self._from = share.best
            now = time.monotonic()
            if counted or now > end or now - last > IDLE_S:
                return
            factor = STRIDE_S / max(now - started, 1e-6)
            self._steps = int(min(1e6, max(50, self._steps * min(2.0, max(0.5, factor)))))


class LnsChain:
    """A search of one thread; `stop` may be called from others.

    Where one of the `OPENERS` is among its neighbourhoods, it opens with it alone, as long as that
    gains.  The chain that `leads` also solves the relaxation, for all: a first-order method bit by
    bit, and the simplex method once the search is stuck.  Without `walks` there is one walk only,
    at the start; a `plain` one has no walks, and neither drifts nor goes aside.
    """

    def __init__(
        self,
        share: IlpShare,
        neighbourhoods: Sequence[Neighbourhood],
        seed: np.random.SeedSequence,
        slice_s: float,
        *,
        plain: bool = False,
        walks: bool = True,
        leads: bool,
    ) -> None:
        self.share, self.form = share, share.form
        self.rng = np.random.default_rng(seed)
        self.neighbourhoods = neighbourhoods
        self.repair = HighsRepair()
        self.bursts = Bursts(share) if leads and not plain else None
        self.relaxing = RelaxationEngine(self.form)
        self.asked = self.rooted = False
        self.slice_s, self.patience = slice_s, 1.0
        self.usual_s = USUAL_S
        self.plain = plain
        whole = self.form.whole.size
        self.sizes = [Size(max(20.0, FIRST_SHARE * whole), whole) for _ in neighbourhoods]
        self.walk = None if plain else Walk(share, self.repair, self.rng)
        self.arms = len(neighbourhoods) + (walks and not plain)
        self.bandit = Bandit(self.arms, self.rng)
        self.climbing: int | None = None
        names = [each.name for each in neighbourhoods]
        self.opening = next((names.index(each) for each in OPENERS if each in names), None)
        self.idle = 0
        self.aside: tuple[float, np.ndarray] | None = None
        self.rounds = self.stale = 0
        self.stopped = False

    def run(self) -> None:
        """Search from the shared incumbent, until the budget or the program is exhausted."""
        if self.form.whole.size == 0:
            solve_whole(self.share, self.repair, 0, first=False)
            return
        if self.walk is not None:
            self.walk.burst(OPENING * self._round_s)
        while not (self.stopped or self.share.over()):
            if self.bursts is not None:
                self.bursts.go_on()
                if not self.asked and self.stale >= RELAX_AFTER:
                    self._relax()
            if self._round():
                return
            self.share.count()

    def stop(self) -> None:
        """End soon."""
        self.stopped = True
        self.repair.stop()
        self.relaxing.stop()

    def _round(self) -> bool:
        """One round; True if the whole program is solved."""
        self.rounds += 1
        state = self._state()
        before, best, started = state.worth, self.share.worth, time.monotonic()
        arm, proposal = self._choose(state)
        repaired, everything = None, False
        if proposal is not None:
            repaired, everything = self._repair(state, proposal)
        elif self.walk is not None:
            self.walk.burst(WALK_SHARE * self._round_s)
        gain = max(before - self._worth, best - self.share.worth)
        took = 1.0 if self._counted else time.monotonic() - started
        self.bandit.learn(arm, gain, took)
        climbs = hopeless = False
        if repaired is not None:
            quick = self._counted or repaired.wall_s < QUICK * self._part_s
            if repaired.finished:
                self.usual_s += LATEST * (repaired.wall_s - self.usual_s)
            size, first = self.sizes[arm], not self.bandit.gained(arm)
            size.resize(
                gain,
                took,
                finished=repaired.finished,
                presolved=repaired.presolved,
                quick=quick,
            )
            brief = self._counted or repaired.wall_s < BRIEF_S
            climbs = first and repaired.finished and brief and size.now < size.largest
            hopeless = first and repaired.finished and not brief
        self.climbing = arm if climbs and not self.plain else None
        self.idle = 0 if climbs or gain > 0 else self.idle + 1
        if hopeless or self.idle >= OPENED:
            self.opening = None
        self.stale = 0 if gain > 0 else self.stale + 1
        if self.share.worth < best:
            self.patience = 1.0
        if self.stale >= STALE:
            self.stale = 0
            self._unstick(round(self.sizes[min(arm, len(self.sizes) - 1)].now))
        return everything and repaired is not None and repaired.finished

    def _choose(self, state: LnsState) -> tuple[int, Proposal | None]:
        """An arm of the bandit, and its proposal: None for the walk."""
        count = len(self.neighbourhoods)
        usable = np.ones(self.arms, bool)
        while usable.any():
            given = self.opening if self.climbing is None else self.climbing
            arm = self.bandit.draw(usable) if given is None or not usable[given] else given
            self.climbing = None
            if arm == count:
                return arm, None
            size = round(self.sizes[arm].now)
            proposal = self.neighbourhoods[arm].propose(state, size, self.rng)
            if proposal is not None:
                return arm, proposal
            usable[arm] = False
        return 0, Proposal(self.form.whole)

    def _repair(self, state: LnsState, proposal: Proposal) -> tuple[Repaired | None, bool]:
        """What the engine made of a proposal, and whether that was the whole program."""
        form = self.form
        everything = proposal.free.size == form.whole.size
        centre = state.point if proposal.centre is None else proposal.centre
        part = self._part(centre, proposal.free)
        if part is None:
            return None, False
        drifts = form.costs_are_whole and not (self.plain or everything)
        cutoff = state.worth if drifts else state.worth - form.step(state.worth)
        repaired = self._solve(part.program, cutoff, everything=everything)
        if repaired.values is not None:
            self._take(part.lift(repaired.values))
        if everything and repaired.finished:
            self.share.bound(self.share.worth)
        return repaired, everything

    def _take(self, values: np.ndarray) -> None:
        """Offer a point; a chain that is aside goes there if it is no worse, unless it is back."""
        self.share.offer(values)
        if self.aside is not None:
            point = self.form.pin(values)
            worth = self.form.worth(point)
            if worth <= self.aside[0] and self.form.holds(point):
                self.aside = (worth, point) if worth > self.share.worth else None

    def _unstick(self, size: int) -> None:
        """Go aside from where nothing better was found, or come back from there."""
        if time.monotonic() - self.share.better_at > STALE_PARTS * self._part_s:
            self.patience = min(LONGEST, 2 * self.patience)
        if self.aside is None:
            self.aside = None if self.plain else self._shaken(size)
        else:
            self._merge(self.aside[1])
            self.aside = None

    def _shaken(self, size: int) -> tuple[float, np.ndarray] | None:
        """A point near the best and its worth: what removal leads to with other costs."""
        form, state = self.form, self._state()
        proposal = Removal().propose(state, size, self.rng)
        part = None if proposal is None else self._part(state.point, proposal.free)
        if part is None:
            return None
        costs = part.program.c * self.rng.uniform(1 - SHAKE, 1 + SHAKE, part.free.size)
        repaired = self._solve(replace(part.program, c=costs), math.inf)
        if repaired.values is None:
            return None
        point = form.pin(part.lift(repaired.values))
        self.share.offer(point)
        worth = form.worth(point)
        return (worth, point) if worth > self.share.worth and form.holds(point) else None

    def _merge(self, point: np.ndarray) -> None:
        """Look for better points between this one and the best: what both share stays."""
        form, share = self.form, self.share
        assert share.best is not None
        apart = form.whole[point[form.whole] != share.best[form.whole]]
        part = self._part(share.best, apart)
        if part is not None:
            values = self._solve(part.program, share.worth - form.step(share.worth)).values
            if values is not None:
                share.offer(part.lift(values))

    def _part(self, centre: np.ndarray, free: np.ndarray) -> Part | None:
        return part_of(self.form, centre, np.concatenate([free, self.form.loose]))

    def _solve(
        self, program: IntegerProgram, cutoff: float, *, everything: bool = False
    ) -> Repaired:
        return self.repair.solve(
            program,
            cutoff,
            time_s=min(math.inf if self._counted else self._part_s, self._left_s),
            nodes=100 * MOST_NODES if everything else MOST_NODES,
            seed=int(self.rng.integers(2**31)),
            proof=everything,
        )

    def _state(self) -> LnsState:
        share = self.share
        elites = list(share.elites)
        worth, point = elites[0]
        level = [elite for each, elite in elites if each == worth]
        if self.aside is not None:
            worth, point = self.aside
        elif not self.plain and len(level) > 1:
            point = level[int(self.rng.integers(len(level)))]
        return LnsState(
            form=self.form,
            point=point,
            worth=worth,
            elites=[elite for _, elite in elites],
            recent=list(share.recent),
            relaxation=share.relaxation,
            ball=self._ball if self.rooted else None,
        )

    def _ball(self, point: np.ndarray, radius: float) -> np.ndarray | None:
        time_s = self._left_s if self._counted else min(self._left_s, 2 * self._round_s)
        return self.relaxing.within(point, radius, time_s=time_s, iterations=RELAX_ITERATIONS)

    def _relax(self) -> None:
        self.asked = True
        time_s = math.inf if self._counted else min(LONGEST_RELAX_S, RELAX_SHARE * self._left_s)
        found = self.relaxing.root(time_s=min(time_s, self._left_s), iterations=RELAX_ITERATIONS)
        if found is not None:
            self.rooted, self.bursts, self.share.relaxation = True, None, found
            self.share.prove(self.form.program.sense.sign * found.row_dual)

    @property
    def _worth(self) -> float:
        return self.share.worth if self.aside is None else self.aside[0]

    @property
    def _counted(self) -> bool:
        """True if rounds are measured in nodes, so that equal runs give equal answers."""
        return self.share.recorder.budget.deterministic

    @property
    def _round_s(self) -> float:
        return self.slice_s * self.patience

    @property
    def _part_s(self) -> float:
        if self.plain:
            return self._round_s
        return min(self.slice_s, max(LEAST_S, SLOW * self.usual_s)) * self.patience

    @property
    def _left_s(self) -> float:
        return self.share.recorder.budget.remaining_s


class WalkChain:
    """A search of one thread by walks alone."""

    def __init__(self, share: IlpShare, seed: np.random.SeedSequence) -> None:
        self.share, self.repair = share, HighsRepair()
        self.walk = Walk(share, self.repair, np.random.default_rng(seed))
        self.stopped = False

    def run(self) -> None:
        """Walk from the shared incumbent, to the end of the budget."""
        if self.share.form.whole.size <= SMALL and solve_whole(
            self.share, self.repair, 0, first=False
        ):
            return
        while not (self.stopped or self.share.over()):
            self.walk.burst(STRIDE_S)
            self.share.count()

    def stop(self) -> None:
        """End soon."""
        self.stopped = True
        self.repair.stop()
