"""The MPS reader: rules of the format, faults with their places, HiGHS as a second reader."""

from __future__ import annotations

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

HEAD = """NAME t
ROWS
 N obj
 G r
 L s
 E e
COLUMNS
 x obj 1 r 2
 x s -1.5
 M 'MARKER' 'INTORG'
 y r 1 e 1
 z e 2
 M 'MARKER' 'INTEND'
"""


def read(text: str | bytes, name: str = "t.mps") -> Parsed:
    data = text.encode() if isinstance(text, str) else text
    return ILP.parse(Source(name, data))


def with_sections(text: str) -> Parsed:
    return read(HEAD + text + "ENDATA\n")


def fails(text: str | bytes) -> ParseError:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.remedy
    assert caught.value.file == "t.mps"
    return caught.value


def test_a_small_model() -> None:
    parsed = with_sections("RHS\n RHS r 3 e 4\n RHS obj 7\nBOUNDS\n UP B x 9\n")
    program = parsed.instance
    assert program.A.toarray().tolist() == [[2, 1, 0], [-1.5, 0, 0], [0, 1, 2]]
    assert program.c.tolist() == [1, 0, 0]
    assert program.offset == -7
    assert program.row_lower.tolist() == [3, -np.inf, 4]
    assert program.row_upper.tolist() == [np.inf, 0, 4]
    assert program.upper.tolist() == [9, 1, 1]
    assert program.integer.tolist() == [False, True, True]
    assert list(parsed.naming.items or ()) == ["x", "y", "z"]
    assert list(parsed.naming.rows or ()) == ["r", "s", "e"]
    assert parsed.name == "t"


@pytest.mark.parametrize(
    ("lines", "lower", "upper"),
    [
        ("", 0, 1),
        (" LO B y 0", 0, np.inf),
        (" UP B y 5", 0, 5),
        (" UP y 5", 0, 5),
        (" FX B y -2", -2, -2),
        (" FR B y", -np.inf, np.inf),
        (" FR y", -np.inf, np.inf),
        (" MI B y", -np.inf, np.inf),
        (" MI B y 0", -np.inf, np.inf),
        (" PL B y", 0, np.inf),
        (" BV B y", 0, 1),
        (" LI B y -3", -3, np.inf),
        (" UI B y 4", 0, 4),
        (" UP B y 1e20", 0, np.inf),
        (" UP B y 1e30", 0, np.inf),
        (" UP B y Infinity", 0, np.inf),
        (" UP B y 1000000000000000019884624838656", 0, np.inf),
        (" LO B y -1e31", -np.inf, np.inf),
        (" LO B y -INF", -np.inf, np.inf),
        (" UP B y -3", 0, -3),
        (" UP B y 3\n UP B y 0.12345678901234567890123", 0, 0.12345678901234567890123),
        (" UP B y 0.12345678901234567890123\n UP B y 3", 0, 3),
    ],
)
def test_bounds_of_an_integer_column(lines: str, lower: float, upper: float) -> None:
    program = with_sections(f"BOUNDS\n{lines}\n").instance
    assert (program.lower[1], program.upper[1]) == (lower, upper)


def test_integer_bounds_mark_a_column_outside_markers() -> None:
    assert with_sections("BOUNDS\n BV B x\n").instance.integer.all()
    assert with_sections("BOUNDS\n LI B x 2\n").instance.integer.all()


@pytest.mark.parametrize(
    ("row", "size", "sides"),
    [
        ("r", 2, (3, 5)),
        ("r", -2, (3, 5)),
        ("s", 2, (3, 5 - 0)),
        ("e", 2, (3, 5)),
        ("e", -2, (1, 3)),
        ("r", "inf", (3, np.inf)),
    ],
)
def test_ranges(row: str, size: object, sides: tuple[float, float]) -> None:
    right = 5 if row == "s" else 3
    program = with_sections(f"RHS\n R {row} {right}\nRANGES\n G {row} {size}\n").instance
    i = "rse".index(row)
    assert (program.row_lower[i], program.row_upper[i]) == sides


