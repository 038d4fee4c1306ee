"""A solver that follows a script, for a shop of two operations on one machine.

Any makespan from 7 on is feasible (the second operation may start late); 7 is optimal.
Steps, separated by ";": `incumbent V`, `broken V` (an overlap that claims V), `bound V`,
`wait S`, `hear incumbent V` and `hear bound V` (wait for at least as good a one of another),
`poll` (until a limit), `cores` (their number as a bound), `spin`, `crash`, `raise`, `hog`,
`infeasible`, `unbounded`.
"""

import os
import signal
import time
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import spinning

from solverhub.core.errors import SolverFailed
from solverhub.core.events import EventKind, ignore
from solverhub.core.problem import Parsed
from solverhub.core.recorder import Recorder
from solverhub.core.result import Guarantee, Reason, Sense
from solverhub.core.solver import Params
from solverhub.problems import families
from solverhub.problems.job_shop import ShopInstance
from solverhub.routing.arm import Entrant

SHOP = families.get("job-shop")
PARSED = Parsed(SHOP, ShopInstance.from_jobs([[(0, 3)], [(0, 4)]]), name="two")


def schedule(makespan):
    return np.array([0, makespan - 4])


@dataclass(frozen=True)
class Script(Params):
    steps: str = ""


class Scripted:
    title = "follows a script"
    guarantee = Guarantee.HEURISTIC
    devices = ("cpu",)
    requires = ()
    Params = Script

    def __init__(self, problem=SHOP, name="scripted"):
        self.problem = problem
        self.name = name

    def solve(self, instance, budget, *, params, seed, warm_start=None, observe=ignore):
        recorder = Recorder(budget, Sense.MINIMISE, observe, integral=True)
        reason, limit, heard = None, None, {}
        if warm_start is not None:
            recorder.incumbent(self.problem.objective(instance, warm_start), warm_start)
        for step in filter(None, (step.strip() for step in params.steps.split(";"))):
            verb, *rest = step.split()
            if verb in ("infeasible", "unbounded"):
                reason = Reason(verb)
            elif verb == "hear":
                _hear(budget, heard, EventKind(rest[0]), float(rest[1]))
            elif verb == "poll":
                while (limit := recorder.limit()) is None:
                    time.sleep(0.002)
            else:
                _DO[verb](recorder, *rest)
        return recorder.finish(
            limit or recorder.limit(),
            reason=reason,
            evidence={"by": self.name},
            engines=MappingProxyType({self.name: "1.0"}),
        )


def _hear(budget, heard, kind, value):
    sign = 1 if kind is EventKind.INCUMBENT else -1
    while budget.reached() is None:
        for event in budget.incoming():
            heard[event.kind] = event.objective if event.solution is not None else event.bound
            if event.solution is not None:
                assert event.solution[1] + 4 == event.objective
        if kind in heard and sign * heard[kind] <= sign * value:
            return
        time.sleep(0.002)


def _hog(recorder):
    blocks = []
    while True:
        blocks.append(np.ones(1 << 20))
        time.sleep(0.002)


def _crash(recorder):
    os.kill(os.getpid(), signal.SIGKILL)


def _raise(recorder):
    raise SolverFailed("the toy broke")


_DO = {
    "incumbent": lambda recorder, v: recorder.incumbent(int(v), schedule(int(v))),
    "broken": lambda recorder, v: recorder.incumbent(int(v), np.array([0, 0])),
    "bound": lambda recorder, v: recorder.bound(int(v)),
    "cores": lambda recorder: recorder.bound(recorder.budget.cores),
    "wait": lambda recorder, s: time.sleep(float(s)),
    "spin": lambda recorder: spinning.spin_without_the_gil(),
    "crash": _crash,
    "raise": _raise,
    "hog": _hog,
}


def entrants(**scripts):
    """One entrant a keyword, following its script."""
    return [Entrant(Scripted(name=name), Script(steps), 1) for name, steps in scripts.items()]
