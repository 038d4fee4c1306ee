"""How `auto` chooses for linear, integer and quadratic programs."""

from __future__ import annotations

from solverhub.routing.rule import Rule, Share, may_race

SMALL_PROGRAM = 20_000
"""Nonzeros of a program up to which branch and bound gets far."""

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
