"""Agents that wait for each other against agents that do not, under delays.

Eight agents with lasso problems of 20 variables each, on a ring and on a complete graph, 1 ms
an update by an injected delay, run until both residuals are below 1e-6 relative.  The first
lines' runs are in real time, a process an agent, for 30 s at most; the delay patterns that
follow run on a simulated clock, where 1 s is an update, for 100,000 updates of all agents at
most, so that those lines are the same on every machine.

The baseline is ARock, twice: with the step that its theorem allows for the delays of the
pattern (a bound on the updates of others during one update and the travel of its words; none
where delays have no bound), and with a step of 1/2, for which nothing is guaranteed.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

import numpy as np

from solverhub import consensus
from solverhub.consensus import Constant, Cycle, Delays, Growing, Pareto, Pause, Starve, Uniform
from solverhub.core.budget import Budget

_EPS = 1e-6
_LIMIT_S = 30.0
_LIMIT_UPDATES = 100_000
_SEEDS = (0, 1, 2)
_AGENTS = 8
_MS, _UNIT = Constant(0.001), Constant(1.0)
_WORD = Constant(0.1)
_HALF = {f"a{at}": Starve(1.0, 20.0, 1.02, odd=at < _AGENTS // 2) for at in range(_AGENTS)}


@dataclass(frozen=True)
class Pattern:
    """Delays, and the bound on the delay in updates for ARock (None: there is none)."""

    name: str
    delays: Delays
    bound: int | None = None


def _one_slow(seconds: float, unit: Constant, words: Constant) -> Delays:
    return Delays(every_compute=unit, every_message=words, compute={"a3": Constant(seconds)})


REAL = (
    Pattern("all 1 ms", Delays(every_compute=_MS), 14),
    Pattern("one 10 ms", _one_slow(0.01, _MS, Constant(0.0)), 77),
    Pattern("one 10 ms, words 2 ms", _one_slow(0.01, _MS, Constant(0.002)), 91),
    Pattern("random 0 to 4 ms", Delays(every_compute=Uniform(0.0, 0.004))),
)
SIMULATED = (
    Pattern("all 1 s", Delays(every_compute=_UNIT, every_message=_WORD), 15),
    Pattern("one 10 s", _one_slow(10.0, _UNIT, _WORD), 78),
    Pattern("one 100 s", _one_slow(100.0, _UNIT, _WORD), 708),
    Pattern("words 50 s", Delays(every_compute=_UNIT, every_message=Constant(50.0)), 364),
    Pattern(
        "cyclic",
        Delays(every_compute=Cycle((1.0, 3.0, 9.0)), every_message=Cycle((0.0, 40.0, 0.0, 7.0))),
        350,
    ),
    Pattern("heavy tail", Delays(every_compute=Pareto(0.3, 1.2), every_message=Pareto(0.1, 1.2))),
    Pattern(
        "one ever slower",
        Delays(every_compute=_UNIT, every_message=_WORD, compute={"a3": Growing(1.0, 0.2)}),
    ),
    Pattern("words ever slower", Delays(every_compute=_UNIT, every_message=Growing(0.0, 0.05))),
    Pattern(
        "one away for 500 s",
        Delays(every_compute=_UNIT, every_message=_WORD, compute={"a3": Pause(1.0, 20.0, 520.0)}),
    ),
    Pattern("halves starve in turn", Delays(every_compute=_UNIT, compute=_HALF)),
)


def measure() -> list[list[str]]:
    """Header and one line a graph and pattern: medians over the seeds for every method."""
    lines = [
        ["graph", "delays", "clock", "synchronous", "asynchronous", "ARock, its step", "ARock, 1/2"]
    ]
    for graph in ("ring", "complete"):
        for clock, patterns, runner in (
            ("real", REAL, "processes"),
            ("simulated", SIMULATED, "simulated"),
        ):
            for pattern in patterns:
                lines.append([graph, pattern.name, clock, *compare(graph, pattern, runner)])
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


def compare(graph: str, pattern: Pattern, runner: str) -> list[str]:
    """One cell a method."""
    methods: list[dict[str, Any] | None] = [
        {"method": "synchronous"},
        {"method": "asynchronous"},
        None if pattern.bound is None else {"method": "arock", "delay_bound": pattern.bound},
        {"method": "arock"},
    ]
    return ["no bound" if m is None else _cell(graph, pattern, runner, m) for m in methods]


def budget(runner: str) -> Budget:
    """Seconds in real time, updates in a simulation."""
    if runner == "simulated":
        return Budget.start(iterations=_LIMIT_UPDATES)
    return Budget.start(_LIMIT_S)


def _cell(graph: str, pattern: Pattern, runner: str, method: dict[str, Any]) -> str:
    """Median seconds, or how many seeds converged within the limit where not all did."""
    times = []
    for seed in _SEEDS:
        outcome = consensus.solve(
            network(graph, seed),
            budget(runner),
            runner=runner,
            delays=pattern.delays,
            eps=_EPS,
            patience_s=1e9,
            **method,
        )
        if outcome.converged:
            times.append(outcome.wall_s)
        elif not times and seed == _SEEDS[0]:
            return "stopped"
    if len(times) < len(_SEEDS):
        return f"{len(times)} of {len(_SEEDS)}"
    return f"{statistics.median(times):.2f} s"
