"""Instances by the digest of their bytes, and what reading them once has shown.

Small ones are kept in the store itself, larger ones as files in the spool.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from solverhub.core.problem import Manner
from solverhub.service.database import Database
from solverhub.service.dialect import Cursor
from solverhub.service.identity import digest

INLINE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an input: `digest` of them, the file name that tells the format, and
    the bytes themselves where they are not in the spool."""

    digest: str
    name: str
    size: int
    body: bytes | None = None

    @classmethod
    def inline(cls, name: str, body: bytes) -> Content:
        """The content of bytes at hand."""
        return cls(digest(body), name, len(body), body)

    def keep(self, cursor: Cursor, now: float) -> None:
        """Put it into the store, or note that it is used again."""
        cursor.run(
            "INSERT INTO instances (content, name, size, body, used) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (content) DO UPDATE SET used = excluded.used",
            (self.digest, self.name, self.size, self.body, now),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a content as a problem has shown: the instance's digest and name."""

    problem: str
    digest: str
    name: str


class Instances:
    """Contents and readings in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, content: str) -> Content | None:
        """The content of this digest, with its bytes if the store holds them."""
        with self._database.reading() as cursor:
            row = cursor.one(
                "SELECT content, name, size, body FROM instances WHERE content = ?", (content,)
            )
        if row is None:
            return None
        return Content(row["content"], row["name"], row["size"], row["body"])

    def keep(self, content: Content) -> None:
        """Note an uploaded file; a later name of the same bytes wins."""
        with self._database.writing(durable=True) as cursor:
            content.keep(cursor, time.time())
            cursor.run(
                "UPDATE instances SET name = ? WHERE content = ?", (content.name, content.digest)
            )

    def reading(self, key: str) -> Reading | None:
        """What an earlier reading has shown, by `reading_key`."""
        with self._database.reading() as cursor:
            row = cursor.one("SELECT problem, digest, name FROM readings WHERE id = ?", (key,))
        return None if row is None else Reading(row["problem"], row["digest"], row["name"])

    def keep_reading(self, key: str, content: str, reading: Reading) -> None:
        """Note what a reading has shown."""
        with self._database.writing() as cursor:
            cursor.run(
                "INSERT INTO readings (id, content, problem, digest, name) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO NOTHING",
                (key, content, reading.problem, reading.digest, reading.name),
            )


def reading_key(content: Content, problem: str | None, manner: Manner) -> str:
    """Equal for contents that read as the same instance with the same ids."""
    return digest(f"{content.digest}\n{problem or ''}\n{manner}\n{content.name}".encode())
