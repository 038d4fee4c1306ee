"""Quadratic sections of MPS files: the three conventions, and what is refused."""

import numpy as np
import pytest

from solverhub.core.errors import ParseError
from solverhub.problems import reading

TEXT = """NAME TEST
ROWS
 N obj
 G r1
 L r2
COLUMNS
 c1 r1 2.0 r2 -1.0
 c1 obj 1.5
 c2 r1 1.0 r2 2.0
 c2 obj -2.0
RHS
 rhs obj -4 r1 2.0
 rhs r2 6.0
BOUNDS
 UP bnd c1 20.0
QUADOBJ
 c1 c1 8.0
 c1 c2 2.0
 c2 c2 10.0
ENDATA
"""
FULL = [[8, 2], [2, 10]]


def read(*changes, problem="qp"):
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return reading.read(text.encode(), problem, name="test.qps")


def test_all_parts_by_hand():
    parsed = read()
    made = parsed.instance
    assert made.P.toarray().tolist() == FULL
    assert (made.q.tolist(), made.r) == ([1.5, -2], 4)
    assert made.A.toarray().tolist() == [[2, 1], [-1, 2], [1, 0], [0, 1]]
    assert made.l.tolist() == [2, -np.inf, 0, 0]
    assert made.u.tolist() == [np.inf, 6, 20, np.inf]
    assert list(parsed.naming.items) == ["c1", "c2"]
    assert (parsed.name, parsed.warnings) == ("TEST", ())


@pytest.mark.parametrize(
    "changes",
    [
        [("c1 c2 2.0", "c2 c1 2.0")],
        [("QUADOBJ", "QSECTION")],
        [("QUADOBJ", "QSECTION obj")],
        [("QUADOBJ", "QMATRIX"), ("c1 c2 2.0", "c1 c2 2.0\n c2 c1 2.0")],
        [("c1 c2 2.0", "c1 c2 2.0000000000000000000000000000000000000000000000001")],
    ],
)
def test_every_way_to_write_the_matrix(changes):
    assert read(*changes).instance.P.toarray().tolist() == FULL


def test_a_model_that_maximises_is_negated():
    changes = [("ROWS", "OBJSENSE\n MAX\nROWS")]
    changes += [(f"{value}\n", f"-{value}\n") for value in ("8.0", "c2 2.0", "10.0")]
    changes[2] = ("c1 c2 2.0", "c1 c2 -2.0")
    parsed = read(*changes)
    assert parsed.instance.P.toarray().tolist() == FULL
    assert (parsed.instance.q.tolist(), parsed.instance.r) == ([-1.5, 2], -4)
    assert "negated" in parsed.warnings[0]


def test_ilp_refuses_the_section_by_name():
    with pytest.raises(ParseError, match="section QUADOBJ: quadratic terms") as caught:
        read(problem="ilp")
    assert caught.value.line == 16
    assert "qp" in caught.value.remedy


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("c1 c2 2.0", "c1 c3 2.0"), 18, "'c3' is not declared"),
        (("c1 c2 2.0", "c1 c2"), 18, "fields"),
        (("c1 c2 2.0", "c1 c2 two"), 18, "'two' is not a number"),
        (("c1 c2 2.0", "c1 c2 nan"), 18, "'nan' is not a number"),
        (("c1 c2 2.0", "c1 c2 1e21"), 18, "infinite"),
        (("c1 c2 2.0", "c1 c2 1\n c2 c1 1"), 19, "given twice"),
        (("c1 c2 2.0", "c1 c1 1"), 18, "given twice"),
        (("QUADOBJ", "QSECTION r1"), 16, "quadratic rows"),
        (("QUADOBJ", "QCMATRIX r1"), 16, "QCMATRIX"),
        (("ENDATA", "QMATRIX\nENDATA"), 20, "QMATRIX follows QUADOBJ"),
        (("ENDATA", "QUADOBJ\nENDATA"), 20, "twice"),
        (("COLUMNS", "QUADOBJ\nCOLUMNS"), 6, "before COLUMNS"),
    ],
)
def test_what_is_refused(change, line, message):
    with pytest.raises(ParseError, match=message) as caught:
        read(change)
    assert caught.value.line == line


def test_an_indefinite_matrix_is_refused_with_its_file():
    with pytest.raises(ParseError, match="eigenvalue of -") as caught:
        read(("c2 c2 10.0", "c2 c2 0.1"))
    assert caught.value.file == "test.qps"
