"""The MPS writer: what it writes reads back bit for bit, here and in HiGHS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import Naming, Source
from solverhub.problems.ilp import Ilp, IntegerProgram
from solverhub.problems.mps_write import write_mps
from tests.problems.ilp_cases import INTEGERS, REALS, program, programs
from tests.problems.test_mps import assert_same_as_highs

ILP = Ilp()
WIDE = st.floats(-1e15, 1e15).filter(lambda value: value == 0 or abs(value) > 1e-15)


@settings(max_examples=200, deadline=None)
@given(programs(INTEGERS | REALS) | programs(WIDE))
def test_round_trip(case: IntegerProgram) -> None:
    naming = Naming([f"col{j}" for j in range(case.n)], [f"row{i}" for i in range(case.m)])
    parsed = ILP.parse(Source("m.mps", write_mps(case, naming)))
    read = parsed.instance
    assert np.allclose(read.row_lower, case.row_lower, rtol=1e-15, atol=0)
    assert np.allclose(read.row_upper, case.row_upper, rtol=1e-15, atol=0)
    assert list(parsed.naming.items or ()) == list(naming.items or ())
    assert list(parsed.naming.rows or ()) == list(naming.rows or ())
    wire = ILP.to_wire(read) | {key: ILP.to_wire(case)[key] for key in ("row_lower", "row_upper")}
    assert ILP.digest(ILP.from_wire(wire).instance) == ILP.digest(case)


@settings(max_examples=200, deadline=None)
@given(programs(INTEGERS))
def test_integer_data_come_back_exactly(case: IntegerProgram) -> None:
    parsed = ILP.parse(Source("m.mps", write_mps(case)))
    assert ILP.digest(parsed.instance) == ILP.digest(case)


@settings(max_examples=60, deadline=None)
@given(programs(INTEGERS))
def test_highs_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, case: IntegerProgram
) -> None:
    path: Path = tmp_path_factory.mktemp("mps") / "m.mps"
    path.write_bytes(write_mps(case))
    assert_same_as_highs(ILP.parse(Source("m.mps", path.read_bytes())), path)


@pytest.mark.parametrize("bad", ["a b", "", "*a", "a\tb", "'MARKER'", "a\nb", "x"])
def test_names_that_free_mps_cannot_hold_are_replaced(bad: str) -> None:
    case = program([1, 1], [[1, 1], [1, 0]], [1, 1], [9, 9])
    naming = Naming(["x", bad], ["obj", bad])
    parsed = ILP.parse(Source("m.mps", write_mps(case, naming)))
    assert list(parsed.naming.items or ()) == ["x0", "x1"]
    assert list(parsed.naming.rows or ()) == (["obj", "x"] if bad == "x" else ["r0", "r1"])
    assert ILP.digest(parsed.instance) == ILP.digest(case)


def test_names_of_any_alphabet_and_a_row_called_obj() -> None:
    case = program([1], [[1]], [1], [9])
    naming = Naming(["größe"], ["obj"])
    parsed = ILP.parse(Source("m.mps", write_mps(case, naming, title="my model")))
    assert list(parsed.naming.items or ()) == ["größe"]
    assert list(parsed.naming.rows or ()) == ["obj"]
    assert parsed.instance.c.tolist() == [1]


def test_crossed_sides_are_refused() -> None:
    with pytest.raises(InvalidInstance, match="row 0"):
        write_mps(program([1], [[1]], [3], [2]))
