"""Handles of jobs and batches of the asynchronous client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING

from solverhub.client.status import BatchStatus, JobStatus
from solverhub.core.events import Event
from solverhub.core.problem import Parsed
from solverhub.core.result import Result

if TYPE_CHECKING:
    from solverhub.client.asynchronous import AsyncClient


class AsyncJob:
    """A job on the server; `status` is as last seen."""

    def __init__(
        self, client: AsyncClient, status: JobStatus, parsed: Parsed | None = None
    ) -> None:
        self._client, self.status, self._parsed = client, status, parsed

    @property
    def id(self) -> str:
        """The id that the server gave it."""
        return self.status.id

    async def refresh(self) -> JobStatus:
        """Look again."""
        self.status = await self._client.run(self._client.core.status(self.id))
        return self.status

    async def result(self, timeout: float | None = None) -> Result:
        """Wait for the verified answer.

        `TimeoutError` after `timeout` seconds; a failed job raises what it failed with.
        """
        self.status = await self._client.run(self._client.core.ended(self.status, timeout))
        return self.status.answer(self._parsed)

    async def cancel(self) -> JobStatus:
        """Ask it to stop; its best answer so far stays."""
        self.status = await self._client.run(self._client.core.cancel(self.id))
        return self.status

    def events(self) -> AsyncIterator[Event]:
        """Incumbents, bounds and log lines from the start of the job to its end, as they come.

        A dropped connection is taken up again where it broke, without repeating an event.
        """
        return self._client.follow(self.id)


class AsyncBatch:
    """Jobs that were submitted together; `status` is as last seen."""

    def __init__(
        self, client: AsyncClient, status: BatchStatus, parsed: Sequence[Parsed | None] = ()
    ) -> None:
        self._client, self.status = client, status
        self._parsed: Mapping[str, Parsed | None] = dict(zip(status.jobs, parsed, strict=False))

    @property
    def id(self) -> str:
        """The id that the server gave it."""
        return self.status.id

    async def refresh(self) -> BatchStatus:
        """Look again."""
        self.status = await self._client.run(self._client.core.batch(self.id))
        return self.status

    async def cancel(self) -> BatchStatus:
        """Ask every job to stop."""
        self.status = await self._client.run(self._client.core.batch(self.id, "DELETE"))
        return self.status

    async def jobs(self) -> AsyncIterator[AsyncJob]:
        """The handles of its jobs, in the order submitted."""
        for job_id in self.status.jobs:
            yield await self._client.job(job_id, self._parsed.get(job_id))

    async def results(self, timeout: float | None = None) -> AsyncIterator[Result]:
        """The answers in the order submitted, each waited for at most `timeout` seconds."""
        async for job in self.jobs():
            yield await job.result(timeout)
