"""The blocking client."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from solverhub.client.connection import address, headers, lost, reply_of, request_fields
from solverhub.client.core import Core, first_wait_s
from solverhub.client.event_stream import EventStream
from solverhub.client.exchange import Call, Lost, Pause, Reply, Steps, T, Work
from solverhub.client.handles import Batch, Job
from solverhub.client.requests import JobOptions, job_fields, take
from solverhub.client.retry import Retry
from solverhub.client.status import JobStatus
from solverhub.core.events import Event
from solverhub.core.problem import Parsed
from solverhub.core.result import Result


class Client:
    """A connection to a solverhub server; safe to share between threads.

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
        self._http = httpx.Client(base_url=address(url), headers=headers(api_key))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def solve(
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
        status = self.run(self.core.submit(given, fields, first_wait_s(timeout)))
        return Job(self, status, given.parsed).result(timeout)

    def submit(
        self,
        x: Any,
        problem: str | None = None,
        solver: str = "auto",
        **options: Unpack[JobOptions],
    ) -> Job:
        """Queue a job and return its handle at once."""
        given = take(x, problem)
        status = self.run(self.core.submit(given, job_fields(given, solver, options), 0.0))
        return Job(self, status, given.parsed)

    def job(self, job_id: str, parsed: Parsed | None = None) -> Job:
        """The handle of a job by its id; with `parsed` its solution becomes an array."""
        return Job(self, self.run(self.core.status(job_id)), parsed)

    def jobs(
        self,
        *,
        state: str | None = None,
        problem: str | None = None,
        batch: str | None = None,
        limit: int = 100,
    ) -> Iterator[JobStatus]:
        """Jobs, newest first, fetched `limit` at a time as they are asked for."""
        query = {"state": state, "problem": problem, "batch": batch, "limit": limit, "after": None}
        while True:
            page, after = self.run(self.core.jobs(query))
            yield from page
            if after is None:
                return
            query["after"] = after

    def batch(
        self,
        xs: Sequence[Any],
        problem: str | None = None,
        solver: str = "auto",
        **options: Unpack[JobOptions],
    ) -> Batch:
        """Queue a job for each of `xs`, all or none, with the same options."""
        given = [take(x, problem) for x in xs]
        jobs = [(one, job_fields(one, solver, options)) for one in given]
        return Batch(self, self.run(self.core.submit_batch(jobs)), [one.parsed for one in given])

    def upload(self, path: str | Path) -> str:
        """Send a file unless the server has it, and return the digest that names it."""
        return self.run(self.core.upload(take(path, None)))

    def route(
        self,
        x: Any,
        problem: str | None = None,
        solver: str = "auto",
        **options: Unpack[JobOptions],
    ) -> dict[str, Any]:
        """Which solver a job would get and why, without solving: `{"problem", "arms", "why"}`."""
        given = take(x, problem)
        return self.run(self.core.route(given, job_fields(given, solver, options)))

    def problems(self) -> list[dict[str, Any]]:
        """The problem families: name, title, formats, solvers."""
        return self.run(self.core.listing("problems"))

    def solvers(self) -> list[dict[str, Any]]:
        """The solvers: problem, name, title, guarantee, devices, missing packages, params."""
        return self.run(self.core.listing("solvers"))

    def models(self) -> list[dict[str, Any]]:
        """The trained models: name, config, card, weights_bytes."""
        return self.run(self.core.listing("models"))

    def run(self, steps: Steps[T]) -> T:
        """Carry out an operation of the core."""
        answer: Any = None
        try:
            while True:
                want = steps.send(answer)
                answer = self._do(want)
        except StopIteration as done:
            value: T = done.value
            return value

    def _do(self, want: Call | Pause | Work) -> Any:
        if isinstance(want, Pause):
            return time.sleep(want.seconds)
        return want.run() if isinstance(want, Work) else self._send(want)

    def _send(self, call: Call) -> Reply | Lost:
        with ExitStack() as stack:
            fields = request_fields(call, self._timeout)
            if call.file is not None:
                file = stack.enter_context(call.file.open("rb"))
                if call.fields is not None:
                    fields["files"] = {"file": (call.file.name, file)}
                else:
                    fields["content"] = file
            try:
                return reply_of(self._http.request(**fields))
            except httpx.RequestError as error:
                return lost(error)

    def follow(self, job_id: str) -> Iterator[Event]:
        """The events of a job, over as many connections as it takes."""
        stream, failures = EventStream(), 0
        while not stream.ended:
            before, call = stream.last_id, stream.call(job_id)
            reply: Reply | Lost | None = None
            try:
                with self._http.stream(**request_fields(call, self._timeout)) as answer:
                    if answer.status_code == httpx.codes.OK:
                        for chunk in answer.iter_bytes():
                            yield from stream.receive(chunk)
                            if stream.ended:
                                return
                    else:
                        answer.read()
                        reply = reply_of(answer)
            except httpx.RequestError as error:
                reply = lost(error)
            if not stream.ended:
                failures = 0 if stream.last_id > before else failures + 1
                time.sleep(self.core.retry.reconnect_s(failures, call, reply))
