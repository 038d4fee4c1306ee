"""Agents and who may talk to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from solverhub.consensus.proximal import Proximal, checked
from solverhub.core.errors import InvalidInstance

_STIFF = 1e3
_WIDEST = 1e8
"""A probed curvature lies within this factor of 1, either way."""


@dataclass(frozen=True, eq=False)
class Network:
    """Minimise sum_i f_i(x) over a connected graph of agents.

    - `agents`: name to the function it holds; all of one dimension `n`.
    - `edges`: pairs of names, undirected; a pair given twice counts once.

    Raises `InvalidInstance` for no agent, other dimensions, unknown names, loops, and for a
    graph that is not connected, where no method can agree; the message names an agent on
    either side.
    """

    agents: Mapping[str, Proximal]
    edges: Iterable[tuple[str, str]] = ()
    n: int = field(init=False)
    neighbours: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        agents = dict(self.agents)
        if not agents:
            raise InvalidInstance("the network has no agent", remedy="give one or more")
        first = next(iter(agents))
        for name, agent in agents.items():
            if agent.n != agents[first].n:
                raise InvalidInstance(
                    f"agent {name!r} has {agent.n} variables and {first!r} has {agents[first].n}",
                    remedy="all agents share the same variables",
                )
        near: dict[str, list[str]] = {name: [] for name in agents}
        pairs = []
        for one, other in self.edges:
            for name in (one, other):
                if name not in agents:
                    raise InvalidInstance(f"edge ({one!r}, {other!r}): no agent {name!r}")
            if one == other:
                raise InvalidInstance(f"edge ({one!r}, {other!r}) is a loop", remedy="drop it")
            if other not in near[one]:
                near[one].append(other)
                near[other].append(one)
                pairs.append((one, other))
        _require_connected(first, near)
        put = object.__setattr__
        put(self, "agents", agents)
        put(self, "edges", tuple(pairs))
        put(self, "n", agents[first].n)
        put(self, "neighbours", {name: tuple(others) for name, others in near.items()})


def ring(names: Iterable[str]) -> list[tuple[str, str]]:
    """Edges of a cycle through the names (of a single edge for two, none for one)."""
    nodes = list(names)
    return [] if len(nodes) < 2 else list(zip(nodes, [*nodes[1:], nodes[0]], strict=True))


def complete(names: Iterable[str]) -> list[tuple[str, str]]:
    """Edges between all pairs of names."""
    nodes = list(names)
    return [(one, other) for at, one in enumerate(nodes) for other in nodes[at + 1 :]]


def star(centre: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """Edges from the centre to every other name."""
    return [(centre, name) for name in names if name != centre]


def penalty(network: Network, seed: int = 0) -> float:
    """A step rho that fits: the median over the agents of curvature over degree.

    The curvature of f is probed by its prox alone: answers x, x' to random questions with
    subgradients g, g' tell |g - g'| / |x - x'|.  With a weight well above the curvature the
    answers stay with the questions, and this is its root mean square; a small weight would
    see the flattest directions alone, which makes far too small a step.
    """
    rng = np.random.default_rng(seed)
    questions = rng.standard_normal((2, network.n))
    found = []
    for name, agent in network.agents.items():
        curvature = _curvature(name, agent, questions, 1.0)
        curvature = _curvature(name, agent, questions, _STIFF * max(curvature, 1.0))
        found.append(curvature / max(1, len(network.neighbours[name])))
    return float(np.median(found))


def _curvature(name: str, agent: Proximal, questions: np.ndarray, weight: float) -> float:
    answers = np.array([checked(name, agent, v, weight) for v in questions])
    moved = float(np.linalg.norm(np.diff(answers, axis=0)))
    pulled = weight * float(np.linalg.norm(np.diff(questions - answers, axis=0)))
    return min(max(pulled / max(moved, 1.0 / _WIDEST), 1.0 / _WIDEST), _WIDEST)


def _require_connected(first: str, near: Mapping[str, list[str]]) -> None:
    seen, todo = {first}, [first]
    while todo:
        for other in near[todo.pop()]:
            if other not in seen:
                seen.add(other)
                todo.append(other)
    for name in near:
        if name not in seen:
            raise InvalidInstance(
                f"the graph is not connected: no path from agent {first!r} to {name!r}",
                remedy="add an edge between the parts, or solve each by itself",
            )
