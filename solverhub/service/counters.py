"""Counts that all processes of a service share, for the metrics.

They live in the store, so that they survive any process and grow in the same transaction
as what they count.
"""

from __future__ import annotations

from dataclasses import dataclass

from solverhub.service.database import Database
from solverhub.service.dialect import Cursor


@dataclass(frozen=True, slots=True)
class Count:
    """One counter: its name, the value of its one label, and how far it has counted."""

    name: str
    label: str
    value: float


def add(cursor: Cursor, name: str, label: str = "", by: float = 1) -> None:
    """Count within the caller's transaction."""
    cursor.run(
        "INSERT INTO counters (name, label, value) VALUES (?, ?, ?) "
        "ON CONFLICT (name, label) DO UPDATE SET value = counters.value + excluded.value",
        (name, label, by),
    )


def time(cursor: Cursor, name: str, seconds: float) -> None:
    """Count a duration: its sum, and how many there were under `name_count`."""
    add(cursor, name, by=max(0.0, seconds))
    add(cursor, f"{name}_count")


def counts(database: Database) -> list[Count]:
    """Every counter."""
    with database.reading() as cursor:
        rows = cursor.all("SELECT name, label, value FROM counters ORDER BY name, label")
    return [Count(row["name"], row["label"], row["value"]) for row in rows]