@pytest.mark.parametrize(
    "head",
    ["OBJSENSE\n    MAX\n", "OBJSENSE MAX\n", "OBJSENSE\nMAX\n", "OBJSENSE\n  MAXIMIZE\n", "MAX\n"],
)
def test_every_form_of_the_sense(head: str) -> None:
    assert read(head + HEAD + "ENDATA\n").instance.sense is Sense.MAXIMISE


def test_free_rows_are_dropped_and_one_may_be_named() -> None:
    text = "ROWS\n N a\n N b\n L r\nCOLUMNS\n x a 1 b 2\n x r 3\n{}ENDATA\n"
    parsed = read(text.format(""))
    assert parsed.instance.c.tolist() == [1]
    assert parsed.instance.m == 1
    assert "free rows" in parsed.warnings[0]
    assert read("OBJNAME\n b\n" + text.format("")).instance.c.tolist() == [2]
    assert "RANGES of N rows" in read(text.format("RANGES\n R a 1\n")).warnings[1]


def test_no_objective_row_means_objective_zero() -> None:
    parsed = read("ROWS\n L r\nCOLUMNS\n x r 3\nENDATA\n")
    assert parsed.instance.c.tolist() == [0]
    assert "no N row" in parsed.warnings[0]


def test_dirty_but_readable() -> None:
    clean = with_sections("RHS\n RHS r 3\n")
    text = HEAD + "RHS\n RHS r 3\nENDATA\ntrailing junk \n"
    variants = [
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        text.replace("\n", "\n\n* a comment\n"),
        text.replace(" ", "\t"),
        text.replace("\n ", "\n"),
        text.replace("RHS r 3", "r 3"),
        text.replace(" r 2", " r 2.0000"),
        text.replace(" r 2", " r 0.2D1"),
        text.replace("\n x s -1.5", " \n x s -15e-1"),
    ]
    for variant in variants:
        assert ILP.digest(read(variant).instance) == ILP.digest(clean.instance), variant


def test_other_sets_are_skipped_with_a_warning() -> None:
    parsed = with_sections("RHS\n A r 3\n B r 4\nBOUNDS\n UP A x 1\n UP B x 2\n")
    assert parsed.instance.row_lower[0] == 3
    assert parsed.instance.upper[0] == 1
    assert sum("several sets" in warning for warning in parsed.warnings) == 2


def test_fixed_form_with_spaces_in_names() -> None:
    text = (
        "NAME          SPACED\n"
        "ROWS\n"
        " N  COST\n"
        " L  ROW ONE\n"
        " G  R 2\n"
        "COLUMNS\n"
        "    X 1       COST               1.0   ROW ONE            2.0\n"
        "    X 1       R 2                1.0\n"
        "    MARKER                 'MARKER'                 'INTORG'\n"
        "    Y         COST               2.0   R 2               -1.0\n"
        "    MARKER                 'MARKER'                 'INTEND'\n"
        "RHS\n"
        "    RHS       ROW ONE            4.0   R 2                1.0\n"
        "BOUNDS\n"
        " UP BND       X 1                4.0\n"
        "ENDATA\n"
    )
    parsed = read(text)
    assert list(parsed.naming.items or ()) == ["X 1", "Y"]
    assert list(parsed.naming.rows or ()) == ["ROW ONE", "R 2"]
    assert parsed.instance.A.toarray().tolist() == [[2, 0], [1, -1]]
    assert parsed.instance.upper.tolist() == [4, 1]
    error = fails(text.replace("R 2                1.0\nBOUNDS", "R 3                1.0\nBOUNDS"))
    assert "'R\x7f3'" not in str(error)
    assert (error.line, error.column) == (13, 40)


def test_warnings_name_ranges_and_inexact_integers() -> None:
    scaled = with_sections("RHS\n").warnings
    assert scaled == ()
    wide = read("ROWS\n N o\n L r\nCOLUMNS\n x r 1e-12\n y r 1e12\nENDATA\n")
    assert "1e-12 to 1e+12" in wide.warnings[0]
    huge = with_sections("BOUNDS\n UP B y 1e16\n")
    assert "2^53" in huge.warnings[0]
    negative = with_sections("BOUNDS\n UP B x -1\n")
    assert "'x' has a negative upper bound" in negative.warnings[0]


def test_crossed_bounds_are_an_infeasible_instance() -> None:
    program = with_sections("BOUNDS\n LO B x 3\n UP B x 2\n").instance
    assert ILP.check_infeasible(program, None)


