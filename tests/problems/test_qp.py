"""The family: shipped instances, its judge, JSON forms and digests."""

import itertools
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from qp_cases import random_program
from scipy.sparse import coo_array

from solverhub.core.errors import InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import Naming
from solverhub.problems import families, reading
from solverhub.problems.quadratic_program import QuadraticProgram, variable_bounds

QP = families.get("qp")
FOLDER = Path(__file__).parents[2] / "instances" / "qp"
KNOWN = tomllib.loads((FOLDER / "best_known.toml").read_text())


def test_every_shipped_instance_is_recorded():
    assert {path.name for path in FOLDER.iterdir()} - {"best_known.toml"} == set(KNOWN)


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_shipped_instances_are_told_by_their_content(name, tmp_path):
    path = tmp_path / name
    path.write_bytes((FOLDER / name).read_bytes())
    assert reading.fits(path) == ["qp"]
    parsed = reading.read(path)
    assert parsed.problem.name == "qp"
    assert parsed.instance.n < 50
    again = reading.read(json.dumps(QP.to_wire(parsed.instance, parsed.naming)).encode())
    assert QP.digest(again.instance) == QP.digest(parsed.instance)
    summary = QP.summary(parsed.instance)
    assert json.loads(json.dumps(summary)) == summary
    assert summary["variables"] == parsed.instance.n


def test_the_shipped_integer_program_is_solved_by_enumeration():
    instance = reading.read(FOLDER / "assembly.qps").instance
    points = [np.array(point, float) for point in itertools.product(range(7), repeat=3)]
    feasible = [point for point in points if not QP.violations(instance, point)]
    best = min(QP.objective(instance, point) for point in feasible)
    assert best == KNOWN["assembly.qps"]["objective"]
    assert type(best) is int
    assert QP.integral(instance)


def test_the_objective_agrees_with_the_formula():
    for seed in range(10):
        made, x = random_program(seed)
        assert not QP.integral(made)
        expected = 0.5 * x @ (made.P @ x) + made.q @ x + made.r
        assert QP.objective(made, x) == pytest.approx(expected)


def test_rows_are_judged_relative_to_the_largest_activity():
    made = QuadraticProgram(P=np.zeros((2, 2)), q=[0, 0], A=np.eye(2), l=[-np.inf] * 2, u=[1, 1e3])
    assert not QP.violations(made, np.array([1 + 1e-6, 0.0]))
    assert not QP.violations(made, np.array([1 + 9e-4, 1e3]))
    found = QP.violations(made, np.array([1.1, 2e3]))
    assert [each.constraint for each in found] == ["row 1", "row 0"]
    assert found[0].amount == 1e3
    assert "upper side" in found[0].message
    assert QP.violations(made, np.array([np.nan, 0]))[0].constraint == "column 0"


def test_crossed_sides_are_kept_and_no_point_meets_them():
    made = QuadraticProgram(P=np.eye(1), q=[0], A=[[1.0]], l=[2], u=[1])
    for x in (0.0, 1.0, 1.5, 2.0):
        assert QP.violations(made, np.array([x]))


def test_integer_columns_are_integral_and_keep_their_bounds_exactly():
    made = QuadraticProgram(
        P=np.eye(2), q=[0, 0], A=[[1, 0], [1, 1]], l=[0, -9], u=[3, 9], integer=[1, 0]
    )
    assert not QP.violations(made, np.array([3 + 1e-8, 0.5]))
    assert QP.violations(made, np.array([2.5, 0.0]))[0].constraint == "column 0"
    assert QP.violations(made, np.array([4.0, 0.0]))[0].constraint == "row 0"
    assert QP.objective(made, np.array([3 + 1e-8, 0.0])) == 4.5


def test_solutions_of_the_wrong_form_are_refused():
    made, x = random_program(0)
    with pytest.raises(InvalidSolution):
        QP.violations(made, x[:-1])
    with pytest.raises(InvalidSolution):
        QP.objective(made, x.astype(np.float32))


def test_solutions_go_by_name():
    made, _ = random_program(0, n=3)
    naming = Naming(items=("a", "b", "c"))
    wire = QP.solution_to_wire(made, np.array([1.5, 0, -2]), naming)
    assert wire == {"values": {"a": 1.5, "c": -2.0}}
    assert QP.solution_from_wire(made, wire, naming).tolist() == [1.5, 0, -2]
    assert QP.solution_to_wire(made, np.array([0.0, 1, 0])) == {"values": {"x1": 1.0}}
    with pytest.raises(InvalidSolution, match="no variable 'a'"):
        QP.solution_from_wire(made, wire)


