"""How `auto` chooses for routes."""

from __future__ import annotations

from solverhub.routing.rule import Rule, Share

RULES: tuple[Rule, ...] = (
    Rule(
        ("route-planning",),
        "independent travel times",
        lambda f: bool(f["independent"]),
        (Share("parametric-paths"),),
        "independent times: a few shortest paths find the best route and prove it",
    ),
    Rule(
        ("route-planning",),
        "otherwise",
        lambda f: True,
        (Share("surco-zero"),),
        "common factors: no exact method, a learned surrogate beats the rules of thumb",
    ),
)
