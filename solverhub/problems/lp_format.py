r"""Reader of LP files in the CPLEX format.

Rules, where the format leaves room:

- A section keyword (`Minimize`, `Subject To`, `Bounds`, `Generals`, `Binaries`, `End`, and their
  usual short forms, in any case) counts at the start of a line when no colon follows it, so
  no variable of that name may start a line.  `\` starts a comment.  `End` may be missing
  (with a warning).
- A statement may break over lines anywhere.  A row is `expr rel v`, `v rel expr` or
  `v rel expr rel v`; constants in `expr` move to the other side, repeated variables are
  added up, `=<`, `<` and `<=` are the same.  A right side is one number: variables on both
  sides are refused.
- Variables are numbered as they first appear; one that appears only in Bounds, Generals or
  Binaries becomes a column without entries, with a warning.
- Bounds default to [0, inf).  The last bound of a variable wins.  A negative upper bound
  without a lower one leaves the lower bound at 0 (infeasible, with a warning).  Binaries have
  [0, 1], narrowed by bounds that the file gives.  Sizes of 1e20 and more, `inf` and
  `infinity` are infinite.
- Refused: quadratic terms, special ordered sets, semicontinuous variables, indicators, lazy
  rows, user cuts, general constraints, piecewise linear objectives, several objectives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from solverhub.core.errors import InputTooLarge, InvalidInstance, ParseError
from solverhub.core.problem import Naming, Source
from solverhub.core.result import Sense
from solverhub.problems import lp_scan as scan
from solverhub.problems import lp_tokens as tokens
from solverhub.problems.decimal_scan import late_value
from solverhub.problems.ilp_model import Model, error_at, scale_warnings
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.name_table import Names, fresh_seed

_KEYWORD = re.compile(
    rb"^[ \t]*(?:"
    rb"(?P<maximise>max(?:imi[sz]e|imum)?)|(?P<minimise>min(?:imi[sz]e|imum)?)"
    rb"|(?P<rows>subject[ \t]+to|such[ \t]+that|st\.?|s\.t\.)"
    rb"|(?P<bounds>bounds?)|(?P<binaries>binar(?:y|ies)|bin)"
    rb"|(?P<refused>sos[12]?|semi-continuous|semis?|lazy[ \t]+constraints?|user[ \t]+cuts?"
    rb"|general[ \t]+constraints?|gencons|pwlobj|multi-objectives?)"
    rb"|(?P<generals>generals?|gen|integers?|ints?)|(?P<end>end)"
    rb")(?=[ \t\r\n]|\Z)(?![ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)
_COLUMNWISE = ("bounds", "generals", "binaries")
_IDS, _NONE, _FIRST = np.zeros(0, np.int32), np.zeros(0), np.zeros(1, np.int64)
_FAULTS = {
    tokens.BAD_BYTE: ("{} is neither a number, a name nor an operator", "see the LP format"),
    tokens.QUADRATIC: (
        "{} starts a quadratic term",
        "linearise it; a quadratic objective is a problem of qp",
    ),
    tokens.INDICATOR: ("an indicator constraint", "not supported: write it as a linear row"),
    tokens.DANGLING: ("{} is followed by no term", "complete or remove it"),
    tokens.MISSING_OPERATOR: ("{} follows a term without an operator", "put + or - before it"),
    tokens.NO_RELATION: (
        "the row has no relation before {}",
        "end it with <=, >= or = and a number",
    ),
    tokens.NO_VARIABLE: ("the row has no variable", "write 0 x for an empty row"),
    tokens.RIGHT_SIDE: ("the right side is not a number", "put one number after the relation"),
    tokens.RIGHT_VARIABLE: (
        "{} stands on the right side",
        "move all variables to the left, sum the constants on the right, one row a line",
    ),
    tokens.DIRECTIONS: (
        "the relations of the range do not fit together",
        "write low <= expr <= high",
    ),
    tokens.HUGE: ("the coefficient {} counts as infinite", "keep sizes below 1e20; rescale"),
    tokens.SIDE_INFINITE: (
        "the side {} can be met by no value",
        "drop the row or its infinite side",
    ),
    tokens.BOUND_FORM: ("{} starts no bound", "write low <= x <= high, x >= low, x = v or x free"),
    tokens.BOUND_COEFFICIENT: (
        "a bound has a coefficient",
        "divide by it, or make the bound a row",
    ),
    tokens.BOUND_INFINITE: ("the bound can be met by no value", "inf bounds from above only"),
    tokens.ROW_TWICE: ("row {} is declared twice", "give every row its own name"),
    tokens.NOT_A_NAME: ("{} is not the name of a variable", "list only variables here"),
    tokens.UNEXPECTED: ("{} does not belong here", "see the LP format"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """Tokens of one section; a name's value is the number of its variable or label."""

    kind: str
    kinds: np.ndarray
    starts: np.ndarray
    values: np.ndarray
    fresh: np.ndarray


