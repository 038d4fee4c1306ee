"""Agents whose work is done by workers of a running service: each prox is a `qp` job.

The driver keeps what an agent is (its waves, words and turns; see `threads`), and sends

    minimise  1/2 x'(P + rho I) x + (q - rho v)'x   subject to  l <= A x <= u

to the service that its agent belongs to, which queues, supervises and, where a worker dies,
repeats it.  So agents may share one service or have one each, on other hosts.  A job that is
slow is a straggler; a service that cannot be reached, or fails a job, is asked again until the
run ends, and its agents meanwhile count as computing: after `patience_s` they are given up, and
taken back when an answer comes.  A job costs tens of milliseconds of queueing, so this suits
agents whose own problem takes longer than that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, eye_array

from solverhub.consensus.delays import Delays
from solverhub.consensus.losses import LeastSquares
from solverhub.consensus.monitor import Monitor
from solverhub.consensus.node import Node
from solverhub.consensus.outcome import Outcome
from solverhub.consensus.quadratic import Quadratic
from solverhub.consensus.threads import run_threads
from solverhub.core.budget import Budget
from solverhub.core.errors import (
    InvalidInstance,
    InvalidParams,
    Overloaded,
    SolverFailed,
    StorageFull,
    UnknownId,
    Unreachable,
)
from solverhub.core.result import Reason
from solverhub.problems.quadratic_program import QuadraticProgram

if TYPE_CHECKING:
    from solverhub.client import Client

_EPS = 1e-10
_JOB_S = 60.0
_ASK_S = 1.0
_AGAIN_S = 0.2
_LEAVE_S = 2.0
_PASSING = (Unreachable, SolverFailed, Overloaded, StorageFull, UnknownId)


class ServiceAgent:
    """A quadratic agent whose prox is a job; `stop` ends a wait for one that does not come."""

    def __init__(self, program: QuadraticProgram, client: Client, stop: threading.Event) -> None:
        self.program, self.n = program, program.n
        self._client, self._stop = client, stop
        self.asking = threading.Lock()

    def prox(self, v: np.ndarray, rho: float) -> np.ndarray:
        """argmin f(x) + rho/2 |x - v|^2, as the service answers it."""
        program = self.program
        question = replace(
            program,
            P=csc_array(program.P + rho * eye_array(self.n)),
            q=program.q - rho * v,
        )
        with self.asking:
            while not self._stop.is_set():
                try:
                    found = self._ask(question)
                except _PASSING:
                    found = None
                if found is not None:
                    return found
                self._stop.wait(_AGAIN_S)
        raise SolverFailed("the run ended before the service answered")

    def objective(self, x: np.ndarray) -> float:
        """1/2 x'P x + q'x + r."""
        program = self.program
        return float(0.5 * x @ (program.P @ x) + program.q @ x + program.r)

    def _ask(self, question: QuadraticProgram) -> np.ndarray | None:
        """The optimum; None where the run ended first or the job stopped short of it."""
        job = self._client.submit(
            question,
            "qp",
            "interior-point",
            time_limit=_JOB_S,
            threads=1,
            params={"eps": _EPS},
            use_cache=False,
        )
        while not self._stop.is_set():
            try:
                result = job.result(_ASK_S)
            except TimeoutError:
                continue
            if result.termination.reason is Reason.INFEASIBLE:
                raise InvalidInstance("its constraints contradict each other")
            return result.solution
        job.cancel()
        return None


def run_on_service(
    nodes: dict[str, Node],
    monitor: Monitor,
    budget: Budget,
    *,
    delays: Delays,
    patience_s: float,
    url: str | Mapping[str, str],
    api_key: str | None,
) -> Outcome:
    """Run to convergence or a limit; `url` is one service, or one a name of an agent."""
    from solverhub.client import Client
    from solverhub.client.retry import Retry

    places = {name: url if isinstance(url, str) else url.get(name) for name in nodes}
    stop = threading.Event()
    with ExitStack() as stack:
        clients = {
            place: stack.enter_context(Client(place, api_key, retry=Retry(attempts=1)))
            for place in sorted({place for place in places.values() if place is not None})
        }
        agents = []
        for name, node in nodes.items():
            place = places[name]
            if place is None:
                raise InvalidParams(f"agent {name!r} has no url", remedy="give one for each agent")
            node.agent = ServiceAgent(_program(name, node), clients[place], stop)
            agents.append(node.agent)
        try:
            return run_threads(
                nodes, monitor, budget, delays=delays, patience_s=patience_s, ended=stop
            )
        finally:
            stop.set()
            until = time.monotonic() + _LEAVE_S
            for agent in agents:
                agent.asking.acquire(timeout=max(0.0, until - time.monotonic()))


def _program(name: str, node: Node) -> QuadraticProgram:
    agent = node.agent
    if isinstance(agent, Quadratic | LeastSquares):
        return agent.program
    raise InvalidParams(
        f"agent {name!r} is a {type(agent).__name__}, which is no quadratic program",
        remedy="on a service agents are Quadratic or LeastSquares",
    )
