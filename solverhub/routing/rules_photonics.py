"""How `auto` chooses for photonic designs."""

from __future__ import annotations

from solverhub.routing.rule import Rule, Share

RULES: tuple[Rule, ...] = (
    Rule(
        ("photonic-design",),
        "always",
        lambda f: True,
        (Share("surco-zero"),),
        "no exact method: a learned surrogate, led by the simulator's gradient",
    ),
)
