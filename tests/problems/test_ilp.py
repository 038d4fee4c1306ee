"""The ilp family: judge, forms, digest, summary, small instances."""

from __future__ import annotations

import itertools
import json
import math
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InputError, InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import Naming, Source
from solverhub.core.result import BoundCheck, Sense
from solverhub.problems.ilp import Ilp, IntegerProgram, format_of
from solverhub.problems.mps_write import write_mps
from tests.problems.ilp_cases import INTEGERS, program, programs

ILP = Ilp()
FOLDER = Path(__file__).parents[2] / "instances" / "ilp"
KNOWN = tomllib.loads((FOLDER / "best_known.toml").read_text())
INF = math.inf


def instance(name: str) -> Any:
    return ILP.parse(Source(name, (FOLDER / name).read_bytes()))


def optimum_by_hand(case: IntegerProgram) -> float | None:
    """The best integer point of a program with small bounds, by trying all."""
    ranges = [
        range(int(low), int(high) + 1) for low, high in zip(case.lower, case.upper, strict=True)
    ]
    points = (np.array(point, dtype=np.float64) for point in itertools.product(*ranges))
    values = [ILP.objective(case, x) for x in points if not ILP.violations(case, x)]
    return None if not values else (min if case.sense is Sense.MINIMISE else max)(values)


def test_every_instance_has_its_row_and_reads_without_warning() -> None:
    files = {path.name for path in FOLDER.iterdir()} - {"best_known.toml"}
    assert files == set(KNOWN)
    assert all(not instance(name).warnings for name in files)


@pytest.mark.parametrize("name", ["knapsack.mps", "set-cover.json"])
def test_known_optima_by_brute_force(name: str) -> None:
    assert optimum_by_hand(instance(name).instance) == KNOWN[name]["objective"]


def test_the_assignment_by_brute_force() -> None:
    case = instance("assignment.lp").instance
    found = []
    for order in itertools.permutations(range(4)):
        x = np.zeros(16)
        x[[4 * worker + task for worker, task in enumerate(order)]] = 1
        assert not ILP.violations(case, x)
        found.append(ILP.objective(case, x))
    assert min(found) == KNOWN["assignment.lp"]["objective"]


def test_the_infeasible_instance_has_a_proof() -> None:
    case = instance("infeasible.mps").instance
    farkas = np.array([1.0, 1, 1, -1, -1, -1])
    assert ILP.check_infeasible(case, {"farkas": farkas})
    assert ILP.check_infeasible(case, {"farkas": -farkas})
    assert not ILP.check_infeasible(case, {"farkas": np.zeros(6)})
    assert not ILP.check_infeasible(case, {"farkas": [1.0]})
    assert not ILP.check_infeasible(case, None)


def test_the_unbounded_instance_has_a_ray() -> None:
    case = instance("unbounded.lp").instance
    for size in (10.0, 1e6):
        x = np.array([size + 5, size])
        assert not ILP.violations(case, x)
        assert ILP.objective(case, x) == pytest.approx(size + 30)


# Judge


@settings(max_examples=200, deadline=None)
@given(programs(INTEGERS), st.data())
def test_integer_points_of_integer_data_are_judged_exactly(
    case: IntegerProgram, data: st.DataObject
) -> None:
    x = np.array(data.draw(st.lists(INTEGERS, min_size=case.n, max_size=case.n)))
    activity = case.A.toarray() @ x
    feasible = (
        (case.row_lower <= activity).all()
        and (activity <= case.row_upper).all()
        and (case.lower <= x).all()
        and (x <= case.upper).all()
    )
    assert (not ILP.violations(case, x)) == feasible
    value = ILP.objective(case, x)
    assert isinstance(value, int)
    assert value == sum(int(a) * int(b) for a, b in zip(case.c, x, strict=True)) + case.offset


@settings(max_examples=200, deadline=None)
@given(programs(), st.data())
def test_amounts_are_those_of_exact_arithmetic(case: IntegerProgram, data: st.DataObject) -> None:
    x = np.array(data.draw(st.lists(st.floats(-1e3, 1e3), min_size=case.n, max_size=case.n)))
    for violation in ILP.violations(case, x):
        kind, index = violation.constraint.split()
        if kind == "row":
            row = [Fraction(v) for v in case.A.toarray()[int(index)]]
            low, high = case.row_lower[int(index)], case.row_upper[int(index)]
            near = case.integer & (np.abs(x - np.rint(x)) <= 1e-6)
            points = {tuple(x), tuple(np.where(near, np.rint(x), x))}
            amounts = []
            for point in points:
                value = sum(a * Fraction(v) for a, v in zip(row, point, strict=True))
                amounts.append(
                    float(
                        max(
                            Fraction(low) - value if low > -INF else -1,
                            value - Fraction(high) if high < INF else -1,
                        )
                    )
                )
            assert violation.amount == pytest.approx(max(amounts), rel=1e-6, abs=1e-6)
        assert violation.amount > 0


