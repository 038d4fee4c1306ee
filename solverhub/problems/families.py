"""Every problem family by name: literal strings, imported on first use.

Choices of the command line, `GET /v1/problems`, the OpenAPI enums and the docs table
all derive from this dict.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import cast

from solverhub.core.errors import UnknownName
from solverhub.core.problem import Problem

FAMILIES: dict[str, str] = {
    "ilp": "solverhub.problems.ilp:Ilp",
    "qp": "solverhub.problems.qp:Qp",
    "maximum-independent-set": "solverhub.problems.subsets:MaximumIndependentSet",
    "maximum-clique": "solverhub.problems.subsets:MaximumClique",
    "minimum-vertex-cover": "solverhub.problems.subsets:MinimumVertexCover",
    "minimum-dominating-set": "solverhub.problems.subsets:MinimumDominatingSet",
    "max-cut": "solverhub.problems.max_cut:MaxCut",
    "correlation-clustering": "solverhub.problems.correlation_clustering:CorrelationClustering",
    "cubic-correlation-clustering": (
        "solverhub.problems.cubic_correlation_clustering:CubicCorrelationClustering"
    ),
    "min-max-correlation-clustering": (
        "solverhub.problems.min_max_clustering:MinMaxCorrelationClustering"
    ),
    "metric-nearness": "solverhub.problems.metric_nearness:MetricNearness",
    "edge-coloured-clustering": (
        "solverhub.problems.edge_coloured_clustering:EdgeColouredClustering"
    ),
    "job-shop": "solverhub.problems.job_shop:JobShop",
    "route-planning": "solverhub.problems.route_planning:RoutePlanning",
    "photonic-design": "solverhub.problems.photonic_design:PhotonicDesign",
    "table-sharding": "solverhub.problems.table_sharding:TableSharding",
}


def names() -> list[str]:
    """Names of all families, in the order of the table."""
    return list(FAMILIES)


@cache
def get(name: str) -> Problem:
    """The one stateless `Problem` of the family; raises `UnknownName` with the choices."""
    if name not in FAMILIES:
        raise UnknownName(f"unknown problem {name!r}", remedy=f"one of {', '.join(FAMILIES)}")
    module, _, attribute = FAMILIES[name].partition(":")
    return cast(Problem, getattr(importlib.import_module(module), attribute)())
