"""How `auto` chooses for job shops."""

from __future__ import annotations

from solverhub.routing.features import Features
from solverhub.routing.rule import Rule, Share, may_race

TINY_SHOP, SMALL_SHOP, SMALL_SHOP_JOBS = 100, 225, 15
"""Operations of a shop that one CP-SAT worker proves at once; operations and jobs of those that
it proves within a minute beside a search, while larger ones gain more from a second thread of
the search."""


def _provable_shop(f: Features) -> bool:
    few = f["operations"] <= SMALL_SHOP and f["jobs"] <= SMALL_SHOP_JOBS
    return few or bool(f["operations"] <= TINY_SHOP)


RULES: tuple[Rule, ...] = (
    Rule(
        ("job-shop",),
        "3 threads, not deterministic",
        lambda f: may_race(f) and f.threads >= 3,
        (Share("job-shop-tabu"), Share("cp-sat", 1, {"prove": True})),
        "tabu search finds schedules in seconds; a thread is left for a proof",
    ),
    Rule(
        ("job-shop",),
        "at most 100 operations, or at most 225 of at most 15 jobs; 2 threads, not deterministic",
        lambda f: may_race(f) and _provable_shop(f),
        (Share("job-shop-tabu", 1), Share("cp-sat", 1, {"prove": True})),
        "tabu search finds the schedule, CP-SAT proves that none is shorter, or finds it",
    ),
    Rule(
        ("job-shop",),
        "1 thread or deterministic, at most 100 operations",
        lambda f: f["operations"] <= TINY_SHOP,
        (Share("cp-sat"),),
        "a small shop: CP-SAT proves its optimum in seconds",
    ),
    Rule(
        ("job-shop",),
        "otherwise",
        lambda f: True,
        (Share("job-shop-tabu"),),
        "a proof is out of reach unless the bound is met: tabu search on all threads",
    ),
)