def test_integer_rows_beyond_2_to_53_have_no_tolerance() -> None:
    big = 2.0**52
    case = program([1, 1, 1], [[big, big - 1, 1]], [-INF], [2 * big - 1], upper=2)
    assert not ILP.violations(case, np.array([1.0, 1, 0]))
    (violation,) = ILP.violations(case, np.array([1.0, 1, 1]))
    assert (violation.constraint, violation.amount) == ("row 0", 1)


def test_objectives_beyond_2_to_53_are_exact() -> None:
    case = program([2.0**53, 1], [], [], [])
    assert ILP.objective(case, np.array([1.0, 1.0])) == 2**53 + 1


def test_tolerances() -> None:
    mixed = program([1], [[1]], [1000], [INF], integer=False)
    assert not ILP.violations(mixed, np.array([1000 - 0.9e-3]))
    assert ILP.violations(mixed, np.array([1000 - 1.2e-3]))
    whole = program([1], [[1]], [3], [INF])
    assert not ILP.violations(whole, np.array([3 - 0.5e-6]))
    constraints = {violation.constraint for violation in ILP.violations(whole, np.array([2.5]))}
    assert constraints == {"column 0", "row 0"}


def test_a_big_coefficient_does_not_hide_behind_integrality() -> None:
    """x <= 1e6 y with y = 1e-6 holds as floats and fails once y is rounded."""
    case = IntegerProgram(
        sense=Sense.MINIMISE,
        c=np.zeros(2),
        A=np.array([[1.0, -1e6]]),
        row_lower=np.array([-INF]),
        row_upper=np.array([0.0]),
        lower=np.zeros(2),
        upper=np.array([5.0, 1.0]),
        integer=np.array([False, True]),
    )
    (violation,) = ILP.violations(case, np.array([1.0, 1e-6]))
    assert violation.constraint == "row 0"
    assert violation.amount == 1


@pytest.mark.parametrize("value", [math.nan, INF, -INF])
def test_values_that_are_not_finite_are_violations(value: float) -> None:
    (violation,) = ILP.violations(program([1], [[1]], [0], [1]), np.array([value]))
    assert violation.constraint == "column 0"


def test_huge_finite_values_are_judged() -> None:
    case = program([1, 1], [[1e15, -1e15]], [0], [0], lower=-INF, integer=False)
    assert ILP.violations(case, np.array([1.7e308, 0.0]))
    assert ILP.violations(case, np.array([1.7e308, -1.7e308]))


def test_at_most_100_violations_worst_first() -> None:
    case = program([1] * 300, [], [], [], upper=1)
    found = ILP.violations(case, np.arange(300.0))
    assert len(found) == 100
    assert [violation.amount for violation in found] == sorted(range(199, 299), reverse=True)


@pytest.mark.parametrize("x", [np.zeros(3), np.zeros(2, dtype=int), [0.0, 0.0], np.zeros((2, 1))])
def test_a_solution_of_the_wrong_form_is_refused(x: Any) -> None:
    case = program([1, 1], [], [], [])
    with pytest.raises(InvalidSolution):
        ILP.violations(case, x)
    with pytest.raises(InvalidSolution):
        ILP.objective(case, x)


# Instances


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"c": [1, math.nan]}, "NaN"),
        ({"c": [1, 1e20]}, "c[1]"),
        ({"c": [1]}, "shape"),
        ({"lower": [0, INF]}, "lower[1]"),
        ({"upper": [0, -1e20]}, "upper[1]"),
        ({"A": np.array([[1, INF]])}, "A.values"),
        ({"integer": [2, 0]}, "neither true nor false"),
        ({"offset": INF}, "offset"),
        ({"row_lower": [0, 1]}, "row_lower"),
    ],
)
def test_bad_arrays_are_refused(change: dict[str, Any], says: str) -> None:
    arrays: dict[str, Any] = {
        "sense": "minimise", "c": [1, 1], "A": np.array([[1.0, 2]]), "row_lower": [0],
        "row_upper": [1], "lower": [0, 0], "upper": [1, 1], "integer": [True, False],
    }  # fmt: skip
    IntegerProgram(**arrays)
    with pytest.raises(InvalidInstance) as caught:
        IntegerProgram(**(arrays | change))
    assert says in str(caught.value)


