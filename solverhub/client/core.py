"""The operations of the client as steps for a transport: no input or output happens here."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from solverhub import wire
from solverhub.client.exchange import Call, Reply, Steps, Work
from solverhub.client.requests import (
    SMALL_BYTES,
    Input,
    bytes_digest,
    file_digest,
    form_fields,
)
from solverhub.client.retry import Retry
from solverhub.client.status import BatchStatus, JobStatus
from solverhub.core.errors import UnknownId
from solverhub.problems.json_text import parse_json

WAIT_S = 20.0
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Core:
    """Builds requests and reads answers; `retry` decides what is sent again."""

    retry: Retry = field(default_factory=Retry)

    def submit(self, given: Input, fields: Mapping[str, Any], wait_s: float) -> Steps[JobStatus]:
        """Submit a job and hold the answer up to `wait_s` seconds for its end."""
        headers = {"idempotency-key": str(uuid.uuid4())}
        if wait_s > 0:
            headers["prefer"] = f"wait={wait_s:.3f}"
        if given.path is not None and given.path.stat().st_size <= SMALL_BYTES:
            call = Call(
                method="POST",
                path="/v1/jobs",
                headers=headers,
                file=given.path,
                fields=form_fields(fields),
                wait_s=wait_s,
            )
        else:
            body = yield from self.body(given, fields)
            call = Call(
                method="POST",
                path="/v1/jobs",
                headers=headers | _JSON,
                body=wire.dump(body),
                wait_s=wait_s,
            )
        return JobStatus.from_wire((yield from self.json(call)))

    def body(self, given: Input, fields: Mapping[str, Any]) -> Steps[dict[str, Any]]:
        """The JSON body of a job; a large instance is uploaded first and named by digest."""
        if given.path is not None:
            return {**fields, "instance_digest": (yield from self.upload(given))}
        written: bytes = yield Work(lambda: wire.dump(given.body))
        if len(written) <= SMALL_BYTES:
            return {**fields, "instance": given.body}
        return {**fields, "instance_digest": (yield from self.upload(given, written))}

    def upload(self, given: Input, written: bytes | None = None) -> Steps[str]:
        """Make sure that the server has the file, and give its digest; sent only if it is new."""
        path = given.path
        name = path.name if path is not None else f"{given.name or 'instance'}.json"
        digest: str = yield Work(
            lambda: file_digest(path) if path is not None else bytes_digest(written or b"")
        )
        try:
            yield from self.json(Call(method="GET", path=f"/v1/instances/{digest}"))
        except UnknownId:
            call = Call(
                method="PUT", path="/v1/instances", query={"name": name}, body=written, file=path
            )
            yield from self.json(call)
        return digest

    def status(self, job_id: str, wait_s: float = 0.0) -> Steps[JobStatus]:
        """The job as it stands, or once it has ended, if that is within `wait_s`."""
        headers = {"prefer": f"wait={wait_s:.3f}"} if wait_s > 0 else {}
        call = Call(method="GET", path=_job(job_id), headers=headers, wait_s=wait_s)
        return JobStatus.from_wire((yield from self.json(call)))

    def ended(self, job: JobStatus, timeout_s: float | None) -> Steps[JobStatus]:
        """The job with its result, once it has ended; `TimeoutError` after `timeout_s`."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while not job.terminal or (job.result is None and job.error is None):
            left = WAIT_S if deadline is None else min(WAIT_S, deadline - time.monotonic())
            if left <= 0 and not job.terminal:
                raise TimeoutError(f"job {job.id} is {job.state} after {timeout_s:g} s")
            job = yield from self.status(job.id, max(left, 0.001))
        return job

    def cancel(self, job_id: str) -> Steps[JobStatus]:
        """Ask a job to stop."""
        call = Call(method="DELETE", path=_job(job_id))
        return JobStatus.from_wire((yield from self.json(call)))

    def jobs(self, query: Mapping[str, Any]) -> Steps[tuple[list[JobStatus], str | None]]:
        """One page of jobs, newest first, and where the next begins."""
        text = {key: str(value) for key, value in query.items() if value is not None}
        told = yield from self.json(Call(method="GET", path="/v1/jobs", query=text))
        return [JobStatus.from_wire(job) for job in told["jobs"]], told["after"]

    def submit_batch(self, jobs: Sequence[tuple[Input, Mapping[str, Any]]]) -> Steps[BatchStatus]:
        """Submit many jobs as one."""
        bodies = []
        for given, fields in jobs:
            bodies.append((yield from self.body(given, fields)))
        headers = {"idempotency-key": str(uuid.uuid4()), **_JSON}
        call = Call(
            method="POST", path="/v1/batches", headers=headers, body=wire.dump({"jobs": bodies})
        )
        return BatchStatus.from_wire((yield from self.json(call)))

    def batch(self, batch_id: str, method: str = "GET") -> Steps[BatchStatus]:
        """The batch as it stands; with DELETE, after its cancellation."""
        call = Call(method=method, path=f"/v1/batches/{quote(batch_id, safe='')}")
        return BatchStatus.from_wire((yield from self.json(call)))

    def route(self, given: Input, fields: Mapping[str, Any]) -> Steps[dict[str, Any]]:
        """Which solver a job would get, and why."""
        known = ("problem", "solver", "budget", "signs", "symmetrise")
        body = yield from self.body(
            given, {key: value for key, value in fields.items() if key in known}
        )
        call = Call(method="POST", path="/v1/route", headers=_JSON, body=wire.dump(body))
        found: dict[str, Any] = yield from self.json(call)
        return found

    def listing(self, name: str) -> Steps[list[dict[str, Any]]]:
        """`problems`, `solvers` or `models`."""
        found: list[dict[str, Any]] = yield from self.json(Call(method="GET", path=f"/v1/{name}"))
        return found

    def json(self, call: Call, read: Callable[[bytes], Any] = parse_json) -> Steps[Any]:
        """The JSON answer of a call."""
        reply: Reply = yield from self.retry.send(call)
        return read(reply.body)


def _job(job_id: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}"


def first_wait_s(timeout_s: float | None) -> float:
    """How long the request that submits a job is held."""
    return WAIT_S if timeout_s is None else min(WAIT_S, max(0.0, timeout_s))
