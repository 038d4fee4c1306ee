"""A batch through a service: files are submitted and followed, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from solverhub import wire
from solverhub.cli.asking import Ask
from solverhub.cli.batch_local import Record, failed
from solverhub.cli.batch_view import BatchView
from solverhub.cli.remote import folder_problem, options_of
from solverhub.cli.status import status_of_result
from solverhub.client.async_handles import AsyncJob
from solverhub.client.asynchronous import AsyncClient
from solverhub.core.budget import CancelFlag
from solverhub.core.errors import InputError, SolverhubError

_TICK_S = 0.1


def run_batch(
    files: Sequence[Path],
    ask: Ask,
    slots: int,
    view: BatchView,
    stop: CancelFlag,
    record: Record,
    server: tuple[str, str | None],
) -> None:
    """Solve the files on the server (its URL and key), `slots` under way at once."""
    asyncio.run(_Batch(ask, slots, view, stop, record, server).run(files))


class _Batch:
    def __init__(
        self,
        ask: Ask,
        slots: int,
        view: BatchView,
        stop: CancelFlag,
        record: Record,
        server: tuple[str, str | None],
    ) -> None:
        self.ask, self.view, self.stop, self.record = ask, view, stop, record
        self.server = server
        self.free = asyncio.Semaphore(slots)
        self.jobs: dict[Path, AsyncJob] = {}

    async def run(self, files: Sequence[Path]) -> None:
        """All files, with the display and the wish to stop beside them."""
        url, key = self.server
        async with AsyncClient(url, key) as client:
            watch = asyncio.create_task(self.watch())
            try:
                await asyncio.gather(*(self.file(client, path) for path in files))
            finally:
                watch.cancel()

    async def watch(self) -> None:
        """Redraw; once the user wants the end, cancel what runs."""
        asked: set[str] = set()
        while True:
            self.view.tick()
            if self.stop.is_set():
                for job in [job for job in self.jobs.values() if job.id not in asked]:
                    asked.add(job.id)
                    await job.cancel()
            await asyncio.sleep(_TICK_S)

    async def file(self, client: AsyncClient, path: Path) -> None:
        """One file from submission to its row."""
        async with self.free:
            if self.stop.is_set():
                return
            self.view.start(str(path))
            try:
                self.jobs[path] = job = await self.submit(client, path)
                async for event in job.events():
                    self.view.observe(str(path), event)
                result = await job.result()
                content: dict[str, Any] = {
                    "status": status_of_result(result),
                    "job": job.id,
                    **wire.result_to_wire(result),
                }
            except SolverhubError as error:
                content = failed(error)
            finally:
                self.jobs.pop(path, None)
            self.record(path, content)

    async def submit(self, client: AsyncClient, path: Path) -> AsyncJob:
        """Queue the file; where it does not tell its problem, its folder may."""
        options = options_of(self.ask)
        try:
            return await client.submit(path, self.ask.problem, self.ask.solver, **options)
        except InputError as error:
            problem = folder_problem(path, self.ask, error)
            return await client.submit(path, problem, self.ask.solver, **options)
