"""Solvers that misbehave, found by the catalog as those of an installed package are."""

import collections
import dataclasses
import faulthandler
import itertools
import os
import signal
import time
from dataclasses import dataclass

import numpy as np

from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee
from solverhub.core.solver import Params


class _Faulty:
    guarantee = Guarantee.HEURISTIC
    devices = ("cpu",)
    requires = ()
    Params = Params

    def __init__(self, problem):
        self.problem = problem

    def recorder(self, instance, budget, observe):
        return Recorder(budget, self.problem.sense(instance), observe)

    def cut(self, instance, count):
        """A cut with the first `count` vertices on one side."""
        side = np.zeros(instance.n, np.int8)
        side[:count] = 1
        return self.problem.objective(instance, side), side

    def solve(self, instance, budget, *, params, seed, warm_start=None, observe=None):
        recorder = self.recorder(instance, budget, observe)
        recorder.incumbent(*self.cut(instance, 1))
        return self.misbehave(recorder, instance, params)


class Spin(_Faulty):
    """Never returns, in C, holding the interpreter."""

    name, title = "spin", "Spins"

    def misbehave(self, recorder, instance, params):
        collections.deque(itertools.repeat(None), maxlen=0)


class Hog(_Faulty):
    """Allocates without bound."""

    name, title = "hog", "Hogs"

    def misbehave(self, recorder, instance, params):
        blocks = []
        while True:
            blocks.append(np.ones(1 << 21))
            time.sleep(0.002)


class Crash(_Faulty):
    """Dies of a signal that is its own doing."""

    name, title = "crash", "Crashes"

    def misbehave(self, recorder, instance, params):
        time.sleep(0.1)
        faulthandler.disable()
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(60)


class Raise(_Faulty):
    """Raises what no solver may."""

    name, title = "raise", "Raises"

    def misbehave(self, recorder, instance, params):
        raise ZeroDivisionError("a foreign one")


class Lie(_Faulty):
    """Claims an objective that its solution does not have, and proof of it."""

    name, title = "lie", "Lies"

    def misbehave(self, recorder, instance, params):
        result = recorder.finish(None)
        return dataclasses.replace(result, objective=10**6, bound=10**6)


@dataclass(frozen=True)
class DripParams(Params):
    """`steps` better and better incumbents, `pause_s` apart; `mark` tells runs apart."""

    steps: int = 5
    pause_s: float = 0.02
    mark: int = 0


class Drip(_Faulty):
    """Obeys its budget; on a path each further vertex that changes sides is one more cut edge."""

    name, title = "drip", "Drips"
    Params = DripParams

    def misbehave(self, recorder, instance, params):
        for step in range(params.steps):
            until = time.monotonic() + params.pause_s
            while time.monotonic() < until:
                if (limit := recorder.limit(step)) is not None:
                    return recorder.finish(limit)
                time.sleep(0.002)
            side = np.zeros(instance.n, np.int8)
            side[1 : 2 * min(step + 2, instance.n // 2) : 2] = 1
            recorder.incumbent(self.problem.objective(instance, side), side)
        return recorder.finish(recorder.limit(params.steps))