@dataclass(frozen=True, slots=True)
class _Objective:
    """Terms in the order of the file, repeated variables and all."""

    columns: np.ndarray
    coefficients: np.ndarray
    constant: float = 0.0


@dataclass(frozen=True, slots=True)
class _Rows:
    """Terms of row i are first[i]:first[i + 1]; sides (m,)."""

    columns: np.ndarray
    coefficients: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    first: np.ndarray


@dataclass(frozen=True, slots=True)
class _Columns:
    """Bounds and integrality, (n,) each."""

    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray


def read_lp(source: Source) -> Model:
    """The model of an LP file; raises `ParseError` with line and column."""
    zero = source.data.find(b"\0")
    if zero >= 0:
        raise error_at(
            source.data, zero, "a zero byte", file=source.name, remedy="save it as plain UTF-8 text"
        )
    if len(source.data) >= 2**31:
        raise InputTooLarge(
            f"{source.name} has {len(source.data)} bytes",
            remedy="LP files are read below 2 GiB; use MPS",
        )
    return LpReader(source).read()


class LpReader:
    """State of one pass over a file."""

    def __init__(self, source: Source) -> None:
        data = source.data
        self.data = data if b"\n" in data else data.replace(b"\r", b"\n")
        self.file = source.name
        self.bytes = np.frombuffer(self.data, np.uint8)
        self.warnings: list[str] = []
        self.seed = fresh_seed()
        self.slots = np.zeros(1024, np.int32)
        self.names = np.empty(len(data) // 2 + 2, np.int64)
        self.name_lengths = np.empty(len(data) // 2 + 2, np.int32)
        self.n = 0

    def read(self) -> Model:
        """Read objective and rows, then bounds and kinds, when all variables are known."""
        sense, spans = self._sections()
        objective, rows = _Objective(_IDS, _NONE), _Rows(_IDS, _NONE, _NONE, _NONE, _FIRST)
        labels: Names | list[str] | None = None
        for kind, start, stop in spans:
            if kind == "objective":
                objective = self._objective(self._tokens(kind, start, stop))
            elif kind == "rows":
                rows, labels = self._rows(self._tokens(kind, start, stop))
        declared = self.n
        columns = self._columns([self._tokens(*span) for span in spans if span[0] in _COLUMNWISE])
        if self.n > declared:
            self.warnings.append(
                f"{self.n - declared} variables appear in no row and not in the objective,"
                f" the first is {self._name(declared)!r}"
            )
        return self._model(sense, objective, rows, columns, labels)

    def _columns(self, sections: list[Section]) -> _Columns:
        lower, upper = np.full(self.n, np.nan), np.full(self.n, np.nan)
        integer, binary = np.zeros(self.n, bool), np.zeros(self.n, bool)
        for section in sections:
            if section.kind == "bounds":
                self._bounds(section, lower, upper)
            else:
                listed = self._listed(section)
                integer[listed] = True
                binary[listed] |= section.kind == "binaries"
        self._warn_negative(lower, upper)
        lower = np.where(np.isnan(lower), 0.0, lower)
        upper = np.where(np.isnan(upper), np.inf, upper)
        lower[binary] = np.maximum(lower[binary], 0.0)
        upper[binary] = np.minimum(upper[binary], 1.0)
        return _Columns(lower, upper, integer)

    def _sections(self) -> tuple[Sense, list[tuple[str, int, int]]]:
        """The sense, and kind, start and stop of every section."""
        found = list(_KEYWORD.finditer(self.data))
        head = found[0].start() if found else len(self.data)
        before = re.sub(rb"\\[^\n]*", b"", self.data[:head]).strip()
        if not found or found[0].lastgroup not in ("maximise", "minimise") or before:
            raise self._error(
                0 if before else head, "the file does not start with its objective",
                "start with Minimize or Maximize",
            )  # fmt: skip
        sense = Sense(found[0].lastgroup)
        spans: list[tuple[str, int, int]] = []
        ended = False
        for match, following in zip(found, [*found[1:], None], strict=True):
            kind = str(match.lastgroup)
            stop = following.start() if following else len(self.data)
            if kind == "refused":
                word = " ".join(match[kind].decode().split())
                raise self._error(
                    match.start(kind), f"section {word} is not supported",
                    "model it with linear rows and binary variables, or remove the section",
                )  # fmt: skip
            if kind == "end":
                ended = True
                break
            if kind in ("maximise", "minimise"):
                kind = "objective"
            if kind in ("objective", "rows") and any(kind == known for known, _, _ in spans):
                raise self._error(match.start(), f"a second section of {kind}", "join the two")
            spans.append((kind, match.end(), stop))
        if not ended:
            self.warnings.append("the file has no End: check that it is whole")
        return sense, spans

    def _tokens(self, kind: str, start: int, stop: int) -> Section:
        size = stop - start
        kinds, starts = np.empty(size, np.uint8), np.empty(size, np.int32)
        values, fresh = np.empty(size), np.empty(size, bool)
        status, offset, count = tokens.tokenise(
            self.bytes, start, stop, kind == "bounds", kinds, starts, values, fresh
        )
        if status != tokens.DONE:
            raise self._fault(status, offset)
        kinds, starts = kinds[:count], starts[:count]
        values, fresh = values[:count], fresh[:count]
        for t in np.flatnonzero(np.isnan(values) & (kinds == tokens.NUMBER)).tolist():
            end = tokens.number_end(self.bytes, int(starts[t]), len(self.data))
            values[t] = late_value(self.data[starts[t] : end])
        self.n, self.slots = tokens.number_names(
            self.bytes, self.seed, tokens.NAME, kinds, starts, values,
            self.slots, self.names, self.name_lengths, self.n,
        )  # fmt: skip
        return Section(kind, kinds, starts, values, fresh)

    def _objective(self, section: Section) -> _Objective:
        size = section.kinds.size
        columns, coefficients = np.empty(size, np.int32), np.empty(size)
        status, token, count, constant = scan.scan_objective(
            section.kinds, section.values, columns, coefficients
        )
        self._check(section, status, token)
        return _Objective(columns[:count].copy(), coefficients[:count].copy(), constant)

    def _rows(self, section: Section) -> tuple[_Rows, Names | list[str] | None]:
        size = section.kinds.size
        columns, coefficients = np.empty(size, np.int32), np.empty(size)
        first, labels = np.empty(size + 1, np.int64), np.empty(size, np.int64)
        lower, upper = np.empty(size), np.empty(size)
        status, token, m = scan.scan_constraints(
            section.kinds, section.values, section.fresh,
            columns, coefficients, first, lower, upper, labels,
        )  # fmt: skip
        self._check(section, status, token)
        sides = lower[:m].copy(), upper[:m].copy()
        count = int(first[m])
        rows = _Rows(columns[:count], coefficients[:count], *sides, first[: m + 1].copy())
        return rows, self._labels(section, labels[:m])

    def _labels(self, section: Section, labels: np.ndarray) -> Names | list[str] | None:
        """Names of the rows, `c<number>` for rows without a label, None if none has one."""
        kinds, starts = section.kinds, section.starts
        given = int((labels >= 0).sum())
        if not given:
            return None
        names, spans = np.empty(given, np.int64), np.empty(given, np.int32)
        known, _ = tokens.number_names(
            self.bytes, self.seed, tokens.LABEL, kinds, starts, section.values,
            np.zeros(1024, np.int32), names, spans, 0,
        )  # fmt: skip
        given_at = labels[labels >= 0]
        if known < given:
            fresh = np.zeros(given, bool)
            fresh[np.unique(section.values[given_at], return_index=True)[1]] = True
            raise self._fault(tokens.ROW_TWICE, int(starts[given_at[int(np.argmin(fresh))]]))
        found = Names.gather(self.bytes, names, spans, np.arange(known))
        if given == labels.size:
            return found
        taken, named = set(found), iter(found)
        listed = []
        for row, label in enumerate(labels.tolist()):
            name = next(named) if label >= 0 else f"c{row + 1}"
            while label < 0 and name in taken:
                name += "_"
            taken.add(name)
            listed.append(name)
        return listed

    def _bounds(self, section: Section, lower: np.ndarray, upper: np.ndarray) -> None:
        status, token = scan.scan_bounds(section.kinds, section.values, lower, upper)
        self._check(section, status, token)

    def _listed(self, section: Section) -> np.ndarray:
        """Variables of a section that lists names."""
        wrong = section.kinds != tokens.NAME
        if wrong.any():
            self._check(section, tokens.NOT_A_NAME, int(wrong.argmax()))
        return section.values.astype(np.int64)

    def _warn_negative(self, lower: np.ndarray, upper: np.ndarray) -> None:
        negative = np.flatnonzero((upper < 0) & np.isnan(lower))
        if negative.size:
            self.warnings.append(
                f"variable {self._name(int(negative[0]))!r} has a negative upper bound and no lower"
                " bound, so that its lower bound 0 makes the model infeasible; a lower bound of"
                f" -inf would free it ({negative.size} such variables)"
            )

    def _model(
        self,
        sense: Sense,
        objective: _Objective,
        rows: _Rows,
        columns: _Columns,
        labels: Names | list[str] | None,
    ) -> Model:
        terms = (rows.coefficients, rows.columns, rows.first)
        try:
            program = IntegerProgram(
                sense=sense,
                c=np.bincount(objective.columns, objective.coefficients, minlength=self.n),
                offset=objective.constant,
                A=csr_array(terms, shape=(rows.lower.size, self.n)),
                row_lower=rows.lower,
                row_upper=rows.upper,
                lower=columns.lower,
                upper=columns.upper,
                integer=columns.integer,
            )
        except InvalidInstance as error:
            raise ParseError(error.message, file=self.file, remedy=error.remedy) from error
        names = Names.gather(self.bytes, self.names, self.name_lengths, np.arange(self.n))
        warnings = (*self.warnings, *scale_warnings(program))
        return Model(program, Naming(names, labels), warnings=warnings)

    def _name(self, variable: int) -> str:
        start, length = int(self.names[variable]), int(self.name_lengths[variable])
        return self.data[start : start + min(length, 80)].decode("utf-8", "replace")

    def _check(self, section: Section, status: int, token: int) -> None:
        if status != tokens.DONE:
            inside = 0 <= token < section.starts.size
            raise self._fault(status, int(section.starts[token]) if inside else len(self.data))

    def _fault(self, status: int, offset: int) -> ParseError:
        message, remedy = _FAULTS[status]
        token = self.data[offset : offset + 400].split(None, 1)
        shown = token[0][:40].decode("utf-8", "replace").rstrip(":") if token else ""
        return self._error(offset, message.format(repr(shown)), remedy)

    def _error(self, offset: int, message: str, remedy: str) -> ParseError:
        return error_at(self.data, offset, message, file=self.file, remedy=remedy)