def test_names_of_ten_thousand_characters_and_of_any_alphabet() -> None:
    long = "n" * 10_000
    parsed = read(f"ROWS\n N o\n L {long}\nCOLUMNS\n größe {long} 1\nENDATA\n")
    assert list(parsed.naming.items or ()) == ["größe"]
    assert list(parsed.naming.rows or ()) == [long]
    latin = "ROWS\n N o\n L r\nCOLUMNS\n größe r 1\nENDATA\n".encode("latin-1")
    assert list(read(latin).naming.items or ()) == ["größe"]


BODY = HEAD + "RHS\n RHS r 3\nBOUNDS\n UP B x 1\nENDATA\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "says"),
    [
        ("ENDATA\n", "", 18, 1, "without ENDATA"),
        (" x s -1.5", " x s 1x", 9, 6, "'1x' is not a number"),
        (" x s -1.5", " x s NaN", 9, 6, "NaN"),
        (" x s -1.5", " x s 1_0", 9, 6, "not a number"),
        (" x s -1.5", " x s inf", 9, 6, "infinite"),
        (" x s -1.5", " x s 1e20", 9, 6, "infinite"),
        (" x s -1.5", " x s 123456789012345678901", 9, 6, "infinite"),
        (" x s -1.5", " x q 1", 9, 4, "row 'q' is not declared"),
        (" x s -1.5", " x r 1", 9, 4, "row 'r' twice"),
        (" x s -1.5", " x s", 9, 2, "fields"),
        (" x s -1.5", " x s 1 e", 9, 2, "fields"),
        (" z e 2", " x e 2", 12, 2, "column 'x' starts a second time"),
        (" L s", " L r", 5, 4, "row 'r' is declared twice"),
        (" L s", " Q s", 5, 2, "kind of row"),
        ("'INTEND'", "'SOSEND'", 13, 13, "marker"),
        (" RHS r 3", " RHS r 3 r 4", 15, 10, "second value"),
        (" RHS r 3", " RHS r 1e20", 15, 8, "no value"),
        (" RHS r 3", " RHS e inf", 15, 8, "no value"),
        (" UP B x 1", " UP B w 1", 17, 7, "column 'w' is not declared"),
        (" UP B x 1", " XX B x 1", 17, 2, "kind of bound"),
        (" UP B x 1", " SC B x 1", 17, 2, "semicontinuous"),
        (" UP B x 1", " LO B x 1e30", 17, 9, "no value"),
        (" UP B x 1", " UP B x -inf", 17, 9, "no value"),
        (" UP B x 1", " UP B x", 17, 5, "not declared"),
        ("BOUNDS", "BONDS", 16, 1, "'BONDS' is no section"),
        ("BOUNDS", "SOS1", 16, 1, "special ordered sets"),
        ("BOUNDS", "QUADOBJ", 16, 1, "quadratic"),
        ("BOUNDS", "QSECTION obj", 16, 1, "quadratic"),
        ("BOUNDS", "INDICATORS", 16, 1, "indicator"),
        ("BOUNDS", "COLUMNS", 16, 1, "twice"),
        ("RHS\n", "LAZYCONS\n", 14, 1, "lazy"),
        ("ROWS\n N obj", "ROWS\n N obj\n N", 4, 2, "fields"),
        ("COLUMNS\n", "RHS\n", 7, 1, "before COLUMNS"),
        ("NAME t\n", "NAME t\n stray\n", 2, 2, "outside any section"),
        ("NAME t\n", "NAME t\nOBJSENSE\n    UPWARDS\n", None, None, "OBJSENSE"),
        ("obj\n G r", "o\0bj\n G r", 3, 5, "zero byte"),
    ],
)
def test_faults_name_their_place(
    old: str, new: str, line: int | None, column: int | None, says: str
) -> None:
    assert old in BODY
    error = fails(BODY.replace(old, new, 1))
    assert says in str(error)
    if line is not None:
        assert (error.line, error.column) == (line, column), str(error)


@pytest.mark.parametrize("text", ["", "\n", "NAME x\n", "NAME x\nENDATA\n", "ROWS\nENDATA\n", "*"])
def test_files_without_a_model(text: str) -> None:
    fails(text)


