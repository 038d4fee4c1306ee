"""The table by which `auto` chooses: the first rule that applies, with its solvers installed.

A rule is data: when it applies, which solvers run with which share of the threads, and
why.  Several solvers make a race (`race`), for which there must be a thread for each.  The
rules of a group of families stand together in a module of their own.
"""

from __future__ import annotations

from solverhub.routing import (
    rules_clusterings,
    rules_graphs,
    rules_job_shops,
    rules_metrics,
    rules_photonics,
    rules_programs,
    rules_routes,
    rules_sharding,
)
from solverhub.routing.rule import Rule

RULES: tuple[Rule, ...] = (
    *rules_programs.RULES,
    *rules_graphs.RULES,
    *rules_clusterings.RULES,
    *rules_metrics.RULES,
    *rules_job_shops.RULES,
    *rules_routes.RULES,
    *rules_photonics.RULES,
    *rules_sharding.RULES,
)
