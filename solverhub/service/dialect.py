"""What differs between the databases that can hold the job store.

Statements elsewhere in this room are plain SQL that SQLite and PostgreSQL 15 both accept
(`RETURNING`, `ON CONFLICT`, partial indexes) with `?` for parameters; everything else that
differs is here.  Column types are PostgreSQL's names, which SQLite takes by affinity:
`BIGINT`, `DOUBLE PRECISION`, `TEXT`, and `BYTEA`, under which SQLite keeps blobs as they are.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from solverhub.core.errors import Overloaded, SolverhubError, StorageFull

Row = Mapping[str, Any]


class Cursor(Protocol):
    """What runs statements within one transaction."""

    def all(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Every row of the statement, by column name."""
        ...

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        ...

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Number of rows that the statement changed."""
        ...

    def many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run the statement once for each row of parameters."""
        ...


class Dialect(Protocol):
    """One database: how to connect, to begin, and to name its errors."""

    errors: tuple[type[Exception], ...]

    def connect(self) -> Any:
        """A new connection in autocommit mode."""
        ...

    def cursor(self, connection: Any) -> Cursor:
        """Something to run statements with."""
        ...

    def begin(self, connection: Any, *, durable: bool) -> None:
        """Start a writing transaction; a durable one survives a loss of power."""
        ...

    def end(self, connection: Any, *, commit: bool) -> None:
        """Commit, or roll back what is open; a rollback without a transaction is harmless."""
        ...

    def translate(self, error: Exception) -> SolverhubError:
        """The error of our tree for one of `errors`."""
        ...


class SqliteCursor:
    """Runs statements on one SQLite connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Every row of the statement, by column name."""
        found: list[Row] = self._connection.execute(statement, parameters).fetchall()
        return found

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        rows = self.all(statement, parameters)
        return rows[0] if rows else None

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Number of rows that the statement changed."""
        return self._connection.execute(statement, parameters).rowcount

    def many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run the statement once for each row of parameters."""
        self._connection.executemany(statement, rows)


class Sqlite:
    """The embedded database: one file in WAL mode on a local disk.

    Commits are written to the log before they are acknowledged, so no process that is killed
    takes one with it.  Durable transactions also wait for the disk (`synchronous=FULL`), so
    that new work, once acknowledged, survives a loss of power; everything that can be done
    again (leases, events, answers from the cache) does not wait.
    """

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path, *, busy_s: float = 5.0) -> None:
        self.path, self._busy_s = path, busy_s

    def connect(self) -> sqlite3.Connection:
        """A new connection in autocommit mode."""
        connection = sqlite3.connect(
            self.path, timeout=self._busy_s, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = _row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA temp_store=MEMORY")
        return connection

    def cursor(self, connection: Any) -> Cursor:
        """Something to run statements with."""
        return SqliteCursor(connection)

    def begin(self, connection: Any, *, durable: bool) -> None:
        """Start a writing transaction; a durable one survives a loss of power."""
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")

    def end(self, connection: Any, *, commit: bool) -> None:
        """Commit, or roll back what is open; a rollback without a transaction is harmless."""
        if commit:
            connection.execute("COMMIT")
        elif connection.in_transaction:
            connection.execute("ROLLBACK")

    def translate(self, error: Exception) -> SolverhubError:
        """The error of our tree for one of `errors`."""
        code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (
            code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and self._disk_full()
        ):
            return StorageFull()
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return Overloaded(
                f"the job store stayed locked for {self._busy_s:g} s",
                remedy="send the request again later",
            )
        return SolverhubError(
            f"the job store {self.path} failed ({error})",
            remedy="check the disk and the permissions of the data directory",
        )

    def _disk_full(self) -> bool:
        try:
            return shutil.disk_usage(self.path.parent).free < 2**20
        except OSError:
            return False


def _row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, values, strict=True)}
