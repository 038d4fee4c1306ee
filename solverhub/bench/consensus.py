"""Agents that wait for each other against agents that do not, under delays.

Eight agents with lasso problems of 20 variables each, on a ring and on a complete graph, 1 ms
an update by an injected delay, run until both residuals are below 1e-6 relative.  The first
table's runs are in real time, a process an agent; the delay patterns that follow run on a
simulated clock, where 1 s is an update.
"""

from __future__ import annotations

import statistics

import numpy as np

from solverhub import consensus
from solverhub.consensus import Constant, Delays, Growing, Pareto, Pause, Starve, Uniform
from solverhub.core.budget import Budget

_EPS = 1e-6
_LIMIT_S = 60.0
_SEEDS = (0, 1, 2)
_AGENTS = 8
_MS = Constant(0.001)
_WORD = Constant(0.1)
_REAL = {
    "all 1 ms": Delays(every_compute=_MS),
    "one 10 ms": Delays(every_compute=_MS, compute={"a3": Constant(0.01)}),
    "one 10 ms, words 2 ms": Delays(
        every_compute=_MS, every_message=Constant(0.002), compute={"a3": Constant(0.01)}
    ),
    "random 0 to 4 ms": Delays(every_compute=Uniform(0.0, 0.004)),
}
_HALF = {f"a{at}": Starve(1.0, 20.0, 1.02, odd=at < _AGENTS // 2) for at in range(_AGENTS)}
_SIMULATED = {
    "all 1 s": Delays(every_compute=Constant(1.0), every_message=_WORD),
    "one 10 s": Delays(
        every_compute=Constant(1.0), every_message=_WORD, compute={"a3": Constant(10.0)}
    ),
    "one 100 s": Delays(
        every_compute=Constant(1.0), every_message=_WORD, compute={"a3": Constant(100.0)}
    ),
    "random, heavy tail": Delays(every_compute=Pareto(0.3, 1.2), every_message=Pareto(0.1, 1.2)),
    "one ever slower": Delays(
        every_compute=Constant(1.0), every_message=_WORD, compute={"a3": Growing(1.0, 0.2)}
    ),
    "one away for 500 s": Delays(
        every_compute=Constant(1.0), every_message=_WORD, compute={"a3": Pause(1.0, 20.0, 520.0)}
    ),
    "halves starve in turn": Delays(every_compute=Constant(1.0), compute=_HALF),
}


def measure() -> list[list[str]]:
    """Header and one line a graph and pattern: medians over the seeds of both methods."""
    lines = [["graph", "delays", "clock", "synchronous", "asynchronous", "ratio", "converged"]]
    for graph in ("ring", "complete"):
        for name, delays in _REAL.items():
            lines.append([graph, name, "real", *_compare(graph, delays, "processes")])
        for name, delays in _SIMULATED.items():
            lines.append([graph, name, "simulated", *_compare(graph, delays, "simulated")])
    return lines


def network(graph: str, seed: int) -> consensus.Network:
    """Lasso problems of 30 rows and 20 columns with a common sparse truth."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal(20) * (rng.random(20) < 0.5)
    agents = {}
    for at in range(_AGENTS):
        A = rng.standard_normal((30, 20)) * rng.uniform(0.5, 2.0)
        agents[f"a{at}"] = consensus.Lasso(A, A @ truth + rng.standard_normal(30), 1.0)
    edges = consensus.ring(agents) if graph == "ring" else consensus.complete(agents)
    return consensus.Network(agents, edges)


def _compare(graph: str, delays: Delays, runner: str) -> list[str]:
    times: dict[str, list[float]] = {"synchronous": [], "asynchronous": []}
    converged = 0
    for seed in _SEEDS:
        for method, found in times.items():
            outcome = consensus.solve(
                network(graph, seed),
                Budget.start(_LIMIT_S),
                method=method,
                runner=runner,
                delays=delays,
                eps=_EPS,
                patience_s=1e9,
            )
            found.append(outcome.wall_s)
            converged += outcome.converged
    waited, free = (statistics.median(times[method]) for method in times)
    return [
        f"{waited:.2f} s",
        f"{free:.2f} s",
        f"{free / waited:.2f}",
        f"{converged} of {2 * len(_SEEDS)}",
    ]