def test_every_prefix_of_a_file_is_refused() -> None:
    data = BODY.encode()
    for size in range(len(data) - len("ENDATA\n") + 1):
        fails(data[:size])


TOKENS = [
    *("NAME", "ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS", "ENDATA", "OBJSENSE", "MAX"),
    *("N", "L", "G", "E", "x", "y", "r", "s", "1", "-2.5", "1e30", "nan", "inf", "1e400"),
    *("'MARKER'", "'INTORG'", "'INTEND'", "UP", "LO", "FX", "FR", "MI", "BV", "SC", "*", "$"),
    "0.1234567890123456789012",
]
PIECES = st.one_of(st.sampled_from(TOKENS), st.sampled_from([" ", "\n", "\n ", "\t", "\r\n"]))
LINES = st.lists(PIECES, max_size=60).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(LINES.map(str.encode), st.binary(max_size=200)))
def test_fuzz_gives_a_model_or_an_input_error(data: bytes) -> None:
    _survives(data)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(BODY)), st.integers(0, 8), st.one_of(LINES, st.text(max_size=4)))
def test_fuzz_by_edits_of_a_model(at: int, cut: int, piece: str) -> None:
    _survives((BODY[:at] + piece + BODY[at + cut :]).encode("utf-8", "replace"))


def _survives(data: bytes) -> None:
    try:
        parsed = read(data)
    except InputError:
        return
    assert len(parsed.naming.items or ()) == parsed.instance.n
    ILP.summary(parsed.instance)


def highs_model(path: Path) -> highspy.HighsLp:
    solver = highspy.Highs()
    solver.silent()
    assert solver.readModel(str(path)) != highspy.HighsStatus.kError
    return solver.getLp()


def assert_same_as_highs(parsed: Parsed, path: Path) -> None:
    """HiGHS reads the same rows, columns and names, in any order of columns."""
    program, other = parsed.instance, highs_model(path)
    columns = {name: j for j, name in enumerate(other.col_names_)}
    order = np.array([columns[name] for name in parsed.naming.items or ()], dtype=int)
    assert list(parsed.naming.rows or ()) == list(other.row_names_)
    assert program.c.tolist() == np.array(other.col_cost_)[order].tolist()
    assert program.lower.tolist() == np.array(other.col_lower_)[order].tolist()
    assert program.upper.tolist() == np.array(other.col_upper_)[order].tolist()
    assert program.row_lower.tolist() == list(other.row_lower_)
    assert program.row_upper.tolist() == list(other.row_upper_)
    assert program.offset == other.offset_
    maximised = other.sense_ == highspy.ObjSense.kMaximize
    assert (program.sense is Sense.MAXIMISE) == maximised
    kinds = list(other.integrality_) or [highspy.HighsVarType.kContinuous] * program.n
    integer = np.array([kind == highspy.HighsVarType.kInteger for kind in kinds])
    assert program.integer.tolist() == integer[order].tolist()
    assert _entries(other)[:, order].tolist() == program.A.toarray().tolist()


def _entries(model: highspy.HighsLp) -> np.ndarray:
    matrix = model.a_matrix_
    start, index = np.array(matrix.start_, dtype=int), np.array(matrix.index_, dtype=int)
    dense = np.zeros((model.num_row_, model.num_col_))
    by_row = matrix.format_ != highspy.MatrixFormat.kColwise
    major = np.repeat(np.arange(start.size - 1), np.diff(start))
    rows, columns = (major, index) if by_row else (index, major)
    dense[rows, columns] = matrix.value_
    return dense


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared benchmark instances")
@pytest.mark.parametrize("name", ["gen-ip054", "noswot", "pk1"])
def test_highs_reads_public_models_the_same(name: str, tmp_path: Path) -> None:
    import gzip

    data = gzip.decompress((SHARED / f"{name}.mps.gz").read_bytes())
    path = tmp_path / f"{name}.mps"
    path.write_bytes(data)
    assert_same_as_highs(read(data), path)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(st.one_of(LINES.map(str.encode), st.binary(max_size=2000)))
def test_long_fuzz(data: bytes) -> None:
    _survives(data)
    _survives(HEAD.encode() + data + os.linesep.encode() + b"ENDATA\n")
