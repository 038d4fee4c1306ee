"""How `auto` chooses for clusterings."""

from __future__ import annotations

from solverhub.routing.rule import Rule, Share, may_race

RULES: tuple[Rule, ...] = (
    Rule(
        ("correlation-clustering",),
        "2 threads, not deterministic",
        may_race,
        (Share("clustering-search", 1), Share("cycle-packing", 1)),
        "annealing finds the clusters, packed conflicts bound them and often prove them",
    ),
    Rule(
        ("correlation-clustering",),
        "otherwise",
        lambda f: True,
        (Share("cycle-packing"),),
        "one solver only: packed conflicts bound, and the search has its share between rounds",
    ),
    Rule(
        ("cubic-correlation-clustering",),
        "2 threads, not deterministic",
        may_race,
        (Share("cubic-search", 1), Share("cubic-branch-and-bound", 1)),
        "annealing finds the clusters, partial optimality and branching prove them",
    ),
    Rule(
        ("cubic-correlation-clustering",),
        "at most 1,000,000 vertices, pairs and triples",
        lambda f: f.weight <= 1_000_000,
        (Share("cubic-branch-and-bound"),),
        "one solver only: branch and bound begins with a search",
    ),
    Rule(
        ("cubic-correlation-clustering",),
        "otherwise",
        lambda f: True,
        (Share("cubic-search"),),
        "annealing and recombination on all threads",
    ),
    Rule(
        ("min-max-correlation-clustering",),
        "2 threads, not deterministic",
        may_race,
        (Share("min-max-search", 1), Share("min-max-branching", 1)),
        "annealing finds the clusters, refuting lower limits proves them",
    ),
    Rule(
        ("min-max-correlation-clustering",),
        "otherwise",
        lambda f: True,
        (Share("min-max-branching"),),
        "one solver only: limits are refuted by cases, and search runs between",
    ),
    Rule(
        ("edge-coloured-clustering",),
        "more than 2 colours, 2 threads, not deterministic",
        lambda f: may_race(f) and f["colours"] > 2,
        (Share("colour-search", 1), Share("colour-lp", 1)),
        "cuts find colourings near the optimum at once, the linear relaxation proves them",
    ),
    Rule(
        ("edge-coloured-clustering",),
        "more than 2 colours, at most 1,000,000 vertices and edges",
        lambda f: f["colours"] > 2 and f.weight <= 1_000_000,
        (Share("colour-lp"),),
        "one solver only: the linear relaxation bounds, and cuts search before it",
    ),
    Rule(
        ("edge-coloured-clustering",),
        "otherwise",
        lambda f: True,
        (Share("colour-search"),),
        "two colours are one minimum cut; beyond, the relaxation would not end",
    ),
)
