"""Seeded random instances by name; the same name, seed and sizes give the same instance.

A generator is a function of its sizes and a keyword `seed` that returns an instance of its
problem; those of graphs serve all graph families.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from solverhub.core.errors import InvalidParams, UnknownName
from solverhub.core.problem import Parsed
from solverhub.problems import families
from solverhub.problems.graph_family import GraphFamily

GRAPH_PROBLEMS = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
    "max-cut",
    "correlation-clustering",
    "min-max-correlation-clustering",
)
_EDGE_WEIGHTED = ("max-cut", "correlation-clustering", "min-max-correlation-clustering")

GENERATORS: dict[str, str] = {
    "rb": "solverhub.problems.generators.graph:rb",
    "rb-small": "solverhub.problems.generators.graph:rb_small",
    "rb-large": "solverhub.problems.generators.graph:rb_large",
    "ba": "solverhub.problems.generators.graph:ba",
    "ba-small": "solverhub.problems.generators.graph:ba_small",
    "ba-large": "solverhub.problems.generators.graph:ba_large",
    "er": "solverhub.problems.generators.graph:er",
    "regular": "solverhub.problems.generators.graph:regular",
    "planted-triples": "solverhub.problems.generators.cubic:planted_triples",
    "equilateral-triangles": "solverhub.problems.generators.cubic:equilateral_triangles",
    "planted-clusters": "solverhub.problems.generators.graph:planted_clusters",
    "planted-colours": "solverhub.problems.generators.hypergraph:planted_colours",
    "random-job-shop": "solverhub.problems.generators.job_shop:random_job_shop",
    "route-grid": "solverhub.problems.generators.route:route_grid",
    "waveguide-bend": "solverhub.problems.generators.photonic:waveguide_bend",
    "mode-converter": "solverhub.problems.generators.photonic:mode_converter",
    "beam-splitter": "solverhub.problems.generators.photonic:beam_splitter",
    "wdm": "solverhub.problems.generators.photonic:wdm",
    "random-tables": "solverhub.problems.generators.sharding:random_tables",
    "uniform-distances": "solverhub.problems.generators.metric:uniform_distances",
    "binary-distances": "solverhub.problems.generators.metric:binary_distances",
    "product-distances": "solverhub.problems.generators.metric:product_distances",
    "bounded-distances": "solverhub.problems.generators.metric:bounded_distances",
    "sparse-distances": "solverhub.problems.generators.metric:sparse_distances",
    "vertex-cover": "solverhub.problems.generators.ilp:vertex_cover",
    "independent-set": "solverhub.problems.generators.ilp:independent_set",
    "auction": "solverhub.problems.generators.ilp:auction",
    "set-cover": "solverhub.problems.generators.ilp:set_cover",
    "generalised-assignment": "solverhub.problems.generators.ilp_equality:generalised_assignment",
    "time-indexed-schedule": "solverhub.problems.generators.ilp_equality:time_indexed_schedule",
    "lot-sizing": "solverhub.problems.generators.ilp_equality:lot_sizing",
    "random-qp": "solverhub.problems.generators.qp:random_qp",
    "lasso": "solverhub.problems.generators.qp:lasso",
    "portfolio": "solverhub.problems.generators.qp:portfolio",
    "svm": "solverhub.problems.generators.qp:svm",
    "mpc": "solverhub.problems.generators.qp:mpc",
    "qubo": "solverhub.problems.generators.binary_qp:qubo",
    "binary-least-squares": "solverhub.problems.generators.binary_qp:binary_least_squares",
    "sparse-portfolio": "solverhub.problems.generators.binary_qp:sparse_portfolio",
}

_PROBLEMS = {
    "graph": GRAPH_PROBLEMS,
    "cubic": ("cubic-correlation-clustering",),
    "hypergraph": ("edge-coloured-clustering",),
    "job_shop": ("job-shop",),
    "route": ("route-planning",),
    "photonic": ("photonic-design",),
    "sharding": ("table-sharding",),
    "metric": ("metric-nearness",),
    "ilp": ("ilp",),
    "ilp_equality": ("ilp",),
    "qp": ("qp",),
    "binary_qp": ("qp",),
}


def names(problem: str | None = None) -> list[str]:
    """Names of all generators, or of those for one problem."""
    return [name for name in GENERATORS if problem is None or problem in problems(name)]


def problems(name: str) -> tuple[str, ...]:
    """The problems that a generator serves; the first is its default."""
    module = _target(name).partition(":")[0]
    return _PROBLEMS[module.rpartition(".")[2]]


def sizes(name: str) -> dict[str, inspect.Parameter]:
    """The parameters of a generator besides the seed."""
    parameters = dict(inspect.signature(_function(name)).parameters)
    parameters.pop("seed", None)
    return parameters


def generate(name: str, seed: int = 0, *, problem: str | None = None, **given: Any) -> Parsed:
    """An instance of `problem` (the generator's first by default).

    `given` are the generator's sizes, as numbers or as text; graphs also take `weights=k`,
    uniform integers 1..k for vertices (for edges in max-cut and correlation clustering), and
    `signed=True`, a random sign for each.  Raises `UnknownName` or `InvalidParams`.
    """
    serves = problems(name)
    chosen = serves[0] if problem is None else problem
    if chosen not in serves:
        raise InvalidParams(
            f"{name} gives no {chosen}", remedy=f"give one of {', '.join(names(chosen)) or serves}"
        )
    if seed < 0:
        raise InvalidParams(f"seed is {seed}", remedy="give 0 or more")
    known = sizes(name)
    drawn: dict[str, Any] = {}
    if serves is GRAPH_PROBLEMS:
        drawn = {key: given.pop(key) for key in ("weights", "signed") if key in given}
    fields = {key: _value(name, key, value, known) for key, value in given.items()}
    missing = [
        key for key, p in known.items() if p.default is inspect.Parameter.empty and key not in given
    ]
    if missing:
        raise InvalidParams(f"{name} needs {', '.join(missing)}", remedy="give a value for each")
    made = _function(name)(**fields, seed=seed)
    if drawn:
        from solverhub.problems.generators.graph import weighted

        made = weighted(made, edges=chosen in _EDGE_WEIGHTED, seed=seed, **drawn)
    if isinstance(made, Parsed):
        return made
    title = "-".join([name, *(f"{key}{value}" for key, value in given.items()), f"seed{seed}"])
    family = families.get(chosen)
    instance = family.of_graph(made) if isinstance(family, GraphFamily) else made
    return Parsed(family, instance, name=title)


def _target(name: str) -> str:
    if name not in GENERATORS:
        raise UnknownName(f"unknown generator {name!r}", remedy=f"one of {', '.join(GENERATORS)}")
    return GENERATORS[name]


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = _target(name).partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


def _value(name: str, key: str, value: Any, known: dict[str, inspect.Parameter]) -> Any:
    if key not in known:
        raise InvalidParams(
            f"{name} has no size {key!r}", remedy=f"known are {', '.join(known) or 'none'}"
        )
    kind = int if str(known[key].annotation).startswith("int") else float
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidParams(f"{key} is {value!r}", remedy=f"give a {kind.__name__}") from error
    if isinstance(value, float) and number != value:
        raise InvalidParams(f"{key} is {value!r}", remedy=f"give a {kind.__name__}")
    return number