def test_the_digest_depends_on_the_data_alone():
    made, _ = random_program(3)
    shuffled = made.P.tocoo()
    order = np.random.default_rng(0).permutation(shuffled.nnz)
    at = shuffled.row[order], shuffled.col[order]
    fields = {"q": made.q, "A": made.A.toarray(), "l": made.l, "u": made.u, "r": made.r}
    same = QuadraticProgram(P=coo_array((shuffled.data[order], at), shape=made.P.shape), **fields)
    assert QP.digest(same) == QP.digest(made)
    other = QuadraticProgram(P=made.P, **{**fields, "r": made.r + 1})
    assert QP.digest(other) != QP.digest(made)


WIRE = {
    "P": {"rows": [0, 1], "cols": [0, 1], "values": [2, 2]},
    "q": [1, -1],
    "A": {"rows": [0, 0], "cols": [0, 1], "values": [1, 1]},
    "l": [None],
    "u": [4],
    "integer": [False, True],
    "names": ["a", "b"],
}


def test_the_json_form():
    parsed = reading.read(WIRE)
    assert parsed.problem.name == "qp"
    assert parsed.instance.l.tolist() == [-np.inf]
    assert parsed.instance.integer.tolist() == [False, True]
    assert list(parsed.naming.items) == ["a", "b"]
    assert reading.read({"q": [1.0], "problem": "qp"}).instance.m == 0
    assert reading.fits({"A": {}, "q": []}) == ["qp"]
    assert reading.fits({"A": {}, "c": []}) == ["ilp"]


def test_long_json_keeps_its_numbers():
    made, _ = random_program(1, n=60, m=60)
    text = json.dumps(QP.to_wire(made)).encode()
    assert QP.digest(reading.read(text).instance) == QP.digest(made)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"q": None}, "key q is missing"),
        ({"q": [1, "x"]}, "q\\[1\\] is 'x'"),
        ({"q": [1, None]}, "q\\[1\\] is 'None'"),
        ({"l": [1, 2]}, "A.rows|u has shape"),
        ({"P": [[1, 2], [3, 4]]}, "P is not an object"),
        ({"P": {"rows": [0, 2], "cols": [0, 1], "values": [2, 2]}}, "P.rows\\[1\\] is 2, out of"),
        ({"A": {"rows": [1], "cols": [1], "values": [2]}}, "A.rows\\[0\\] is 1, out of"),
        ({"A": {"rows": [0], "cols": [1], "values": [2, 3]}}, "1 rows, 1 cols and 2 values"),
        ({"P": {"rows": [0], "cols": [0], "values": [-2]}}, "eigenvalue of -2 or less"),
        ({"integer": [2, 0]}, "integer\\[0\\]"),
        ({"names": ["a", "a"]}, "distinct names"),
        ({"c": [1, 2]}, "unknown key 'c'"),
        ({"mps": "NAME"}, "mps stands for the whole model"),
    ],
)
def test_bad_json_is_named(changes, message):
    with pytest.raises(InvalidInstance, match=message):
        QP.from_wire({**WIRE, **changes})


@pytest.mark.parametrize(
    ("values", "told"),
    [([2, 1, 1, 2], ()), ([2, 1, 0, 2], ("triangle",)), ([2, 2, 0.5, 2], ("not symmetric",))],
)
def test_matrices_that_are_not_symmetric_follow_the_rules(values, told):
    matrix = {"rows": [0, 0, 1, 1], "cols": [0, 1, 0, 1], "values": values}
    parsed = QP.from_wire({**WIRE, "P": matrix})
    off = {1: values[1], 0: values[1], 0.5: 1.25}[values[2]]
    assert parsed.instance.P.toarray().tolist() == [[2, off], [off, 2]]
    assert len(parsed.warnings) == len(told)
    assert all(word in line for word, line in zip(told, parsed.warnings, strict=True))


def test_bad_scaling_is_warned_of_with_its_range():
    parsed = QP.from_wire({**WIRE, "q": [1e-8, 1e8]})
    assert any("entries of q range from 1e-08 to 1e+08" in line for line in parsed.warnings)


def test_text_forms_in_json():
    text = "min\n obj: x + [ 2 x^2 ] / 2\nst\n c: x >= 1\nend\n"
    parsed = QP.from_wire({"lp": text})
    assert parsed.instance.P.toarray().tolist() == [[2]]
    with pytest.raises(ParseError, match="<mps>"):
        QP.from_wire({"mps": "ROWS\n"})


def test_linear_files_belong_to_ilp_unless_qp_is_named():
    text = b"Minimize\n obj: x\nSubject To\n c: x + y >= 1\nEnd\n"
    assert reading.fits(text, name="a.lp") == ["ilp"]
    linear = reading.read(text, "qp", name="a.lp").instance
    assert linear.P.nnz == 0
    lower, upper, general = variable_bounds(linear)
    assert (lower.tolist(), general.tolist()) == ([0, 0], [0])
    assert np.isinf(upper).all()
