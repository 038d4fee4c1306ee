"""The table by which `auto` chooses: the first rule that applies, with its solvers installed.

A rule is data: when it applies, which solvers run with which share of the threads, and
why.  Several solvers make a race (`race`), for which there must be a thread for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from solverhub.routing.features import Features

SUBSETS = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
)
RACE_WEIGHT = 20_000_000
"""Numbers in an instance beyond which every further process costs too much memory."""

SMALL_PROGRAM = 20_000
SMALL_GRAPH = 10_000
TINY_GRAPH = 1_000
"""Nonzeros of a program, vertices and edges of a graph, up to which branch and bound gets far."""
MEDIUM_GRAPH = 100_000
"""Vertices and edges up to which CP-SAT may prove something beside a search."""

_BRIEFLY = MappingProxyType({"patience_s": 1.0})
"""Parameters of a search that leaves its core to the other arms once it finds nothing more."""


TINY_SHOP, SMALL_SHOP, SMALL_SHOP_JOBS = 100, 225, 15
"""Operations of a shop that one CP-SAT worker proves at once; operations and jobs of those that
it proves within a minute beside a search, while larger ones gain more from a second thread of
the search."""


@dataclass(frozen=True, slots=True)
class Share:
    """One solver of a rule; `threads=None` gives it all of them, also in a race.

    That suits CP-SAT: it is a portfolio of more workers than cores anyway, and losing some
    time to another arm costs it less than running with fewer threads, which leaves out kinds
    of workers.
    """

    solver: str
    threads: int | None = None
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; `when` says in words what `applies` tests."""

    problems: tuple[str, ...]
    when: str
    applies: Callable[[Features], bool]
    shares: tuple[Share, ...]
    why: str


def _race(f: Features) -> bool:
    return not f.exclusive and f.threads >= 2 and f.weight <= RACE_WEIGHT


def _provable_shop(f: Features) -> bool:
    few = f["operations"] <= SMALL_SHOP and f["jobs"] <= SMALL_SHOP_JOBS
    return few or bool(f["operations"] <= TINY_SHOP)


