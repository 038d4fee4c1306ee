"""Connections and transactions over one `Dialect`.

Connections are pooled and belong to one process: after a fork the child opens its own, and
the parent must have closed its (`release`), because neither SQLite's locks nor PostgreSQL's
sockets survive being shared.  Writers of one process queue on a lock, since waiting there
is cheaper than SQLite's polling.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from solverhub.service.dialect import Cursor, Dialect


class Database:
    """Transactions of one process.  Errors of the driver leave here translated."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._idle: list[Any] = []
        self._write = threading.Lock()
        self._guard = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Cursor]:
        """Statements that change nothing, each seeing the newest commit."""
        with self._connection() as connection:
            yield self.dialect.cursor(connection)

    @contextlib.contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Cursor]:
        """One transaction: committed at the end of the block, rolled back if it raises."""
        with self._write, self._connection() as connection:
            try:
                self.dialect.begin(connection, durable=durable)
                yield self.dialect.cursor(connection)
                self.dialect.end(connection, commit=True)
            except BaseException:
                self.dialect.end(connection, commit=False)
                raise

    def release(self) -> None:
        """Close the connections that nobody uses; call it before a fork."""
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Any]:
        try:
            with self._guard:
                connection = self._idle.pop() if self._idle else None
            connection = connection or self.dialect.connect()
            try:
                yield connection
            except self.dialect.errors:
                connection.close()
                raise
            except BaseException:
                self._give_back(connection)
                raise
            self._give_back(connection)
        except self.dialect.errors as error:
            raise self.dialect.translate(error) from error

    def _give_back(self, connection: Any) -> None:
        with self._guard:
            self._idle.append(connection)
