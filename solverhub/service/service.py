"""The one object that a server holds: submits, watches, cancels and answers jobs.

Every method is safe to call from any thread and returns quickly, except `wait`; a server
on an event loop calls them in a thread pool, and awaits `changed` instead of `wait`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import fields
from types import TracebackType
from typing import Self

from solverhub import wire
from solverhub.config import Settings
from solverhub.core.errors import (
    Conflict,
    InputError,
    InputTooLarge,
    ParseError,
    SolverhubError,
    UnknownId,
)
from solverhub.core.result import InstanceReference
from solverhub.service import metrics, presence, rendering
from solverhub.service.changes import Changes
from solverhub.service.identity import digest
from solverhub.service.instances import Content
from solverhub.service.intake import Intake
from solverhub.service.notifier import NEWS, POLL_S, WORK
from solverhub.service.spool import Incoming
from solverhub.service.store import Store
from solverhub.service.submissions import Once
from solverhub.service.views import (
    BatchView,
    EventRecord,
    Health,
    InstanceView,
    JobRequest,
    JobState,
    JobView,
    Page,
    PlanView,
)

MAX_BATCH = 10_000


class Upload:
    """A file on its way in; used as a context manager it is thrown away unless committed."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name
        self._incoming: Incoming = store.spool.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.abort()

    def write(self, chunk: bytes) -> None:
        """Append; `InputTooLarge` beyond `max_file_bytes`, `StorageFull` when the disk is."""
        self._incoming.write(chunk)

    def commit(self) -> InstanceView:
        """Keep the file under the digest of its bytes."""
        size = self._incoming.size
        content = Content(self._incoming.commit(), self._name, size)
        self._store.instances.keep(content)
        return _instance(content)

    def abort(self) -> None:
        """Throw the bytes away; harmless after `commit`."""
        self._incoming.abort()


