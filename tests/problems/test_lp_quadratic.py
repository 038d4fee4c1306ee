"""Brackets in the objective of LP files."""

import pytest

from solverhub.core.errors import ParseError
from solverhub.problems import reading


def read(objective, rows=" c: x + y >= 1", head="Minimize"):
    text = f"{head}\n obj: {objective}\nSubject To\n{rows}\nEnd\n"
    return reading.read(text.encode(), "qp", name="test.lp")


@pytest.mark.parametrize(
    ("objective", "matrix", "costs", "constant"),
    [
        ("3 x + [ 2 x^2 + 4 x * y + 6 y ^ 2 ] / 2", [[2, 2], [2, 6]], [3, 0], 0),
        ("[ 2 x^2 + 4 x*y + 6 y^2 ]/2 - y + 7", [[2, 2], [2, 6]], [0, -1], 7),
        ("[ x^2 + 2 x*y + 3 y^2 ]", [[2, 2], [2, 6]], [0, 0], 0),
        ("- [ - 2 x^2 - 6 y^2 ] / 2", [[2, 0], [0, 6]], [0, 0], 0),
        ("[ 1 x^2 + x * x + y^2\n + .5e1 y ^2 \\ [ z^2\n ] /\n 2", [[2, 0], [0, 6]], [0, 0], 0),
        ("[ x^2 ] / 2 + y + [ 3 y^2 ] / 2", [[1, 0], [0, 3]], [0, 1], 0),
        ("x + [ ] / 2", [[0, 0], [0, 0]], [1, 0], 0),
        ("[ 2 x^2 - - 2 y^2 ] / 2", [[2, 0], [0, 2]], [0, 0], 0),
    ],
)
def test_the_matrix_by_hand(objective, matrix, costs, constant):
    parsed = read(objective, rows=" c: x + y >= 1\nBounds\n x free\n y free")
    order = [list(parsed.naming.items).index(name) for name in "xy"]
    assert parsed.instance.P.toarray()[order][:, order].tolist() == matrix
    assert parsed.instance.q[order].tolist() == costs
    assert parsed.instance.r == constant
    assert parsed.instance.m == 1


def test_a_variable_in_brackets_alone_is_a_column():
    parsed = read("x + [ z^2 ] / 2")
    assert sorted(parsed.naming.items) == ["x", "y", "z"]
    assert parsed.warnings == ()


def test_a_model_that_maximises_is_negated():
    parsed = read("3 x - [ 2 x^2 ] / 2", head="Maximize", rows=" c: x <= 1")
    assert parsed.instance.P.toarray().tolist() == [[2]]
    assert parsed.instance.q.tolist() == [-3]


def test_linear_readers_refuse_it_by_name():
    text = b"Minimize\n [ x^2 ] / 2\nSubject To\n c: x >= 1\nEnd\n"
    assert reading.fits(text, name="a.lp") == ["qp"]
    with pytest.raises(ParseError, match="quadratic"):
        reading.read(text, "ilp", name="a.lp")


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ("x + [ x^2 / 2", "not closed|no quadratic term"),
        ("x + [ x^2", "not closed"),
        ("x + [ x^3 ] / 2", "no quadratic term"),
        ("x + [ x ] / 2", "no quadratic term"),
        ("x + [ x^2 y^2 ] / 2", "no quadratic term"),
        ("x + [ 2 ] / 2", "no quadratic term"),
        ("x + [ 1e21 x^2 ] / 2", "infinite"),
        ("x + [ x^2 + [ y^2 ] ] / 2", "bracket"),
        ("x + 3 [ x^2 ] / 2", "no sign before"),
        ("[ x^2 ] / 2 y", "no sign after"),
        ("[ x^2 ] / 4", "no sign after"),
        ("x + y ]", "quadratic"),
        ("[ - x^2 ] / 2", "eigenvalue of -1"),
    ],
)
def test_what_is_refused(objective, message):
    with pytest.raises(ParseError, match=message) as caught:
        read(objective)
    assert caught.value.file == "test.lp"


def test_quadratic_rows_are_refused():
    with pytest.raises(ParseError, match="quadratic") as caught:
        read("x", rows=" c: x + [ y^2 ] <= 4")
    assert (caught.value.line, caught.value.column) == (4, 9)
