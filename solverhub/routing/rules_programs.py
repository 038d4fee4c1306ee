"""How `auto` chooses for linear, integer and quadratic programs."""

from __future__ import annotations

from solverhub.routing.features import Features
from solverhub.routing.rule import BRIEFLY, MOMENTARILY, Rule, Share, may_race

SMALL_PROGRAM = 20_000
"""Nonzeros of a program up to which branch and bound gets far."""


def _packing(f: Features) -> bool:
    """All rows packings: an independent set, in which long rows are cliques."""
    return f.structure and f.rows_of("set_packing") == 1


def _cover(f: Features) -> bool:
    """All rows covers: a set cover."""
    return f.structure and f.rows_of("set_covering") == 1


def _small_structure(f: Features) -> bool:
    return (_packing(f) or _cover(f)) and bool(f["nonzeros"] <= SMALL_PROGRAM)


def _graph(f: Features) -> bool:
    """An independent set, or a cover nearly all rows of which are edges of a graph."""
    return _packing(f) or (_cover(f) and bool(f["nonzeros"] <= 3 * f["rows"]))


RULES: tuple[Rule, ...] = (
    Rule(
        ("ilp",),
        "no integer columns, at least 1,000,000 nonzeros and 2 threads, not deterministic",
        lambda f: f.linear and may_race(f) and f["nonzeros"] >= 1_000_000,
        (Share("highs-interior-point", 1), Share("pdlp", 1)),
        "a large linear program: interior point where it can factorise, PDLP where it cannot",
    ),
    Rule(
        ("ilp",),
        "no integer columns, at least 10,000 nonzeros and 2 threads, not deterministic",
        lambda f: f.linear and may_race(f) and f["nonzeros"] >= 10_000,
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
        "all rows packings or all covers, at most 20,000 nonzeros, 4 threads, not deterministic",
        lambda f: may_race(f) and _small_structure(f) and f.threads >= 4,
        (Share("structure-search", 1, BRIEFLY), Share("cp-sat"), Share("highs", 1)),
        "a small graph or set cover: its search finds the best in moments, the others prove it",
    ),
    Rule(
        ("ilp",),
        "all rows packings or all covers, at most 20,000 nonzeros, 2 threads, not deterministic",
        lambda f: may_race(f) and _small_structure(f),
        (Share("structure-search", 1, MOMENTARILY), Share("cp-sat")),
        "a small graph or set cover: its search finds the best in moments, CP-SAT proves it",
    ),
    Rule(
        ("ilp",),
        "all rows packings, or all edges of a graph, 2 threads, not deterministic",
        lambda f: may_race(f) and _graph(f),
        (Share("structure-search", 1), Share("lns", 1, BRIEFLY), Share("highs", 1)),
        "a graph in the form of a program: its search, beside bounds by multipliers and by HiGHS",
    ),
    Rule(
        ("ilp",),
        "all rows packings, or all edges of a graph, more than 20,000 nonzeros",
        lambda f: _graph(f) and f["nonzeros"] > SMALL_PROGRAM,
        (Share("structure-search"),),
        "a large graph in the form of a program: the search of graphs",
    ),
    Rule(
        ("ilp",),
        "all rows covers, 2 threads, not deterministic",
        lambda f: may_race(f) and _cover(f),
        (Share("structure-search", 1, BRIEFLY), Share("lns", 1), Share("highs", 1)),
        "a set cover: its search is far at once and ends, neighbourhoods go on, HiGHS bounds",
    ),
    Rule(
        ("ilp",),
        "more than 20,000 nonzeros, an exact form in whole numbers, 4 threads, not deterministic",
        lambda f: may_race(f) and f["nonzeros"] > SMALL_PROGRAM and f.threads >= 4,
        (Share("lns", 2), Share("highs", 1), Share("cp-sat")),
        "a large program: neighbourhood search for solutions, HiGHS for bounds, CP-SAT for both",
    ),
    Rule(
        ("ilp",),
        "more than 20,000 nonzeros, 2 threads, not deterministic",
        lambda f: may_race(f) and f["nonzeros"] > SMALL_PROGRAM,
        (Share("lns", 1), Share("highs", 1)),
        "a large program: neighbourhood search finds solutions, HiGHS bounds",
    ),
    Rule(
        ("ilp",),
        "an exact form in whole numbers, 2 threads, not deterministic",
        may_race,
        (Share("cp-sat"), Share("highs", 1)),
        "CP-SAT is strong on solutions, HiGHS on bounds, and they help one another",
    ),
    Rule(
        ("ilp",),
        "2 threads, not deterministic",
        may_race,
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
        may_race,
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
)
