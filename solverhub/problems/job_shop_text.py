"""Text forms of a job shop: the standard form and Taillard's.

Standard form: a header `jobs machines`, then one line a job with `machine duration` pairs,
one pair a machine, machines from 0.  Taillard's form: a header whose first two numbers are
jobs and machines (seeds and bounds may follow), the word `Times` and one line of durations
a job, the word `Machines` and one line of machines, from 1, a job; the two words may be
missing.

Rules for real files: blank lines and what follows a `#` are skipped; so are lines before
the header that do not start with a number (with a warning unless they speak of jobs, as
Taillard's do) and what follows the first two numbers of the header (with a warning unless
it is numbers).  A standard file whose machines run from 1 to their number is read so, with
a warning, and a Taillard file whose machines include 0 likewise from 0.  Everything else is
refused with line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source

LARGEST = 2**61
"""Largest sum of durations and largest start: twice it still fits int64."""

_TOKEN = re.compile(r"\S+")
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_SECTION = re.compile(r"\s*(times?|machines?)\s*:?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shop:
    """What a text says: (machine, duration) pairs of each job, machines from 0."""

    jobs: list[list[tuple[int, int]]]
    n_machines: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    values: list[int]
    columns: list[int]


def read_shop(source: Source) -> Shop:
    """Read either form; `ParseError` has file, line and, for a number, the column."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.file = source.name
        self.warnings: list[str] = []
        text = source.data.decode("utf-8", errors="replace")
        stripped = (
            _Line(number, line.partition("#")[0])
            for number, line in enumerate(text.splitlines(), start=1)
        )
        self.lines = [line for line in stripped if line.text.strip()]
        self.last = text.count("\n") + 1

    def read(self) -> Shop:
        body = self.skip_preamble()
        n_jobs, n_machines = self.header(self.lines[body])
        sections = self.sections(self.lines[body + 1 :])
        if set(sections) == {""}:
            rows = sections[""]
            if len(rows) == 2 * n_jobs and all(len(row.values) == n_machines for row in rows):
                sections = {"times": rows[:n_jobs], "machines": rows[n_jobs:]}
            else:
                self.check_rows(rows, n_jobs, 2 * n_machines, "machine and duration pairs")
                pairs = [_split(row) for row in rows]
                base = self.base([machines for machines, _ in pairs], n_machines, usual=0)
                return self.shop(pairs, n_machines, base)
        for name in ("times", "machines"):
            if name not in sections:
                raise self.error(f"there is no {name} matrix", self.last, remedy="append it")
            self.check_rows(sections[name], n_jobs, n_machines, name)
        base = self.base(sections["machines"], n_machines, usual=1)
        return self.shop(
            list(zip(sections["machines"], sections["times"], strict=True)), n_machines, base
        )

    def error(
        self, message: str, line: int, column: int | None = None, *, remedy: str
    ) -> ParseError:
        return ParseError(message, file=self.file, line=line, column=column, remedy=remedy)

    def skip_preamble(self) -> int:
        """Index of the header: the first line that starts with a number."""
        for index, line in enumerate(self.lines):
            if line.text.split()[0].lstrip("+-")[:1].isdigit():
                skipped = [line for line in self.lines[:index] if "jobs" not in line.text.lower()]
                if skipped:
                    self.warnings.append(f"skipped {len(skipped)} lines of text before the header")
                return index
        raise self.error(
            "there is no header", self.last, remedy="start with the numbers of jobs and machines"
        )

    def header(self, line: _Line) -> tuple[int, int]:
        """Jobs and machines, each from 1; what follows them is ignored."""
        tokens = list(_TOKEN.finditer(line.text))
        if len(tokens) < 2:
            raise self.error(
                "the header has one number", line.number, remedy="give jobs and machines"
            )
        counts = [self.number(line, token) for token in tokens[:2]]
        for count, token, what in zip(counts, tokens, ("jobs", "machines"), strict=False):
            if not 1 <= count <= LARGEST:
                raise self.error(
                    f"the header promises {count} {what}",
                    line.number,
                    token.start() + 1,
                    remedy=f"give at least one of the {what}",
                )
        if not all(_WHOLE.fullmatch(token[0]) for token in tokens[2:]):
            self.warnings.append(
                f"line {line.number}: ignored what follows the numbers of jobs and machines"
            )
        return counts[0], counts[1]

    def sections(self, lines: Iterable[_Line]) -> dict[str, list[_Row]]:
        """Rows under each of the words `times` and `machines`, or under "" without them."""
        found: dict[str, list[_Row]] = {}
        name = ""
        for line in lines:
            word = _SECTION.fullmatch(line.text)
            if word is None:
                found.setdefault(name, []).append(self.row(line))
                continue
            name = "times" if word[1].lower().startswith("time") else "machines"
            if name in found or "" in found:
                raise self.error(
                    f"{word[1]!r} comes after rows that do not belong to it",
                    line.number,
                    remedy="give one instance a file: header, times, machines",
                )
            found[name] = []
        return found or {"": []}

    def row(self, line: _Line) -> _Row:
        tokens = list(_TOKEN.finditer(line.text))
        values = [self.number(line, token) for token in tokens]
        return _Row(line.number, values, [token.start() + 1 for token in tokens])

    def number(self, line: _Line, token: re.Match[str]) -> int:
        if not _WHOLE.fullmatch(token[0]):
            raise self.error(
                f"{token[0][:40]!r} is not a whole number",
                line.number,
                token.start() + 1,
                remedy="a job shop has whole numbers only, of at most 20 digits",
            )
        return int(token[0])

    def check_rows(self, rows: list[_Row], n_jobs: int, width: int, what: str) -> None:
        """Right number of rows, each of the right width and without negative numbers."""
        for index, row in enumerate(rows):
            if index == n_jobs:
                raise self.error(
                    f"this line is beyond the {n_jobs} jobs of the header",
                    row.line,
                    remedy="remove it or correct the header",
                )
            if len(row.values) != width:
                raise self.error(
                    f"job {index} has {len(row.values)} numbers and not {width} ({what})",
                    row.line,
                    row.columns[width] if len(row.values) > width else None,
                    remedy="give each job one line, or use JSON for jobs of different lengths",
                )
            for position, value in enumerate(row.values):
                if value < 0:
                    raise self.error(
                        f"{value} is negative",
                        row.line,
                        row.columns[position],
                        remedy="machines and durations are whole numbers from 0",
                    )
        if len(rows) < n_jobs:
            raise self.error(
                f"the file has {len(rows)} of the {n_jobs} jobs of its header ({what})",
                self.last,
                remedy="append the missing lines or correct the header",
            )

    def base(self, rows: list[_Row], n_machines: int, *, usual: int) -> int:
        """The id of the first machine, 0 or 1, with a warning where it is not the usual one."""
        ids = [value for row in rows for value in row.values]
        if usual == 1:
            base = 0 if min(ids) == 0 else 1
        else:
            base = 1 if min(ids) > 0 and max(ids) == n_machines else 0
        if base != usual:
            self.warnings.append(f"machines are numbered from {base}, not {usual} as usual")
        for row in rows:
            for position, value in enumerate(row.values):
                if not base <= value < base + n_machines:
                    raise self.error(
                        f"there is no machine {value}",
                        row.line,
                        row.columns[position],
                        remedy=f"machines are {base} to {base + n_machines - 1}",
                    )
        return base

    def shop(self, pairs: list[tuple[_Row, _Row]], n_machines: int, base: int) -> Shop:
        total = 0
        for _, durations in pairs:
            total += sum(durations.values)
            if total > LARGEST:
                raise self.error(
                    f"the durations so far add up to {total}",
                    durations.line,
                    remedy="scale them so that their sum is at most 2**61",
                )
        jobs = [
            [
                (machine - base, length)
                for machine, length in zip(left.values, right.values, strict=True)
            ]
            for left, right in pairs
        ]
        return Shop(jobs, n_machines, tuple(self.warnings))


def _split(row: _Row) -> tuple[_Row, _Row]:
    """The machines and the durations of a row of pairs."""
    halves = [_Row(row.line, row.values[k::2], row.columns[k::2]) for k in (0, 1)]
    return halves[0], halves[1]
