"""The first lines of a text table: what is needed to tell its layout before it is scanned."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
_INTEGER = re.compile(r"[+-]?\d+(\.0*)?\Z")
_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)?\Z")
_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Line:
    """A data line: its byte offset, the offset of the next line, and its text."""

    offset: int
    after: int
    text: str


def data_lines(data: bytes, offset: int = 0, *, blank: bool = False) -> Iterator[Line]:
    """Lines without comments (`#`, `%`, `//`), blank ones too if asked for; text cut at 64 KiB."""
    while offset < len(data):
        end = data.find(b"\n", offset)
        after = len(data) if end < 0 else end + 1
        text = strip_comment(
            data[offset : min(after, offset + _LONGEST)].decode("utf-8", "replace")
        )
        commented = not text and data[offset:after].strip()
        if text or (blank and not commented):
            yield Line(offset, after, text)
        offset = after


def strip_comment(line: str) -> str:
    """The line up to `#`, `%` or `//`, without blanks around it."""
    return re.split(r"[#%]|//", line, maxsplit=1)[0].strip()


def fields(line: str) -> list[str]:
    """The fields of a line: comma-, semicolon- or blank-separated, quotes taken off."""
    if '"' in line:
        comma = "," if line.count(",") >= line.count(";") else ";"
        separator = comma if comma in line else " "
        row = csv.reader([line.replace("\r", " ")], delimiter=separator, skipinitialspace=True)
        with contextlib.suppress(csv.Error):
            return [field.strip() for field in next(row, [])]
    return _SEPARATOR.split(line)


def is_integer(field: str) -> bool:
    """True for 7, -7 and 7.0."""
    return _INTEGER.match(field) is not None


def is_number(field: str) -> bool:
    """True for decimals, and for a lone sign."""
    return bool(field) and _NUMBER.match(field) is not None
