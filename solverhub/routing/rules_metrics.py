"""How `auto` chooses for metrics."""

from __future__ import annotations

from solverhub.routing.rule import Rule, Share

RULES: tuple[Rule, ...] = (
    Rule(
        ("metric-nearness",),
        "distances may only decrease, or the linf norm",
        lambda f: bool(f["decrease_only"] or f["norm"] == "linf"),
        (Share("metric-closure"),),
        "shortest paths are the answer, once or for a few values of the largest change",
    ),
    Rule(
        ("metric-nearness",),
        "the l1 norm",
        lambda f: bool(f["norm"] == "l1"),
        (Share("cycle-cuts"),),
        "a linear program whose violated cycles are added in rounds",
    ),
    Rule(
        ("metric-nearness",),
        "otherwise",
        lambda f: True,
        (Share("project-forget"),),
        "projections on violated cycles reach the nearest metric and bound it",
    ),
)
