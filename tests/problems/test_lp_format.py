"""The LP reader: the grammar, its faults with their places, HiGHS as a second reader."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InputError, ParseError
from solverhub.core.problem import Parsed, Source
from solverhub.core.result import Sense
from solverhub.problems.ilp import Ilp

ILP = Ilp()
BENCH = Path(__file__).parents[2].parent / "shared" / "benchmarks"
SHARED = Path(os.environ.get("SOLVERHUB_BENCH_DATA", BENCH)) / "ilp"


def read(text: str | bytes) -> Parsed:
    return ILP.parse(Source("t.lp", text.encode() if isinstance(text, str) else text))


def fails(text: str) -> ParseError:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.remedy
    return caught.value


def row(text: str) -> tuple[dict[str, float], float, float]:
    """Coefficients by name and the sides of the first row."""
    parsed = read(f"min\n o:\nst\n{text}\nend\n")
    program = parsed.instance
    names = parsed.naming.items or ()
    dense = program.A.toarray()[0]
    found = {names[j]: float(dense[j]) for j in np.flatnonzero(dense)}
    return found, float(program.row_lower[0]), float(program.row_upper[0])


INF = np.inf


@pytest.mark.parametrize(
    ("text", "coefficients", "low", "high"),
    [
        ("x + y <= 3", {"x": 1, "y": 1}, -INF, 3),
        ("c1: x - y >= -3", {"x": 1, "y": -1}, -3, INF),
        ("c1 : 2 x = 3", {"x": 2}, 3, 3),
        ("2x+3.5y<3", {"x": 2, "y": 3.5}, -INF, 3),
        ("2 * x - 3 * y => 1e2", {"x": 2, "y": -3}, 100, INF),
        ("- x + - 2 y - - z =< +3", {"x": -1, "y": -2, "z": 1}, -INF, 3),
        ("-3 <= x + y <= 5", {"x": 1, "y": 1}, -3, 5),
        ("5 >= x + y >= -3", {"x": 1, "y": 1}, -3, 5),
        ("3 <= x", {"x": 1}, 3, INF),
        ("3 = x + y", {"x": 1, "y": 1}, 3, 3),
        ("-inf <= x <= 5", {"x": 1}, -INF, 5),
        ("x >= -infinity", {"x": 1}, -INF, INF),
        ("x <= 1e30", {"x": 1}, -INF, INF),
        ("x + 2 + y - 3 <= 5", {"x": 1, "y": 1}, -INF, 6),
        ("1 <= x + 2 <= 5", {"x": 1}, -1, 3),
        ("x + y + x <= 5", {"x": 2, "y": 1}, -INF, 5),
        ("x + y - x <= 5", {"y": 1}, -INF, 5),
        ("0 x <= 5", {}, -INF, 5),
        ("x\n+\n3\ny\n<=\n5", {"x": 1, "y": 3}, -INF, 5),
        ("x + \\ a comment <= 7\n y <= 5", {"x": 1, "y": 1}, -INF, 5),
        ("1e3e <= 5", {"e": 1000}, -INF, 5),
        ("2e <= 5", {"e": 2}, -INF, 5),
        ("2 x(1,2) + 3 y_[1] <= 5".replace("_[1]", "{1}"), {"x(1,2)": 2, "y{1}": 3}, -INF, 5),
        ("0.12345678901234567890123 x <= 5", {"x": 0.12345678901234567890123}, -INF, 5),
    ],
)
def test_rows(text: str, coefficients: dict[str, float], low: float, high: float) -> None:
    assert row(text) == (coefficients, low, high)


def test_unlabelled_rows_end_where_the_next_begins() -> None:
    parsed = read("max\nx\nst\nx + y <= 3\nx - z <= 4\n-2 <= z <= 8\nlast: y >= 1\nend")
    assert parsed.instance.A.toarray().tolist() == [[1, 1, 0], [1, 0, -1], [0, 0, 1], [0, 1, 0]]
    assert list(parsed.naming.rows or ()) == ["c1", "c2", "c3", "last"]
    clash = read("max\nx\nst\nx <= 3\nc1: x >= 1\nend")
    assert list(clash.naming.rows or ()) == ["c1_", "c1"]
    assert read("max\nx\nst\nx <= 3\nend").naming.rows is None


@pytest.mark.parametrize(
    "head", ["max", "Maximize", "MAXIMISE", "maximum", "\\ comment\n\n maximize"]
)
def test_objective(head: str) -> None:
    parsed = read(f"{head}\n obj: 3 x - 2 y + 5 + x - 1\nsubject to\n c: x <= 1\nend\n")
    assert parsed.instance.sense is Sense.MAXIMISE
    assert parsed.instance.c.tolist() == [4, -2]
    assert parsed.instance.offset == 4


@pytest.mark.parametrize("keyword", ["subject to", "Subject  To", "such that", "st", "S.T.", "st."])
def test_row_keywords(keyword: str) -> None:
    assert read(f"min\n x\n{keyword}\n x >= 1\nend").instance.m == 1
    assert read(f"min\n x\n{keyword} x >= 1\nend").instance.m == 1


@pytest.mark.parametrize(
    ("line", "low", "high"),
    [
        ("", 0, INF),
        ("x <= 4", 0, 4),
        ("x >= -4", -4, INF),
        ("x = 4", 4, 4),
        ("-2 <= x <= 4", -2, 4),
        ("4 >= x >= -2", -2, 4),
        ("-2 <= x", -2, INF),
        ("4 = x", 4, 4),
        ("x free", -INF, INF),
        ("x FREE", -INF, INF),
        ("-inf <= x <= 3", -INF, 3),
        ("- Infinity <= x", -INF, INF),
        ("x >= -1e30", -INF, INF),
        ("x <= 1e20", 0, INF),
        ("x <= -3", 0, -3),
        ("x <= 9 x <= 4", 0, 4),
        ("x >= 1\n x <= 4", 1, 4),
    ],
)
def test_bounds(line: str, low: float, high: float) -> None:
    program = read(f"min\n x\nst\n x >= -100\nbounds\n {line}\nend").instance
    assert (program.lower[0], program.upper[0]) == (low, high)


def test_integer_sections() -> None:
    parsed = read(
        "min x + y + z + w\nst\n c: x + y + z + w >= 1\nbounds\n y = 1\n w <= 7\n"
        "General\n x\nBinaries\n y z\nintegers\n w\nend"
    )
    assert parsed.instance.integer.all()
    assert parsed.instance.lower.tolist() == [0, 1, 0, 0]
    assert parsed.instance.upper.tolist() == [INF, 1, 1, 7]


def test_warnings() -> None:
    assert "no End" in read("min\n x\nst\n x >= 1\n").warnings[0]
    assert "'q'" in read("min\n x\nst\n x >= 1\ngeneral\n q\nend").warnings[0]
    assert "negative upper" in read("min\n x\nst\n x <= 1\nbounds\n x <= -1\nend").warnings[0]
    assert "1e-12" in read("min\n x\nst\n 1e-12 x + 1e12 y <= 1\nend").warnings[0]


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("x >= 1", 1, 1, "start with its objective"),
        ("y\nmin\nx\nend", 1, 1, "start with its objective"),
        ("", 1, 1, "start with its objective"),
        ("min: x;", 1, 1, "start with its objective"),
        ("min\nx y\nend", 2, 3, "without an operator"),
        ("min\nx <= 3\nend", 2, 3, "does not belong"),
        ("min\nx +\nend", 2, 3, "followed by no term"),
        ("min\n[ x ^ 2 ] / 2\nend", 2, 1, "quadratic"),
        ("min\nx ^ 2\nend", 2, 3, "quadratic"),
        ("min\ninf x\nend", 2, 1, "infinite"),
        ("min\nx\nst\nx + y\nend", 4, 5, "no relation"),
        ("min\nx\nst\nx + y 3\nend", 4, 7, "no relation"),
        ("min\nx\nst\nx >= y\nend", 4, 6, "right side"),
        ("min\nx\nst\nx >= 2 y\nend", 4, 8, "right side"),
        ("min\nx\nst\nx >= 1 + y\nend", 4, 8, "right side"),
        ("min\nx\nst\nx >=\nend", 4, 3, "not a number"),
        ("min\nx\nst\n1 <= x >= 2\nend", 4, 8, "do not fit"),
        ("min\nx\nst\nx >= 1 <= 2\nend", 4, 8, "do not fit"),
        ("min\nx\nst\n3 >= 2\nend", 4, 6, "no variable"),
        ("min\nx\nst\nx >= inf\nend", 4, 6, "no value"),
        ("min\nx\nst\ny = 1 -> x >= 3\nend", 4, 7, "indicator"),
        ("min\nx\nst\na: x >= 1\nb: x >= 1\na: x >= 2\nend", 6, 1, "row 'a' is declared twice"),
        ("min\nx\nst\n1..2 x >= 1\nend", 4, 1, "neither a number"),
        ("min\nx\nst\nx : : y >= 1\nend", 4, 5, "neither a number"),
        ("min\nx\nst\nx>=1\nbounds\n2 x <= 5\nend", 6, 1, "coefficient"),
        ("min\nx\nst\nx>=1\nbounds\nx\nend", 6, 1, "no bound"),
        ("min\nx\nst\nx>=1\nbounds\nx <= y\nend", 6, 3, "no bound"),
        ("min\nx\nst\nx>=1\nbounds\nx >= inf\nend", 6, 3, "no value"),
        ("min\nx\nst\nx>=1\ngeneral\nx 3\nend", 6, 3, "not the name"),
        ("min\nx\nst\nx>=1\nsos\ns1: S1:: x:1\nend", 5, 1, "sos is not supported"),
        ("min\nx\nst\nx>=1\nsemi-continuous\nx\nend", 5, 1, "semi-continuous"),
        ("min\nx\nst\nx>=1\nlazy constraints\nx>=2\nend", 5, 1, "lazy constraints"),
        ("min\nx\nst\nx>=1\nst\nx>=2\nend", 5, 1, "second section"),
        ("min\nx\0\nst\nx>=1\nend", 2, 2, "zero byte"),
    ],
)
def test_faults_name_their_place(text: str, line: int, column: int, says: str) -> None:
    error = fails(text)
    assert says in str(error)
    assert (error.line, error.column) == (line, column), str(error)


def test_crlf_and_lone_returns() -> None:
    text = "min\n x + y\nst\n c: x + y >= 1\nbounds\n x <= 3\nend\n"
    expected = ILP.digest(read(text).instance)
    for end in ("\r\n", "\r", "\n\n", "\n\\ note\n"):
        assert ILP.digest(read(text.replace("\n", end)).instance) == expected


TOKENS = [
    *("min", "st", "bounds", "general", "bin", "end", "x", "y", "free", "inf", "c1:", ":"),
    *("+", "-", "*", "<=", ">=", "=", "->", "[", "^", "1", "2.5", "1e400", ".", "\\", "\n", "e"),
]
LINES = st.lists(st.sampled_from(TOKENS), max_size=60).map(" ".join)


def _survives(data: bytes) -> None:
    try:
        parsed = read(data)
    except InputError:
        return
    assert len(parsed.naming.items or ()) == parsed.instance.n
    ILP.summary(parsed.instance)


@settings(max_examples=300, deadline=None)
@given(LINES, st.binary(max_size=40))
def test_fuzz_gives_a_model_or_an_input_error(text: str, junk: bytes) -> None:
    _survives(b"min\n" + text.encode() + junk)
    _survives(b"min\nx\nst\n" + text.encode())
    _survives(b"min\nx\nst\nx>=1\nbounds\n" + text.encode())
    _survives(junk)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(LINES, st.binary(max_size=400))
def test_long_fuzz(text: str, junk: bytes) -> None:
    _survives(b"min\n" + text.encode() + junk)
    _survives(b"min\nx\nst\n" + text.encode() + b"\nbounds\n" + junk)


def assert_same_as_highs(parsed: Parsed, path: Path) -> None:
    solver = highspy.Highs()
    solver.silent()
    assert solver.readModel(str(path)) != highspy.HighsStatus.kError
    solver.ensureColwise()
    other, program = solver.getLp(), parsed.instance
    columns = {name: j for j, name in enumerate(other.col_names_)}
    order = np.array([columns[name] for name in parsed.naming.items or ()], dtype=int)
    assert np.array_equal(program.c, np.array(other.col_cost_)[order])
    assert np.array_equal(program.lower, np.array(other.col_lower_)[order])
    assert np.array_equal(program.upper, np.array(other.col_upper_)[order])
    assert np.array_equal(program.row_lower, other.row_lower_)
    assert np.array_equal(program.row_upper, other.row_upper_)
    assert program.offset == other.offset_
    matrix, ours = other.a_matrix_, program.A.tocsc()
    starts, values = np.array(matrix.start_), np.array(matrix.value_)
    for j, k in enumerate(order):
        span, own = slice(starts[k], starts[k + 1]), slice(ours.indptr[j], ours.indptr[j + 1])
        by_row = dict(zip(np.array(matrix.index_)[span].tolist(), values[span], strict=True))
        assert by_row == dict(zip(ours.indices[own].tolist(), ours.data[own], strict=True))


@pytest.mark.slow  # HiGHS alone takes a minute to read it
@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared benchmark instances")
def test_highs_reads_a_public_model_the_same(tmp_path: Path) -> None:
    data = gzip.decompress((SHARED / "balans-correctness_mvc_8.lp.gz").read_bytes())
    path = tmp_path / "m.lp"
    path.write_bytes(data)
    assert_same_as_highs(read(data), path)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_highs_reads_drawn_models_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    numbers = st.integers(-50, 50) | st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-6)
    names = ["x", "y2", "z(1,3)", "w_a", "big.name"]

    def expression(variables: list[str]) -> str:
        terms = [f"{data.draw(numbers):+} {name}" for name in variables]
        return "\n ".join(terms) if data.draw(st.booleans()) else " ".join(terms)

    lines = [data.draw(st.sampled_from(["Minimize", "maximize"])), f" obj: {expression(names)}"]
    lines.append("Subject To")
    for i in range(data.draw(st.integers(1, 4))):
        chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        relation = data.draw(st.sampled_from(["<=", ">=", "="]))
        lines.append(f" c{i}: {expression(chosen)} {relation} {data.draw(numbers)}")
    lines.append("Bounds")
    for name in names:
        low = data.draw(st.integers(-9, 9))
        forms = [f"{low} <= {name} <= {low + 3}", f"{name} >= {low}", f"{name} free", f"{name} = 3"]
        lines.append(" " + data.draw(st.sampled_from([*forms, f"-inf <= {name} <= {low}"])))
    lines += ["General", " " + " ".join(names[:2]), "End"]
    path = tmp_path_factory.mktemp("lp") / "m.lp"
    path.write_text("\n".join(lines) + "\n")
    assert_same_as_highs(read(path.read_bytes()), path)
