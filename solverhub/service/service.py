"""The one object that a server holds: submits, watches, cancels and answers jobs.

Every method is safe to call from any thread and returns quickly, except `wait`; a server
on an event loop calls them in a thread pool, and awaits `changed` instead of `wait`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from solverhub.config import Settings
from solverhub.service.views import (
    BatchView,
    EventRecord,
    Health,
    InstanceView,
    JobRequest,
    JobState,
    JobView,
    Page,
)


class Upload(Protocol):
    """A file on its way in.  Used as a context manager it aborts unless committed."""

    def write(self, chunk: bytes) -> None:
        """Append; `InputTooLarge` beyond `max_file_bytes`, `StorageFull` when the disk is."""

    def commit(self) -> InstanceView:
        """Keep the file under the digest of its bytes."""

    def abort(self) -> None:
        """Throw the bytes away; harmless after `commit`."""


class Service:
    """Jobs in, verified answers out, over a store that any number of processes share.

    Errors: `InputError` and below for what the caller can mend, `UnknownId`, `Conflict`
    (an idempotency key used for another request, a result asked of an unfinished job),
    `Overloaded` (too much queued), `StorageFull`.
    """

    def __init__(self, settings: Settings) -> None: ...

    def submit(self, request: JobRequest, *, idempotency_key: str | None = None) -> JobView:
        """Validate and queue a job, or answer it from the cache (the view is then terminal)."""

    def submit_batch(
        self, requests: Sequence[JobRequest], *, idempotency_key: str | None = None
    ) -> BatchView:
        """Queue all or none; errors of one name it by its position in the batch."""

    def get(self, job_id: str) -> JobView:
        """The job as it stands."""

    def jobs(
        self,
        *,
        state: JobState | None = None,
        problem: str | None = None,
        batch: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page:
        """Jobs, newest first."""

    def batch(self, batch_id: str) -> BatchView:
        """The batch as it stands."""

    def cancel(self, job_id: str) -> JobView:
        """Ask a job to stop; it ends within about a second with its best incumbent.

        A terminal job stays as it is.  Other jobs that share the run go on.
        """

    def cancel_batch(self, batch_id: str) -> BatchView:
        """Cancel every job of a batch that is not terminal."""

    def result(self, job_id: str) -> bytes:
        """The result in JSON form (`wire.result_to_wire`), UTF-8 encoded.

        A cancelled job has one too (its best incumbent, if any).  `Conflict` while the job is
        not terminal; a failed job raises the error it failed with.
        """

    def events(self, job_id: str, after: int = 0, limit: int = 1000) -> list[EventRecord]:
        """Events with `seq > after`, oldest first; the last one of a terminal job is its state."""

    def wait(self, job_id: str, timeout_s: float) -> JobView:
        """The job once it is terminal, or as it stands after `timeout_s`; blocks."""

    async def changed(self, job_id: str, timeout_s: float) -> bool:
        """Return once something about the job may have changed, or after `timeout_s` (False).

        Look first, then await: `with service.watch(job_id) as watch:` keeps what happens in
        between.
        """

    def open_upload(self, name: str) -> Upload:
        """Start spooling a file; `name` tells the format (`G1.txt.gz`)."""

    def instance(self, digest: str) -> InstanceView:
        """An uploaded file by its digest; `UnknownId`."""

    def health(self) -> Health:
        """Whether the store answers and a supervisor is alive."""

    def metrics(self) -> bytes:
        """Prometheus text format."""

    def close(self) -> None:
        """Give back connections, sockets and helper processes."""
