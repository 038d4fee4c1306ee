"""How `auto` chooses for metrics."""

from __future__ import annotations

from solverhub.routing.rule import Rule, Share

RULES: tuple[Rule, ...] = (
    Rule(
        ("metric-nearness",),
        "otherwise",
        lambda f: True,
        (Share("project-forget"),),
        "projections on violated cycles reach the nearest metric and bound it",
    ),
)