RULES: tuple[Rule, ...] = (
    Rule(
        ("ilp",),
        "no integer columns, at least 1,000,000 nonzeros and 2 threads, not deterministic",
        lambda f: f.linear and _race(f) and f["nonzeros"] >= 1_000_000,
        (Share("highs-interior-point", 1), Share("pdlp", 1)),
        "a large linear program: interior point where it can factorise, PDLP where it cannot",
    ),
    Rule(
        ("ilp",),
        "no integer columns, at least 10,000 nonzeros and 2 threads, not deterministic",
        lambda f: f.linear and _race(f) and f["nonzeros"] >= 10_000,
        (Share("highs", 1), Share("highs-interior-point", 1)),
        "a linear program that may be degenerate: simplex and interior point of HiGHS",
    ),
    Rule(
        ("ilp",),
        "no integer columns",
        lambda f: f.linear,
        (Share("highs"),),
        "a linear program: HiGHS solves it by simplex or interior point and gives duals",
    ),
    Rule(
        ("ilp",),
        "an exact form in whole numbers, 2 threads, not deterministic",
        _race,
        (Share("cp-sat"), Share("highs", 1)),
        "CP-SAT is strong on solutions, HiGHS on bounds, and they help one another",
    ),
    Rule(
        ("ilp",),
        "2 threads, not deterministic",
        _race,
        (Share("highs", 1), Share("scip", 1)),
        "HiGHS and SCIP cut and branch differently and gain little from more threads",
    ),
    Rule(
        ("ilp",),
        "only integer columns, at most 20,000 nonzeros, 9 rows in 10 of 0/1 packing or covering",
        lambda f: (
            f.pure_integer
            and f["nonzeros"] <= SMALL_PROGRAM
            and f.rows_of("set_packing", "set_covering", "set_partitioning", "cardinality") > 0.9
        ),
        (Share("cp-sat"),),
        "logical rows: clause learning of CP-SAT is strong on them even alone",
    ),
    Rule(
        ("ilp",),
        "otherwise",
        lambda f: True,
        (Share("highs"),),
        "one solver only: HiGHS is the strongest all-rounder for integer programs",
    ),
    Rule(
        ("qp",),
        "no integer columns",
        lambda f: f.linear,
        (Share("interior-point"),),
        "a convex program: PIQP and Clarabel in turn reach the most digits on the most programs",
    ),
    Rule(
        ("qp",),
        "integer columns, 2 threads, not deterministic",
        _race,
        (Share("scip", 1), Share("binary-admm", 1)),
        "integer columns: SCIP branches and bounds, many starts of ADMM find it solutions",
    ),
    Rule(
        ("qp",),
        "otherwise",
        lambda f: True,
        (Share("scip"),),
        "integer columns: SCIP branches, from the best of a few starts of ADMM",
    ),
    Rule(
        SUBSETS[:3],
        "at most 10,000 vertices and edges, 2 threads, not deterministic",
        lambda f: _race(f) and f.weight <= SMALL_GRAPH,
        (Share("vertex-cover-search", 1, _BRIEFLY), Share("cp-sat"), Share("highs", 1)),
        "a small graph: the search finds the best in moments and ends, the others prove it",
    ),
    Rule(
        SUBSETS[3:],
        "at most 10,000 vertices and edges, 2 threads, not deterministic",
        lambda f: _race(f) and f.weight <= SMALL_GRAPH,
        (Share("dominating-set-search", 1, _BRIEFLY), Share("cp-sat"), Share("highs", 1)),
        "a small graph: the search finds the best in moments and ends, the others prove it",
    ),
    Rule(
        SUBSETS,
        "at most 1,000 vertices and edges, or 10,000 and 5 s or more",
        lambda f: f.weight <= TINY_GRAPH or (f.weight <= SMALL_GRAPH and f.time_s >= 5),
        (Share("cp-sat"),),
        "a small graph and time for a proof: CP-SAT is the strongest single solver for it",
    ),
    Rule(
        SUBSETS[:3],
        "at most 100,000 vertices and edges, 2 threads, not deterministic",
        lambda f: _race(f) and f.weight <= MEDIUM_GRAPH,
        (Share("vertex-cover-search", 1), Share("cp-sat", 1)),
        "a graph of some size: the search finds solutions, CP-SAT proves what is easy",
    ),
    Rule(
        SUBSETS[3:],
        "at most 100,000 vertices and edges, 2 threads, not deterministic",
        lambda f: _race(f) and f.weight <= MEDIUM_GRAPH,
        (Share("dominating-set-search", 1), Share("cp-sat", 1)),
        "a graph of some size: the search finds solutions, CP-SAT proves what is easy",
    ),
    Rule(
        SUBSETS[:3],
        "otherwise",
        lambda f: True,
        (Share("vertex-cover-search"),),
        "a large graph, or no time for a proof: local search, and reductions that may prove it",
    ),
    Rule(
        SUBSETS[3:],
        "otherwise",
        lambda f: True,
        (Share("dominating-set-search"),),
        "a large graph, or no time for a proof: local search, and reductions that may prove it",
    ),
    Rule(
        ("max-cut",),
        "at most 3 edges a vertex, at most 10,000 of both, 2 threads, not deterministic",
        lambda f: _race(f) and f["edges"] <= 3 * f["vertices"] and f.weight <= SMALL_GRAPH,
        (Share("max-cut-search", 1), Share("odd-cycle-cuts", 1)),
        "a sparse graph: annealing finds the cut, odd-cycle inequalities bound and often prove it",
    ),
    Rule(
        ("max-cut",),
        "at most 1,000 vertices and edges, 2 threads, not deterministic",
        lambda f: _race(f) and f.weight <= TINY_GRAPH,
        (Share("max-cut-search", 1), Share("highs", 1)),
        "a tiny graph: annealing finds the cut, HiGHS branches to prove it",
    ),
    Rule(
        ("max-cut",),
        "at most 1,000 vertices and edges",
        lambda f: f.weight <= TINY_GRAPH,
        (Share("cp-sat"),),
        "a tiny graph and one solver only: CP-SAT finds the cut and may prove it",
    ),
    Rule(
        ("max-cut",),
        "otherwise",
        lambda f: True,
        (Share("max-cut-search"),),
        "no bound would come near: annealing and recombination on all threads",
    ),
    Rule(
        ("correlation-clustering",),
        "2 threads, not deterministic",
        _race,
        (Share("clustering-search", 1), Share("conflict-cycle-cuts", 1)),
        "annealing finds the clusters, conflict cycles bound them and often prove them",
    ),
    Rule(
        ("correlation-clustering",),
        "at most 100,000 vertices and edges",
        lambda f: f.weight <= 100_000,
        (Share("conflict-cycle-cuts"),),
        "one solver only: conflict cycle cuts bound, and search between their rounds",
    ),
    Rule(
        ("correlation-clustering",),
        "otherwise",
        lambda f: True,
        (Share("clustering-search"),),
        "too large for a linear relaxation on one thread: search alone",
    ),
    Rule(
        ("job-shop",),
        "3 threads, not deterministic",
        lambda f: _race(f) and f.threads >= 3,
        (Share("job-shop-tabu"), Share("cp-sat", 1, {"prove": True})),
        "tabu search finds schedules in seconds; a thread is left for a proof",
    ),
    Rule(
        ("job-shop",),
        "at most 100 operations, or at most 225 of at most 15 jobs; 2 threads, not deterministic",
        lambda f: _race(f) and _provable_shop(f),
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
