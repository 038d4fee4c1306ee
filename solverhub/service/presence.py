"""Which supervisors are alive: each notes in the store that it is, about once a second."""

from __future__ import annotations

import time

from solverhub.service.database import Database
from solverhub.service.dialect import Cursor

ALIVE_S = 5.0


def note(cursor: Cursor, worker: str, slots: int) -> None:
    """Say that the supervisor is alive and how many slots it has."""
    cursor.run(
        "INSERT INTO workers (id, seen, slots) VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET seen = excluded.seen, slots = excluded.slots",
        (worker, time.time(), slots),
    )


def leave(cursor: Cursor, worker: str) -> None:
    """Say that the supervisor is gone."""
    cursor.run("DELETE FROM workers WHERE id = ?", (worker,))


def alive(database: Database) -> dict[str, int]:
    """Slots of each supervisor that was seen lately."""
    with database.reading() as cursor:
        rows = cursor.all(
            "SELECT id, slots FROM workers WHERE seen > ? ORDER BY id", (time.time() - ALIVE_S,)
        )
    return {row["id"]: int(row["slots"]) for row in rows}
