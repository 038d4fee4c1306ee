"""Handles of jobs and batches of the blocking client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from solverhub.client.status import BatchStatus, JobStatus
from solverhub.core.events import Event
from solverhub.core.problem import Parsed
from solverhub.core.result import Result

if TYPE_CHECKING:
    from solverhub.client.synchronous import Client


class Job:
    """A job on the server; `status` is as last seen."""

    def __init__(self, client: Client, status: JobStatus, parsed: Parsed | None = None) -> None:
        self._client, self.status, self._parsed = client, status, parsed

    @property
    def id(self) -> str:
        """The id that the server gave it."""
        return self.status.id

    def refresh(self) -> JobStatus:
        """Look again."""
        self.status = self._client.run(self._client.core.status(self.id))
        return self.status

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the verified answer.

        `TimeoutError` after `timeout` seconds; a failed job raises what it failed with.
        """
        self.status = self._client.run(self._client.core.ended(self.status, timeout))
        return self.status.answer(self._parsed)

    def cancel(self) -> JobStatus:
        """Ask it to stop; its best answer so far stays."""
        self.status = self._client.run(self._client.core.cancel(self.id))
        return self.status

    def events(self) -> Iterator[Event]:
        """Incumbents, bounds and log lines from the start of the job to its end, as they come.

        A dropped connection is taken up again where it broke, without repeating an event.
        """
        return self._client.follow(self.id)


class Batch:
    """Jobs that were submitted together; `status` is as last seen."""

    def __init__(
        self, client: Client, status: BatchStatus, parsed: Sequence[Parsed | None] = ()
    ) -> None:
        self._client, self.status = client, status
        self._parsed: Mapping[str, Parsed | None] = dict(zip(status.jobs, parsed, strict=False))

    @property
    def id(self) -> str:
        """The id that the server gave it."""
        return self.status.id

    def refresh(self) -> BatchStatus:
        """Look again."""
        self.status = self._client.run(self._client.core.batch(self.id))
        return self.status

    def cancel(self) -> BatchStatus:
        """Ask every job to stop."""
        self.status = self._client.run(self._client.core.batch(self.id, "DELETE"))
        return self.status

    def jobs(self) -> Iterator[Job]:
        """The handles of its jobs, in the order submitted."""
        for job_id in self.status.jobs:
            yield self._client.job(job_id, self._parsed.get(job_id))

    def results(self, timeout: float | None = None) -> Iterator[Result]:
        """The answers in the order submitted, each waited for at most `timeout` seconds."""
        for job in self.jobs():
            yield job.result(timeout)
