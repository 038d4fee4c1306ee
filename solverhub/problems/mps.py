"""Reader of MPS files, free and fixed form.

Rules, where the format leaves room:

- Free form is tried first.  Where it fails and every data line fits the columns of fixed
  form (fields at 2-3, 5-12, 15-22, 25-36, 40-47, 50-61), names may hold spaces.  A section
  header starts in column 1; a data line may too, if it cannot be a header.  Lines whose
  first character is `*` are comments.  What follows ENDATA is ignored; without it the file
  counts as truncated.
- The first N row is the objective unless OBJNAME names another; further N rows constrain
  nothing and are dropped with a warning.  An entry of the objective in RHS is minus the
  constant.  Without an N row the objective is 0.
- Of several RHS, RANGES or BOUNDS sets the first is read, the others are dropped with a warning.
- RANGES R: a G row gets [rhs, rhs + |R|], an L row [rhs - |R|, rhs], an E row
  [rhs, rhs + R] or, if R < 0, [rhs + R, rhs].
- Bounds are [0, inf); an integer column of a marker section without any bound line has
  [0, 1] (as in CPLEX, SCIP and HiGHS).  MI leaves the upper bound alone.  A negative UP
  leaves the lower bound at 0, as SCIP and HiGHS do, which makes the instance infeasible: a
  warning says so.  The last bound of a column wins.
- Sizes of 1e20 and more are infinite in sides and bounds, refused as coefficients.
- Zero coefficients are dropped.  Refused: a name declared twice, an entry given twice, a
  column in two places, NaN, special ordered sets, semicontinuous columns, indicators,
  quadratic and other nonlinear sections (`mps_quadratic` reads quadratic objectives), lazy
  rows and user cuts.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.errors import InvalidInstance, ParseError
from solverhub.core.problem import Naming, Source
from solverhub.core.result import Sense
from solverhub.problems import mps_limits_scan as limits_scan
from solverhub.problems import mps_scan as scan
from solverhub.problems.decimal_scan import late_value
from solverhub.problems.ilp_model import Model, error_at, scale_warnings
from solverhub.problems.integer_program import INFINITY, IntegerProgram
from solverhub.problems.mps_fixed import SPACE, unspaced
from solverhub.problems.name_table import Names, fresh_seed

_N, _L, _G, _E = (ord(kind) for kind in "NLGE")
_SENSES = {"MAX": Sense.MAXIMISE, "MIN": Sense.MINIMISE}
QUADRATIC = ("QUADOBJ", "QMATRIX", "QSECTION")  # sections that `mps_quadratic` reads for `qp`
Reader = TypeVar("Reader", bound="MpsReader")

_REFUSED = {
    "SOS": "special ordered sets",
    "SETS": "special ordered sets",
    "Q": "quadratic terms",
    "CSECTION": "cone constraints",
    "INDICATORS": "indicator rows",
    "LAZYCONS": "lazy rows",
    "USERCUTS": "user cuts",
    "GENCONS": "general constraints",
    "PWLOBJ": "a piecewise linear objective",
    "REFROW": "special ordered sets",
}
_FAULTS = {
    scan.FIELDS: ("the line does not have the fields of its section", "see the MPS format"),
    scan.UNKNOWN_SECTION: ("{} is no section", "indent data lines; check the header's spelling"),
    scan.ROW_KIND: ("{} is no kind of row", "give N, L, G or E"),
    scan.ROW_TWICE: ("row {} is declared twice", "give every row its own name"),
    scan.ROW_UNKNOWN: ("row {} is not declared", "declare it in ROWS"),
    scan.COLUMN_TWICE: ("column {} starts a second time", "put the entries of a column together"),
    scan.COLUMN_UNKNOWN: ("column {} is not declared", "give it an entry in COLUMNS"),
    scan.ENTRY_TWICE: ("the column has row {} twice", "add the two entries up"),
    scan.BAD_NUMBER: ("{} is not a number", "write it like -12.5e-3"),
    scan.NAN: ("{} is not a number", "give a finite value"),
    scan.HUGE: ("the coefficient {} counts as infinite", "keep sizes below 1e20; rescale"),
    scan.MARKER: ("the marker {} is not supported", "give 'INTORG' or 'INTEND'"),
    scan.SIDE_TWICE: ("row {} has a second value", "give one value a row"),
    scan.BOUND_KIND: ("{} is no kind of bound", "give LO, UP, FX, FR, MI, PL, BV, LI or UI"),
    scan.SEMICONTINUOUS: (
        "BOUNDS has a semicontinuous column ({})",
        "not supported: model it with a binary column and two rows",
    ),
    scan.BOUND_INFINITE: (
        "the bound {} can be met by no value",
        "a lower bound of inf (1e20 and above) or an upper bound of -inf is refused",
    ),
    scan.SIDE_INFINITE: (
        "the right side {} can be met by no value",
        "sizes of 1e20 and more are infinite; drop the row if it demands nothing",
    ),
}


def read_mps(source: Source) -> Model:
    """The model of an MPS file; raises `ParseError` with line and column."""
    return read_with(MpsReader, source)[1]


def read_with(kind: type[Reader], source: Source) -> tuple[Reader, Model]:
    """The reader that has read the file, and the linear model that it found."""
    data = source.data
    zero = data.find(b"\0")
    if zero >= 0:
        raise error_at(
            data, zero, "a zero byte", file=source.name, remedy="save the model as plain UTF-8 text"
        )
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    try:
        reader = kind(data, source.name)
        return reader, reader.read()
    except ParseError as error:
        fixed = unspaced(data)
        if fixed is None:
            raise
        try:
            reader = kind(fixed, source.name, spaced=True)
            return reader, reader.read()
        except ParseError as other:
            further = (other.line or 0, other.column or 0) > (error.line or 0, error.column or 0)
            raise (other if further else error) from None


class MpsReader:
    """State of one pass over a file: each section adds its arrays."""

    def __init__(self, data: bytes, file: str, *, spaced: bool = False) -> None:
        self.data, self.file, self.spaced = data, file, spaced
        self.bytes = np.frombuffer(data, np.uint8)
        self.lines = data.count(b"\n") + 1
        self.seed = fresh_seed()
        self.sense = Sense.MINIMISE
        self.title = ""
        self.objective_name = b""
        self.warnings: list[str] = []
        self.done: set[str] = set()
        self.sets = {word: np.array([0, -1]) for word in ("RHS", "RANGES", "BOUNDS")}

    def read(self) -> Model:
        """Read section after section to ENDATA."""
        pos, end = 0, len(self.data)
        starts, stops = np.empty(6, np.int64), np.empty(6, np.int64)
        while True:
            count, begin, after, header = scan.next_line(self.bytes, pos, end, starts, stops)
            if count == 0:
                raise self._error(
                    end, "the file ends without ENDATA", "it is truncated: get the whole file"
                )
            if not header:
                raise self._error(
                    int(starts[0]), "a data line outside any section", "start with NAME or ROWS"
                )
            word = self._text(int(starts[0]), int(stops[0])).upper()
            rest = self._text(int(stops[0]), min(after - 1, end)).strip()
            if word == "ENDATA":
                break
            pos = self._section(word, rest, begin, after)
        for needed in ("ROWS", "COLUMNS"):
            if needed not in self.done:
                raise self._error(begin, f"the file has no section {needed}", "add it")
        return self._model()

    def _section(self, word: str, rest: str, begin: int, after: int) -> int:
        """Read the section that starts at `begin`; the start of the next one."""
        if word == "NAME":
            self.title = rest.removesuffix(" FREE").strip()
        elif word in ("OBJSENSE", "OBJSENSES", "MAX", "MIN"):
            return self._objsense(word if word in _SENSES else rest, after)
        elif word == "OBJNAME":
            return self._objname(rest, after)
        elif word == "ROWS":
            self._once(word, begin)
            return self._rows(after)
        elif word == "COLUMNS":
            self._once(word, begin, "ROWS")
            return self._columns(after)
        elif word in ("RHS", "RANGES"):
            self._once(word, begin, "COLUMNS", again=True)
            return self._sides(word, after)
        elif word == "BOUNDS":
            self._once(word, begin, "COLUMNS", again=True)
            return self._bounds(after)
        else:
            what = next(text for start, text in _REFUSED.items() if word.startswith(start))
            remedy = "model them with linear rows and binary columns, or remove the section"
            if word in QUADRATIC:
                remedy = "name the problem qp, which takes a quadratic objective"
            raise self._error(begin, f"section {word}: {what} are not supported", remedy)
        return after

    def _once(self, word: str, begin: int, needed: str = "", *, again: bool = False) -> None:
        if word in self.done and not again:
            raise self._error(begin, f"section {word} appears twice", "join the two")
        if needed and needed not in self.done:
            raise self._error(begin, f"section {word} comes before {needed}", "reorder them")
        self.done.add(word)

    def _word_below(self, after: int, what: str) -> tuple[bytes, int]:
        """First word of the next line and the start of the line after it."""
        starts, stops = np.empty(6, np.int64), np.empty(6, np.int64)
        count, begin, later, _ = scan.next_line(self.bytes, after, len(self.data), starts, stops)
        if count == 0:
            raise self._error(begin, f"{what} has no value", "give it on the next line")
        return self.data[starts[0] : stops[0]], later

    def _objsense(self, given: str, after: int) -> int:
        later = after
        if not given:
            word, later = self._word_below(after, "OBJSENSE")
            given = word.decode("latin-1")
        sense = _SENSES.get(given.upper()[:3])
        if sense is None:
            raise self._error(after - 1, f"OBJSENSE is {given[:40]!r}", "give MAX or MIN")
        self.sense = sense
        return later

    def _objname(self, given: str, after: int) -> int:
        if "COLUMNS" in self.done:
            raise self._error(after - 1, "OBJNAME comes after COLUMNS", "move it before ROWS")
        self.objective_name = given.encode()
        if not given:
            self.objective_name, after = self._word_below(after, "OBJNAME")
        return after

    def _rows(self, after: int) -> int:
        kinds = np.empty(self.lines, np.uint8)
        names, lengths = np.empty(self.lines, np.int64), np.empty(self.lines, np.int32)
        status, offset, count, slots = scan.scan_rows(
            self.bytes, after, len(self.data), self.seed, kinds, names, lengths
        )
        self._check(status, offset)
        self.kinds = kinds[:count].copy()
        self.row_table = (slots, names[:count].copy(), lengths[:count].copy())
        return int(offset)

    def _place(self) -> np.ndarray:
        """Constraint of each row of the file, -1 for the objective, -2 for other free rows."""
        free = np.flatnonzero(self.kinds == _N)
        if self.objective_name:
            _, names, lengths = self.row_table
            free = np.array(
                [
                    row
                    for row in free
                    if self.data[names[row] : names[row] + lengths[row]] == self.objective_name
                ],
                np.int64,
            )
            if not free.size:
                name = self.objective_name[:40].decode("utf-8", "replace")
                raise self._error(0, f"OBJNAME {name!r} is no N row", "declare it in ROWS")
        constraint = self.kinds != _N
        place = np.where(constraint, np.cumsum(constraint) - 1, -2).astype(np.int32)
        if free.size:
            place[free[0]] = -1
        else:
            self.warnings.append("the file has no N row: the objective is 0")
        dropped = int((place == -2).sum())
        if dropped:
            self.warnings.append(f"{dropped} free rows (N) besides the objective are dropped")
        return place

    def _columns(self, after: int) -> int:
        self.place = self._place()
        lines = self.lines
        names, lengths = np.empty(lines, np.int64), np.empty(lines, np.int32)
        integer, first = np.empty(lines, bool), np.empty(lines + 1, np.int64)
        cost, late = np.empty(lines), np.empty((2 * lines, 3), np.int64)
        rows, values = np.empty(2 * lines, np.int32), np.empty(2 * lines)
        status, offset, n, _, lates, slots = scan.scan_columns(
            self.bytes, after, len(self.data), self.seed, *self.row_table, self.place,
            names, lengths, integer, first, cost, rows, values, late,
        )  # fmt: skip
        self._check(status, offset)
        for where, start, stop in late[:lates].tolist():
            value = late_value(self.data[start:stop])
            if not abs(value) < INFINITY:
                self._check(scan.HUGE, start)
            if where < 0:
                cost[-1 - where] = value
            else:
                values[where] = value
        m = int((self.place >= 0).sum())
        self.matrix = scan.to_rows(m, n, first, rows, values)
        self.column_table = (slots, names[:n].copy(), lengths[:n].copy())
        self.cost, self.integer = cost[:n].copy(), integer[:n].copy()
        self.lower, self.upper = np.zeros(n), np.full(n, np.inf)
        self.bounded = np.zeros(n, np.uint8)
        count = self.kinds.size
        self.right, self.right_given = np.zeros(count), np.zeros(count, bool)
        self.range, self.range_given = np.zeros(count), np.zeros(count, bool)
        return int(offset)

    def _sides(self, word: str, after: int) -> int:
        right = word == "RHS"
        values, given = (self.right, self.right_given) if right else (self.range, self.range_given)
        late = np.empty((2 * self.lines, 3), np.int64)
        kinds = self.kinds if right else np.zeros_like(self.kinds)
        status, offset, lates, skipped = limits_scan.scan_sides(
            self.bytes, after, len(self.data), self.seed, *self.row_table, kinds,
            values, given, late, self.sets[word],
        )  # fmt: skip
        self._check(status, offset)
        for row, start, stop in late[:lates].tolist():
            values[row] = late_value(self.data[start:stop])
        self._skipped(word, skipped)
        return int(offset)

    def _bounds(self, after: int) -> int:
        late = np.empty((2 * self.lines, 3), np.int64)
        status, offset, lates, skipped = limits_scan.scan_bounds(
            self.bytes, after, len(self.data), self.seed, *self.column_table,
            self.lower, self.upper, self.integer, self.bounded, late, self.sets["BOUNDS"],
        )  # fmt: skip
        self._check(status, offset)
        for where, start, stop in late[:lates].tolist():
            bounds = self.upper if where % 2 else self.lower
            if np.isnan(bounds[where // 2]):
                bounds[where // 2] = late_value(self.data[start:stop])
        self._skipped("BOUNDS", skipped)
        return int(offset)

    def _skipped(self, word: str, lines: int) -> None:
        if lines:
            start, length = self.sets[word]
            kept = self._text(start, start + length)
            self.warnings.append(
                f"{word} has several sets: {kept!r} is read, {lines} lines are not"
            )

    def _row_sides(self) -> tuple[np.ndarray, np.ndarray]:
        kept = self.place >= 0
        kinds, right = self.kinds[kept], self.right[kept]
        ranged, size = self.range_given[kept], self.range[kept]
        lower = np.where(kinds == _L, -np.inf, right)
        upper = np.where(kinds == _G, np.inf, right)
        below = ranged & ((kinds == _L) | ((kinds == _E) & (size < 0)))
        above = ranged & ~below
        lower[below] = right[below] - np.abs(size[below])
        upper[above] = right[above] + np.abs(size[above])
        if self.range_given[~kept].any():
            self.warnings.append("RANGES of N rows are ignored")
        return lower, upper

    def _offset(self) -> float:
        objective = np.flatnonzero(self.place == -1)
        return -float(self.right[objective[0]]) if objective.size else 0.0

    def _model(self) -> Model:
        self.upper[self.integer & (self.bounded == 0)] = 1.0
        negative = np.flatnonzero((self.upper < 0) & (self.lower == 0) & ~(self.bounded & 1 > 0))
        columns, rows = self._names()
        if negative.size:
            self.warnings.append(
                f"column {columns[int(negative[0])][:80]!r} has a negative upper bound and no lower"
                " bound, so that its lower bound 0 makes the model infeasible; an MI bound would"
                f" free it ({negative.size} such columns)"
            )
        lower, upper = self._row_sides()
        indptr, indices, data = self.matrix
        try:
            program = IntegerProgram(
                sense=self.sense,
                c=self.cost,
                offset=self._offset(),
                A=csr_array((data, indices, indptr), shape=(lower.size, self.cost.size)),
                row_lower=lower,
                row_upper=upper,
                lower=self.lower,
                upper=self.upper,
                integer=self.integer,
            )
        except InvalidInstance as error:
            raise ParseError(error.message, file=self.file, remedy=error.remedy) from error
        warnings = (*self.warnings, *scale_warnings(program))
        return Model(program, Naming(columns, rows), self.title, warnings)

    def _names(self) -> tuple[Names, Names]:
        space = SPACE if self.spaced else b""
        _, names, lengths = self.column_table
        columns = Names.gather(self.bytes, names, lengths, np.arange(names.size), space=space)
        _, names, lengths = self.row_table
        kept = np.flatnonzero(self.place >= 0)
        return columns, Names.gather(self.bytes, names, lengths, kept, space=space)

    def _text(self, start: int, stop: int) -> str:
        text = self.data[start:stop].decode("utf-8", "replace")
        return text.replace(SPACE.decode(), " ") if self.spaced else text

    def _error(self, offset: int, message: str, remedy: str) -> ParseError:
        return error_at(self.data, offset, message, file=self.file, remedy=remedy)

    def _check(self, status: int, offset: int) -> None:
        """Raise the error of a scan that did not finish."""
        if status == scan.DONE:
            return
        message, remedy = _FAULTS[status]
        token = self.data[offset : offset + 400].split(None, 1)
        shown = token[0][:40].decode("utf-8", "replace") if token else ""
        raise self._error(offset, message.format(repr(shown)), remedy)
