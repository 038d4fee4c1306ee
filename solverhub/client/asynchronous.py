"""The asynchronous client: the same operations as `Client`, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, Unpack

import httpx

from solverhub.client.async_handles import AsyncBatch, AsyncJob
from solverhub.client.connection import address, headers, lost, reply_of, request_fields
from solverhub.client.core import Core, first_wait_s
from solverhub.client.event_stream import EventStream
from solverhub.client.exchange import Call, Lost, Pause, Reply, Steps, T, Work
from solverhub.client.requests import JobOptions, job_fields, take
from solverhub.client.retry import Retry
from solverhub.client.status import JobStatus
from solverhub.core.events import Event
from solverhub.core.problem import Parsed
from solverhub.core.result import Result

_CHUNK_BYTES = 2**20


class AsyncClient:
    """A connection to a solverhub server for one event loop; see `Client`.

    `timeout` bounds, in seconds, connecting and each silence of the server beyond the time it
    was asked to wait.  Errors are those of `core.errors`, as the server told them;
    `Unreachable` where it did not answer, after the retries of `retry`.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        api_key: str | None = None,
        timeout: float = 30.0,
        retry: Retry | None = None,
    ) -> None:
        self.core = Core(retry or Retry())
        self._timeout = timeout
        self._http = httpx.AsyncClient(base_url=address(url), headers=headers(api_key))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def solve(
        self,
        x: Any,
        problem: str | None = None,
        solver: str = "auto",
        *,
        timeout: float | None = None,
        **options: Unpack[JobOptions],
    ) -> Result:
        """Solve and wait for the verified answer.

        `x` is a path, a `Parsed`, an instance with `problem`, or the JSON form of one.
        `timeout` bounds the wait in seconds, queue included: `TimeoutError`, and the job
        goes on.  Where the client holds the parsed instance the solution is an array in
        internal order, else the mapping of its JSON form, in the ids of the input.
        """
        given = take(x, problem)
        fields = job_fields(given, solver, options)
        status = await self.run(self.core.submit(given, fields, first_wait_s(timeout)))
        return await AsyncJob(self, status, given.parsed).result(timeout)

    async def submit(
        self,
        x: Any,
        problem: str | None = None,
        solver: str = "auto",
        **options: Unpack[JobOptions],
    ) -> AsyncJob:
        """Queue a job and return its handle at once."""
        given = take(x, problem)
        status = await self.run(self.core.submit(given, job_fields(given, solver, options), 0.0))
        return AsyncJob(self, status, given.parsed)

    async def job(self, job_id: str, parsed: Parsed | None = None) -> AsyncJob:
        """The handle of a job by its id; with `parsed` its solution becomes an array."""
        return AsyncJob(self, await self.run(self.core.status(job_id)), parsed)

    async def jobs(
        self,
        *,
        state: str | None = None,
        problem: str | None = None,
        batch: str | None = None,
        limit: int = 100,
    ) -> AsyncIterator[JobStatus]:
        """Jobs, newest first, fetched `limit` at a time as they are asked for."""
        query = {"state": state, "problem": problem, "batch": batch, "limit": limit, "after": None}
        while True:
            page, after = await self.run(self.core.jobs(query))
            for status in page:
                yield status
            if after is None:
                return
            query["after"] = after

    async def batch(
        self,
        xs: Sequence[Any],
        problem: str | None = None,
        solver: str = "auto",
        **options: Unpack[JobOptions],
    ) -> AsyncBatch:
        """Queue a job for each of `xs`, all or none, with the same options."""
        given = [take(x, problem) for x in xs]
        jobs = [(one, job_fields(one, solver, options)) for one in given]
        return AsyncBatch(
            self, await self.run(self.core.submit_batch(jobs)), [one.parsed for one in given]
        )

    async def upload(self, path: str | Path) -> str:
        """Send a file unless the server has it, and return the digest that names it."""
        return await self.run(self.core.upload(take(path, None)))

    async def route(
        self,
        x: Any,
        problem: str | None = None,
        solver: str = "auto",
        **options: Unpack[JobOptions],
    ) -> dict[str, Any]:
        """Which solver a job would get and why, without solving: `{"problem", "arms", "why"}`."""
        given = take(x, problem)
        return await self.run(self.core.route(given, job_fields(given, solver, options)))

    async def problems(self) -> list[dict[str, Any]]:
        """The problem families: name, title, formats, solvers."""
        return await self.run(self.core.listing("problems"))

    async def solvers(self) -> list[dict[str, Any]]:
        """The solvers: problem, name, title, guarantee, devices, missing packages, params."""
        return await self.run(self.core.listing("solvers"))

    async def models(self) -> list[dict[str, Any]]:
        """The trained models: name, config, card, weights_bytes."""
        return await self.run(self.core.listing("models"))

    async def run(self, steps: Steps[T]) -> T:
        """Carry out an operation of the core."""
        answer: Any = None
        try:
            while True:
                want = steps.send(answer)
                answer = await self._do(want)
        except StopIteration as done:
            value: T = done.value
            return value

    async def _do(self, want: Call | Pause | Work) -> Any:
        if isinstance(want, Pause):
            return await asyncio.sleep(want.seconds)
        if isinstance(want, Work):
            return await asyncio.to_thread(want.run)
        return await self._send(want)

    async def _send(self, call: Call) -> Reply | Lost:
        with ExitStack() as stack:
            fields = request_fields(call, self._timeout)
            if call.file is not None:
                file = stack.enter_context(call.file.open("rb"))
                if call.fields is not None:
                    fields["files"] = {"file": (call.file.name, file)}
                else:
                    fields["content"] = _chunks(file)
                    fields["headers"]["content-length"] = str(call.file.stat().st_size)
            try:
                return reply_of(await self._http.request(**fields))
            except httpx.RequestError as error:
                return lost(error)

    async def follow(self, job_id: str) -> AsyncIterator[Event]:
        """The events of a job, over as many connections as it takes."""
        stream, failures = EventStream(), 0
        while not stream.ended:
            before, call = stream.last_id, stream.call(job_id)
            reply: Reply | Lost | None = None
            try:
                async with self._http.stream(**request_fields(call, self._timeout)) as answer:
                    if answer.status_code == httpx.codes.OK:
                        async for chunk in answer.aiter_bytes():
                            for event in stream.receive(chunk):
                                yield event
                            if stream.ended:
                                return
                    else:
                        await answer.aread()
                        reply = reply_of(answer)
            except httpx.RequestError as error:
                reply = lost(error)
            if not stream.ended:
                failures = 0 if stream.last_id > before else failures + 1
                await asyncio.sleep(self.core.retry.reconnect_s(failures, call, reply))


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
        yield chunk
