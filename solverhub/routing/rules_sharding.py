"""How `auto` chooses for table sharding."""

from __future__ import annotations

from solverhub.routing.rule import Rule, Share, may_race

_PROVABLE = 24
"""Tables up to which branch and bound often proves the optimum within seconds."""

RULES: tuple[Rule, ...] = (
    Rule(
        ("table-sharding",),
        f"at most {_PROVABLE} tables",
        lambda f: f["tables"] <= _PROVABLE,
        (Share("sharding-branching"),),
        "few tables: annealing finds the placement and branch and bound proves it",
    ),
    Rule(
        ("table-sharding",),
        "2 threads or more",
        may_race,
        (Share("sharding-search", 1), Share("sharding-branching", 1)),
        "many tables: annealing goes on while branch and bound looks for a proof",
    ),
    Rule(
        ("table-sharding",),
        "otherwise",
        lambda f: True,
        (Share("sharding-search"),),
        "many tables and one thread: annealing, with a bound that is recomputed",
    ),
)
