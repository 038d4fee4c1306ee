"""One call for every method and runner."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from solverhub.consensus.arock import ArockNode, delay_step
from solverhub.consensus.delays import Delays
from solverhub.consensus.monitor import Monitor
from solverhub.consensus.network import Network, penalty
from solverhub.consensus.node import UNPACED, Node
from solverhub.consensus.outcome import Outcome
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams

METHODS = ("asynchronous", "synchronous", "arock")
RUNNERS = ("simulated", "threads", "processes", "service")
DEFAULT_EPS = 1e-7
DEFAULT_PATIENCE_S = 30.0


def solve(
    network: Network,
    budget: Budget | None = None,
    *,
    method: str = "asynchronous",
    runner: str = "threads",
    rho: float | None = None,
    eps: float = DEFAULT_EPS,
    relaxation: float = 0.5,
    delay_bound: int | None = None,
    patience_s: float = DEFAULT_PATIENCE_S,
    start: np.ndarray | None = None,
    delays: Delays | None = None,
    seed: int = 0,
    url: str | Mapping[str, str] | None = None,
    api_key: str | None = None,
) -> Outcome:
    """Minimise sum_i f_i(x) over the agents of a network.

    - `budget`: time, cancel, and `iterations`, the prox evaluations of all agents; 60 s
      without one.  The time of a simulation is that of the real clock.
    - `method`: "synchronous" is consensus ADMM in lockstep (an agent waits for all its
      neighbours); "asynchronous" waits for none (see `node`); "arock" is the baseline whose
      step must fit the delays (see `arock`).
    - `runner`: "threads", "processes" (a process an agent, on this host), "service" (each
      prox a job of the service at `url`, a mapping by agent where there are several; agents
      are `Quadratic` or `LeastSquares`; see `service_jobs`), or "simulated" (one thread on a
      simulated clock; by default 1 s an update and 0.1 s a word).
    - `rho`: the step; None probes the curvatures (`network.penalty`, seeded by `seed`).
    - `eps`: both relative residuals of the certificate are at most this (`Residuals`).
    - `relaxation`: a in (0, 1); of "arock" the step, unless `delay_bound` says how many updates
      of others may pass during one: then the step is the one that ARock allows for it.
    - `patience_s`: an agent that computes longer than this is given up until it answers.  If
      the others agree meanwhile, the run ends `partial` and names it.  Synchronous agents wait.
    - `start`: float64 (n,), zeros by default; `delays`: injected.

    Raises `InvalidParams`, and the errors of `proximal.checked` with the agent's name.
    """
    _check(method, runner, rho, eps, relaxation, patience_s)
    if delay_bound is not None and (method != "arock" or delay_bound < 0):
        raise InvalidParams(
            f"delay_bound is {delay_bound} for method {method!r}",
            remedy="give 0 or more, for arock alone",
        )
    budget = Budget.start(60.0) if budget is None else budget
    point = _start(network, start)
    step = penalty(network, seed) if rho is None else float(rho)
    lockstep, kind = method == "synchronous", Node
    if method == "arock":
        kind = ArockNode
        if delay_bound is not None:
            relaxation = delay_step(len(network.agents), delay_bound)
    nodes = {
        name: kind(
            name,
            agent,
            network.neighbours[name],
            rho=step,
            start=point,
            relaxation=relaxation,
            pace=0 if lockstep else UNPACED,
        )
        for name, agent in network.agents.items()
    }
    monitor = Monitor(network, rho=step, eps=eps)
    patience = math.inf if lockstep else patience_s
    if runner == "simulated":
        from solverhub.consensus.simulator import UNIT, Simulation

        chosen = UNIT if delays is None else delays
        return Simulation(nodes, monitor, budget, delays=chosen, patience_s=patience).run()
    chosen = Delays() if delays is None else delays
    if runner == "service":
        from solverhub.consensus.service_jobs import run_on_service

        if url is None:
            raise InvalidParams("no url is given for the service", remedy="pass url=...")
        return run_on_service(
            nodes,
            monitor,
            budget,
            delays=chosen,
            patience_s=patience,
            url=url,
            api_key=api_key,
        )
    if runner == "threads":
        from solverhub.consensus.threads import run_threads

        return run_threads(nodes, monitor, budget, delays=chosen, patience_s=patience)
    from solverhub.consensus.processes import run_processes

    return run_processes(nodes, monitor, budget, delays=chosen, patience_s=patience)


def _check(
    method: str,
    runner: str,
    rho: float | None,
    eps: float,
    relaxation: float,
    patience_s: float,
) -> None:
    if method not in METHODS:
        raise InvalidParams(f"no method {method!r}", remedy=f"one of {', '.join(METHODS)}")
    if runner not in RUNNERS:
        raise InvalidParams(f"no runner {runner!r}", remedy=f"one of {', '.join(RUNNERS)}")
    if rho is not None and not (math.isfinite(rho) and rho > 0):
        raise InvalidParams(f"rho is {rho}", remedy="give a finite number above 0")
    if not (math.isfinite(eps) and eps > 0):
        raise InvalidParams(f"eps is {eps}", remedy="give a finite number above 0")
    if not 0 < relaxation < 1:
        raise InvalidParams(f"relaxation is {relaxation}", remedy="give a number in (0, 1)")
    if not patience_s > 0:
        raise InvalidParams(f"patience_s is {patience_s}", remedy="give seconds above 0, or inf")


def _start(network: Network, start: np.ndarray | None) -> np.ndarray:
    point = np.zeros(network.n) if start is None else np.array(start, dtype=np.float64)
    if point.shape != (network.n,) or not np.isfinite(point).all():
        raise InvalidParams(f"start has shape {point.shape}, expected {network.n} finite numbers")
    return point
