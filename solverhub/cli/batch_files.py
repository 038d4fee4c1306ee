"""The files of a batch and its results file: one JSON line a file, written as they finish."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from solverhub import wire
from solverhub.core.errors import InvalidParams, ParseError

_NOT_INSTANCES = {
    *(".toml", ".md", ".py", ".jsonl", ".jsonl~", ".yaml", ".yml", ".png", ".svg", ".pdf"),
    *(".log", ".html", ".ipynb"),
}
_LARGE = {"solution", "pool", "trace", "evidence", "log"}
_NAMES = {"README", "LICENSE", "NOTICE", "Makefile"}

Key = tuple[str, str, str]
"""File as it was named, digest of its bytes, digest of the options."""


def find(paths: Iterable[Path]) -> list[Path]:
    """The named files, and in folders all but hidden ones, documents and pictures; sorted."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found |= dict.fromkeys(sorted(p for p in _walk(path) if _may_be_instance(p)))
        elif path.is_file():
            found[path] = None
        else:
            raise ParseError("there is no such file or folder", file=str(path), remedy="check it")
    if not found:
        raise InvalidParams("there are no instance files in what was named")
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(base, name) for name in names if not name.startswith("."))


def _may_be_instance(path: Path) -> bool:
    return path.name not in _NAMES and path.suffix.lower() not in _NOT_INSTANCES


def file_digest(path: Path) -> str:
    """`sha256:...` of the bytes of a file."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


class Ledger:
    """The results file; a context manager.

    A new batch keeps an earlier file under its name with `~` behind it; `resume` appends and
    knows what is `finished`.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        if path.is_dir():
            raise InvalidParams(f"{path} is a folder", remedy="choose a file as --out")
        self.path = path
        self.rows: dict[Key, dict[str, Any]] = {}
        if resume and path.exists():
            self.rows = {_key(row): _lean(row) for row in _rows(path)}
        elif path.exists() and path.stat().st_size:
            path.replace(path.with_name(f"{path.name}~"))
        try:
            self._file = path.open("ab")
        except OSError as error:
            raise InvalidParams(
                f"{path}: {error.strerror}", remedy="choose another --out"
            ) from error
        if self._file.tell() and not _ends_a_line(path):
            self._file.write(b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def finished(self, key: Key) -> bool:
        """True if the file has an answer that running again would not change much."""
        row = self.rows.get(key)
        if row is None or row["status"] == 3:
            return False
        return (row.get("termination") or {}).get("limit") != "cancelled"

    def write(self, key: Key, content: Mapping[str, Any]) -> dict[str, Any]:
        """Append a row, on disk when this returns."""
        name, digest, options = key
        row = {"file": name, "file_digest": digest, "options": options, **content}
        self._file.write(wire.dump(row) + b"\n")
        self._file.flush()
        self.rows[key] = _lean(row)
        return row


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _lean(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is large, so that a batch of any length fits in memory."""
    return {name: value for name, value in row.items() if name not in _LARGE}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of an earlier run; a line that an interruption cut short is passed over."""
    with path.open("rb") as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and {"file", "file_digest", "options", "status"} <= set(row):
                yield row


def _key(row: Mapping[str, Any]) -> Key:
    return str(row["file"]), str(row["file_digest"]), str(row["options"])