def test_arrays_are_canonical_and_read_only() -> None:
    from scipy.sparse import csr_array

    given = csr_array(([1.0, 2.0, 0.0, 3.0], [2, 0, 1, 2], [0, 4]), shape=(1, 3))
    case = IntegerProgram(
        sense=Sense.MINIMISE, c=np.zeros(3), A=given, row_lower=[-1e20], row_upper=[3e25],
        lower=[-0.0] * 3, upper=[1e30] * 3, integer=[0, 1, 1],
    )  # fmt: skip
    assert given.nnz == 4
    assert case.A.indices.tolist() == [0, 2]
    assert case.A.data.tolist() == [2, 4]
    assert np.isneginf(case.row_lower).all()
    assert np.isposinf(case.upper).all()
    for array in (case.c, case.A.data, case.lower, case.integer):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


# Forms


@settings(max_examples=100, deadline=None)
@given(programs(crossed=True))
def test_json_round_trip(case: IntegerProgram) -> None:
    naming = Naming([f"v {j}" for j in range(case.n)], [f"r{i}" for i in range(case.m)])
    wire = json.loads(json.dumps(ILP.to_wire(case, naming), allow_nan=False))
    parsed = ILP.from_wire(wire)
    assert ILP.digest(parsed.instance) == ILP.digest(case)
    assert list(parsed.naming.items or ()) == list(naming.items or ())
    assert list(parsed.naming.rows or ()) == list(naming.rows or ())
    assert ILP.from_wire(ILP.to_wire(case)).naming == Naming()


def test_infinities_of_the_json_form() -> None:
    wire = {"c": [1, 1, 1], "lower": [None, "-inf", -1e20], "upper": [None, "inf", 1e20]}
    case = ILP.from_wire(wire).instance
    assert np.isneginf(case.lower).all()
    assert np.isposinf(case.upper).all()
    assert ILP.from_wire({"c": [1]}).instance.lower.tolist() == [0]


def test_text_inside_json() -> None:
    text = (FOLDER / "knapsack.mps").read_text()
    digest = ILP.digest(instance("knapsack.mps").instance)
    assert ILP.digest(ILP.from_wire({"problem": "ilp", "mps": text}).instance) == digest
    assert ILP.from_wire({"mps": text}).name == "KNAPSACK"
    lp = (FOLDER / "assignment.lp").read_text()
    assert ILP.from_wire({"lp": lp, "name": "jobs"}).name == "jobs"
    with pytest.raises(ParseError) as caught:
        ILP.from_wire({"mps": text.replace("ENDATA", "")})
    assert caught.value.file == "<mps>"


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        ({}, "c is missing"),
        ({"c": 3}, "c is not a list"),
        ({"c": ["1"]}, "c[0]"),
        ({"c": [True]}, "c[0]"),
        ({"c": [None]}, "c[0]"),
        ({"c": [1e400]}, "c[0]"),
        ({"c": [10**400]}, "beyond 1e308"),
        ({"c": [1], "d": 1}, "unknown key 'd'"),
        ({"c": [1], "sense": "up"}, "sense"),
        ({"c": [1], "sense": 3}, "sense"),
        ({"c": [1], "offset": "a"}, "offset"),
        ({"c": [1], "lower": [1, 2]}, "lower"),
        ({"c": [1], "lower": ["x"]}, "lower[0]"),
        ({"c": [1], "lower": [math.nan]}, "lower[0]"),
        ({"c": [1], "lower": ["inf"]}, "lower[0]"),
        ({"c": [1], "integer": [2]}, "integer[0]"),
        ({"c": [1], "integer": [[1]]}, "integer[0]"),
        ({"c": [1], "A": 3}, "A is not an object"),
        ({"c": [1], "A": {"rows": [0], "cols": [0]}}, "A is not an object"),
        ({"c": [1], "A": {"rows": [0], "cols": [0], "values": [1]}}, "A.rows[0]"),
        (
            {"c": [1], "row_lower": [1], "A": {"rows": [-1], "cols": [0], "values": [1]}},
            "A.rows[0]",
        ),
        ({"c": [1], "row_lower": [1], "A": {"rows": [0], "cols": [1], "values": [1]}}, "A.cols[0]"),
        ({"c": [1], "row_lower": [1], "A": {"rows": [0.5], "cols": [0], "values": [1]}}, "integer"),
        ({"c": [1], "row_lower": [1], "A": {"rows": [0], "cols": [0], "values": []}}, "one length"),
        ({"c": [1], "row_lower": [1], "row_upper": [1, 2]}, "row_upper"),
        ({"c": [1], "names": ["a", "b"]}, "names"),
        ({"c": [1, 2], "names": ["a", "a"]}, "distinct"),
        ({"c": [1], "names": [3]}, "names[0]"),
        ({"mps": 3}, "mps"),
        ({"mps": "x", "c": [1]}, "mps"),
    ],
)
def test_bad_json_is_refused(wire: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        ILP.from_wire(wire)
    assert says in str(caught.value)


def test_the_digest_knows_the_instance_and_not_its_form() -> None:
    parsed = instance("lot-sizing.mps")
    case, digest = parsed.instance, ILP.digest(parsed.instance)
    forms = [
        Source("a.json", json.dumps(ILP.to_wire(case, parsed.naming)).encode()),
        Source("a.json", json.dumps(ILP.to_wire(case)).encode()),
        Source("other.mps", write_mps(case)),
        Source("other", write_mps(case, parsed.naming)),
    ]
    for source in forms:
        assert ILP.digest(ILP.parse(source).instance) == digest
    wire = ILP.to_wire(case)
    order = np.random.default_rng(3).permutation(case.A.nnz)
    wire["A"] = {key: [values[k] for k in order] for key, values in wire["A"].items()}
    assert ILP.digest(ILP.from_wire(wire).instance) == digest
    for key, value in (("sense", "maximise"), ("offset", 1.0), ("integer", [False] * case.n)):
        assert ILP.digest(ILP.from_wire(ILP.to_wire(case) | {key: value}).instance) != digest


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("x", b"* c\n\nNAME t\n", "mps"),
        ("x", b"ROWS\n", "mps"),
        ("x", b"\\ c\n\n Maximize\n", "lp"),
        ("x", b"\n { }", "json"),
        ("x.mps", b"rubbish", "mps"),
        ("x.lp.gz", b"rubbish", "lp"),
        ("x.txt", b"1 2 3\n", None),
        ("x.col", b"p edge 3 2\n", None),
        ("x", b"", None),
    ],
)
def test_formats_are_told_apart(name: str, data: bytes, form: str | None) -> None:
    assert format_of(Source(name, data)) == form
    if form is None:
        with pytest.raises(ParseError):
            ILP.parse(Source(name, data))