class Service:
    """Jobs in, verified answers out, over a store that any number of processes share.

    Errors: `InputError` and below for what the caller can mend, `UnknownId`, `Conflict`
    (an idempotency key used for another request, a result asked of an unfinished job),
    `Overloaded` (too much queued), `StorageFull`.
    """

    def __init__(self, settings: Settings) -> None:
        self._store = Store(settings)
        self._intake = Intake(settings, self._store.database, self._store.spool)
        self._changes = Changes(self._store.notifier)

    def submit(self, request: JobRequest, *, idempotency_key: str | None = None) -> JobView:
        """Validate and queue a job, or answer it from the cache (the view is then terminal)."""
        once = _once(idempotency_key, "job", [request])
        job = None if once is None else self._store.submissions.earlier(once)
        if job is None:
            item = self._intake.submission(request)
            job = self._store.submissions.add_job(item, once)
            if item.answered is None:
                self._store.notifier.ring(WORK)
        return self.get(job)

    def submit_batch(
        self, requests: Sequence[JobRequest], *, idempotency_key: str | None = None
    ) -> BatchView:
        """Queue all or none; errors of one name it by its position in the batch."""
        if len(requests) > MAX_BATCH:
            raise InputTooLarge(
                f"the batch has {len(requests)} jobs",
                remedy=f"send at most {MAX_BATCH} in one batch",
            )
        once = _once(idempotency_key, "batch", requests)
        batch = None if once is None else self._store.submissions.earlier(once)
        if batch is None:
            items = []
            for position, request in enumerate(requests):
                with _naming_position(position):
                    items.append(self._intake.submission(request))
            batch = self._store.submissions.add_batch(items, once)
            self._store.notifier.ring(WORK)
        return self.batch(batch)

    def get(self, job_id: str) -> JobView:
        """The job as it stands."""
        return self._store.jobs.get(job_id)

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
        return self._store.jobs.page(
            state=state, problem=problem, batch=batch, after=after, limit=limit
        )

    def batch(self, batch_id: str) -> BatchView:
        """The batch as it stands."""
        return self._store.jobs.batch(batch_id)

    def cancel(self, job_id: str) -> JobView:
        """Ask a job to stop; it ends within about a second with its best incumbent.

        A terminal job stays as it is.  Other jobs that share the run go on.
        """
        view = self._store.jobs.cancel(job_id)
        self._tell_cancelled(job_id)
        return view

    def cancel_batch(self, batch_id: str) -> BatchView:
        """Cancel every job of a batch that is not terminal."""
        self.batch(batch_id)
        for job in self._store.jobs.cancel_batch(batch_id):
            self._tell_cancelled(job)
        return self.batch(batch_id)

    def result(self, job_id: str) -> bytes:
        """The result in JSON form (`wire.result_to_wire`), UTF-8 encoded.

        A cancelled job has one too (its best incumbent, if any).  `Conflict` while the job is
        not terminal; a failed job raises the error it failed with.
        """
        view, packed = self._store.jobs.body(job_id)
        if not view.terminal:
            raise Conflict(f"the job is {view.state}", remedy="wait until it has ended")
        if view.error is not None:
            raise wire.error_from_wire(view.error)
        if packed is None:
            return rendering.empty(view)
        return rendering.compose(packed, InstanceReference(view.name, view.instance_digest))

    def events(self, job_id: str, after: int = 0, limit: int = 1000) -> list[EventRecord]:
        """Events with `seq > after`, oldest first; the last one of a terminal job is its state."""
        return self._store.jobs.events(job_id, after, limit)

    def wait(self, job_id: str, timeout_s: float) -> JobView:
        """The job once it is terminal, or as it stands after `timeout_s`; blocks."""
        until = time.monotonic() + timeout_s
        woken = threading.Event()
        with self._changes.waking(self._store.jobs.run_of(job_id) or job_id, woken.set):
            while True:
                woken.clear()
                view = self.get(job_id)
                left = until - time.monotonic()
                if view.terminal or left <= 0:
                    return view
                woken.wait(min(left, POLL_S))

    async def changed(self, job_id: str, timeout_s: float, *, after: int | None = None) -> bool:
        """Return once there may be news of the job, or after `timeout_s` (False).

        A terminal job is news at once, and so is an event behind `after`, the last one that
        the caller has seen.
        """
        jobs = self._store.jobs
        until = time.monotonic() + timeout_s
        with self._changes.event(jobs.run_of(job_id) or job_id) as woken:
            before = jobs.progress(job_id)
            if before.terminal or (after is not None and before.last_event > after):
                return True
            while (left := until - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), min(left, POLL_S))
                if woken.is_set() or jobs.progress(job_id) != before:
                    return True
        return False

    def plan(self, request: JobRequest) -> PlanView:
        """Which solvers a job would get and why, without queueing it."""
        return self._intake.plan(request)

    def open_upload(self, name: str) -> Upload:
        """Start spooling a file; `name` tells the format (`G1.txt.gz`)."""
        return Upload(self._store, name)

    def instance(self, digest: str) -> InstanceView:
        """An uploaded file by its digest; `UnknownId`."""
        content = self._store.instances.find(digest)
        if content is None:
            raise UnknownId(
                f"no instance has the digest {digest[:80]!r}",
                remedy="upload it by PUT /v1/instances",
            )
        return _instance(content)

    def health(self) -> Health:
        """Whether the store answers and a supervisor is alive."""
        try:
            waiting = self._store.jobs.waiting()
            alive = presence.alive(self._store.database)
        except SolverhubError as error:
            return Health(ready=False, problems=(str(error),))
        return Health(
            ready=bool(alive),
            problems=() if alive else ("no supervisor is alive",),
            queued=waiting[JobState.QUEUED],
            running=waiting[JobState.RUNNING],
        )

    def metrics(self) -> bytes:
        """Prometheus text format."""
        return metrics.exposition(self._store)

    def close(self) -> None:
        """Give back connections, sockets and threads."""
        self._changes.close()
        self._store.close()

    def _tell_cancelled(self, job_id: str) -> None:
        self._store.notifier.ring(WORK)
        self._store.notifier.ring(NEWS, self._store.jobs.run_of(job_id) or job_id)


def _instance(content: Content) -> InstanceView:
    return InstanceView(digest=content.digest, name=content.name, size_bytes=content.size)


def _once(key: str | None, kind: str, requests: Sequence[JobRequest]) -> Once | None:
    """The key, whose use for a job and for a batch are two things."""
    if key is None:
        return None
    names = [each.name for each in fields(JobRequest)]
    texts = [wire.dump({name: getattr(request, name) for name in names}) for request in requests]
    return Once(f"{kind} {key}", digest(kind.encode(), *texts))


@contextlib.contextmanager
def _naming_position(position: int) -> Iterator[None]:
    try:
        yield
    except ParseError as error:
        raise ParseError(
            f"job {position} of the batch: {error.message}",
            file=error.file,
            line=error.line,
            column=error.column,
            remedy=error.remedy,
        ) from error
    except InputError as error:
        raise type(error)(
            f"job {position} of the batch: {error.message}", remedy=error.remedy
        ) from error
