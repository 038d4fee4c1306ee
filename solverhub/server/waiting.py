"""`Prefer: wait=N` (RFC 7240): hold the answer until the job ends or N seconds have passed."""

from __future__ import annotations

import asyncio
import re
import time

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.requests import Request

from solverhub.service.service import Service
from solverhub.service.views import JobView

_WAIT = re.compile(
    r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9}(?:\.\d{1,6})?)\"?(?=$|[,;\s])", re.IGNORECASE
)


def preferred_wait_s(request: Request) -> float | None:
    """Seconds that the client wants to wait, at most the server's limit; None if not asked."""
    found = _WAIT.search(request.headers.get("prefer", ""))
    if found is None:
        return None
    return min(float(found[1]), float(request.app.state.settings.max_wait_s))


async def changed(state: State, job_id: str, timeout_s: float, *, after: int | None = None) -> bool:
    """True once there may be news; False after `timeout_s` or when the server stops.

    An event behind `after` is news at once.
    """
    service: Service = state.service
    news = asyncio.ensure_future(service.changed(job_id, timeout_s, after=after))
    stop = asyncio.ensure_future(state.stopping.wait())
    try:
        await asyncio.wait((news, stop), return_when=asyncio.FIRST_COMPLETED)
        return news.done() and news.result()
    finally:
        news.cancel()
        stop.cancel()


async def ended(state: State, view: JobView, timeout_s: float) -> JobView:
    """The job once it is terminal, or as it stands after `timeout_s`."""
    service: Service = state.service
    deadline = time.monotonic() + timeout_s
    while not view.terminal and not state.stopping.is_set():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        await changed(state, view.id, left)
        view = await run_in_threadpool(service.get, view.id)
    return view
