"""The tables of the job store.

A *job* is what a caller submitted; a *run* is one piece of work for a worker, and carries
the lease.  Jobs that ask the same thing at the same time share a run, so that one of them
can leave without harm to the others.  Numbers of solutions are kept as JSON text, which
holds integers of any size exactly.
"""

from __future__ import annotations

from solverhub.core.errors import SolverhubError
from solverhub.service.database import Database

VERSION = 1

TABLES = """
CREATE TABLE IF NOT EXISTS store_version (version BIGINT NOT NULL);

CREATE TABLE IF NOT EXISTS instances (
    content TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    body BYTEA,
    used DOUBLE PRECISION NOT NULL
);

CREATE TABLE IF NOT EXISTS readings (
    id TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    problem TEXT NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS readings_content ON readings (content);

CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY,
    flight TEXT,
    state TEXT NOT NULL,
    priority BIGINT NOT NULL,
    slots BIGINT NOT NULL,
    content TEXT NOT NULL,
    request TEXT NOT NULL,
    submitted DOUBLE PRECISION NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    losses BIGINT NOT NULL DEFAULT 0,
    token TEXT,
    worker TEXT,
    lease_until DOUBLE PRECISION,
    last_event BIGINT NOT NULL DEFAULT 0,
    objective TEXT,
    bound TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS runs_flight ON runs (flight) WHERE state <> 'ended';
CREATE INDEX IF NOT EXISTS runs_queue ON runs (priority DESC, id) WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS runs_lease ON runs (lease_until) WHERE state = 'running';
CREATE INDEX IF NOT EXISTS runs_content ON runs (content);

CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    run TEXT,
    batch TEXT,
    position BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    problem TEXT NOT NULL,
    solver TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    time_s DOUBLE PRECISION NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    cached BIGINT NOT NULL DEFAULT 0,
    cancel_requested BIGINT NOT NULL DEFAULT 0,
    submitted DOUBLE PRECISION NOT NULL,
    started DOUBLE PRECISION,
    finished DOUBLE PRECISION,
    last_event BIGINT,
    objective TEXT,
    bound TEXT,
    verified BIGINT,
    reason TEXT,
    stopped_by TEXT,
    error TEXT,
    body TEXT
);
CREATE INDEX IF NOT EXISTS jobs_run ON jobs (run);
CREATE INDEX IF NOT EXISTS jobs_batch ON jobs (batch, position);
CREATE INDEX IF NOT EXISTS jobs_body ON jobs (body);
CREATE INDEX IF NOT EXISTS jobs_live ON jobs (state) WHERE finished IS NULL;
CREATE INDEX IF NOT EXISTS jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;

CREATE TABLE IF NOT EXISTS bodies (
    id TEXT PRIMARY KEY,
    body BYTEA NOT NULL
);

CREATE TABLE IF NOT EXISTS events (
    run TEXT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    wall_s DOUBLE PRECISION NOT NULL,
    objective TEXT,
    bound TEXT,
    message TEXT,
    source TEXT,
    PRIMARY KEY (run, seq)
);

CREATE TABLE IF NOT EXISTS answers (
    question TEXT NOT NULL,
    time_s DOUBLE PRECISION NOT NULL,
    settled BIGINT NOT NULL,
    body BYTEA NOT NULL,
    size BIGINT NOT NULL,
    used DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (question, time_s)
);
CREATE INDEX IF NOT EXISTS answers_used ON answers (used);

CREATE TABLE IF NOT EXISTS batches (
    id TEXT PRIMARY KEY,
    submitted DOUBLE PRECISION NOT NULL
);

CREATE TABLE IF NOT EXISTS idempotency (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    target TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL
);

CREATE TABLE IF NOT EXISTS counters (
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (name, label)
);

CREATE TABLE IF NOT EXISTS workers (
    id TEXT PRIMARY KEY,
    seen DOUBLE PRECISION NOT NULL,
    slots BIGINT NOT NULL
);
"""


def create(database: Database) -> None:
    """Create what is missing; refuses a store that a later version wrote."""
    with database.writing() as cursor:
        for statement in TABLES.split(";"):
            if statement.strip():
                cursor.run(statement)
        found = cursor.one("SELECT MAX(version) AS version FROM store_version")
        version = found["version"] if found else None
        if version is None:
            cursor.run("INSERT INTO store_version (version) VALUES (?)", (VERSION,))
        elif version > VERSION:
            raise SolverhubError(
                f"the job store has version {version}, this program knows {VERSION}",
                remedy="upgrade solverhub, or give another data directory",
            )