def test_solutions_by_name() -> None:
    parsed = instance("lot-sizing.mps")
    case, naming = parsed.instance, parsed.naming
    x = np.zeros(case.n)
    x[0], x[13] = 2.0, 0.1
    wire = ILP.solution_to_wire(case, x, naming)
    assert wire == {"values": {"batches1": 2, "stock2": 0.1}}
    assert json.dumps(wire) == '{"values": {"batches1": 2, "stock2": 0.1}}'
    assert np.array_equal(ILP.solution_from_wire(case, wire, naming), x)
    unnamed = ILP.solution_to_wire(case, x)
    assert unnamed == {"values": {"x0": 2, "x13": 0.1}}
    assert np.array_equal(ILP.solution_from_wire(case, unnamed), x)
    assert not ILP.solution_from_wire(case, {"values": {}}).any()


BAD_VALUES: list[Any] = [{"q": 1}, {"x0": "1"}, {"x0": True}, {"x0": 10**400}, {"x0": None}, 3]


@pytest.mark.parametrize("wire", [{}, [], None, *({"values": values} for values in BAD_VALUES)])
def test_bad_solutions_are_refused(wire: Any) -> None:
    with pytest.raises(InvalidSolution):
        ILP.solution_from_wire(program([1], [], [], []), wire)


def test_summary() -> None:
    found = ILP.summary(instance("lot-sizing.mps").instance)
    assert json.loads(json.dumps(found)) == found
    assert (found["binaries"], found["integers"], found["continuous"]) == (6, 6, 6)
    assert found["row_kinds"] == {"integer_knapsack": 6, "equality": 6, "general": 1}
    kinds = ILP.summary(instance("assignment.lp").instance)["row_kinds"]
    assert kinds == {"set_partitioning": 8}
    assert ILP.summary(program([], [], [], []))["density"] == 0


def test_integral_objectives() -> None:
    assert ILP.integral(program([1, 0], [], [], []))
    assert not ILP.integral(program([1, 0.5], [], [], []))
    assert not ILP.integral(program([1, 0], [], [], [], offset=0.5))
    assert not ILP.integral(program([1, 0], [], [], [], integer=False))
    assert ILP.integral(program([0, 0], [], [], [], integer=False))


def test_a_bound_is_rounded_where_the_objective_is_integral() -> None:
    case = program([2, 2], [[2, 2]], [3], [INF], upper=5)
    assert optimum_by_hand(case) == 4
    evidence = {"row_dual": np.array([1.0])}
    assert ILP.check_bound(case, 3, evidence) is BoundCheck.RECOMPUTED
    assert ILP.check_bound(case, 4, evidence) is None
    assert ILP.check_bound(case, 3, {"row_dual": [0.9]}) is BoundCheck.RECOMPUTED
    assert ILP.check_bound(case, 3, None) is None
    assert ILP.check_bound(case, 3, {}) is None
    assert ILP.check_bound(case, 3, {"row_dual": "rubbish"}) is None
    assert ILP.check_bound(case, 3, {"row_dual": [math.nan]}) is None
