"""What the service costs beyond solving: overhead of a job, and cached answers.

A real server with a temporary folder on loopback; the load comes from this machine too, so
both share its cores.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

_JOBS = 200
_CACHED = 2000
_CONNECTIONS = 4
_WARM = 20


def measure() -> list[list[str]]:
    """Header and one line a way of asking: milliseconds at percentiles, requests a second."""
    lines = [["request", "count", "p50", "p90", "p99", "a second"]]
    with tempfile.TemporaryDirectory() as folder, _serving(folder) as url:
        lines.append(_line("fresh job, beyond the solver's own time", *_overhead(url)))
        lines.append(_line("cached answer, one after another", *_cached(url)))
        for connections in (2, _CONNECTIONS):
            title = f"cached answer, {connections} connections"
            lines.append(_line(title, *asyncio.run(_load(url, connections))))
    return lines


@contextmanager
def _serving(folder: str) -> Iterator[str]:
    command = [sys.executable, "-m", "solverhub.cli.main", "serve", "--port", "0"]
    command += ["--data-dir", folder, "--log-level", "warning"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            url = server.stdout.readline().split()[-1]
            while httpx.get(f"{url}/readyz").status_code != httpx.codes.OK:
                time.sleep(0.05)
            yield url
        finally:
            server.terminate()


def _body(number: int) -> dict[str, Any]:
    """A trivial job shop, a new one for each number."""
    jobs = [[[0, 3], [1, 2 + number]], [[1, 4], [0, 1]]]
    return {"problem": "job-shop", "instance": {"jobs": jobs}, "budget": {"time_s": 5}}


_HEADERS = {"Prefer": "wait=10"}


def _overhead(url: str) -> tuple[list[float], float]:
    times = []
    with httpx.Client(base_url=url, timeout=30) as client:
        for number in range(_JOBS + _WARM):
            start = time.perf_counter()
            reply = client.post("/v1/jobs", json=_body(number), headers=_HEADERS)
            taken = time.perf_counter() - start
            result = reply.raise_for_status().json()["result"]
            assert result["verified"], result
            if number >= _WARM:
                times.append(taken - result["wall_s"])
    return times, len(times) / sum(times)


def _cached(url: str) -> tuple[list[float], float]:
    times = []
    with httpx.Client(base_url=url, timeout=30) as client:
        for number in range(_CACHED // 4):
            start = time.perf_counter()
            reply = client.post("/v1/jobs", json=_body(number % _JOBS), headers=_HEADERS)
            times.append(time.perf_counter() - start)
            assert reply.raise_for_status().json()["result"]["provenance"]["cached"]
    return times, len(times) / sum(times)


async def _load(url: str, connections: int) -> tuple[list[float], float]:
    times: list[float] = []
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:

        async def one(worker: int) -> None:
            for number in range(worker, _CACHED, connections):
                start = time.perf_counter()
                reply = await client.post("/v1/jobs", json=_body(number % _JOBS), headers=_HEADERS)
                times.append(time.perf_counter() - start)
                reply.raise_for_status()

        began = time.perf_counter()
        await asyncio.gather(*(one(worker) for worker in range(connections)))
        return times, len(times) / (time.perf_counter() - began)


def _line(title: str, times: Sequence[float], rate: float) -> list[str]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    shown = [f"{1000 * cuts[percent - 1]:.1f} ms" for percent in (50, 90, 99)]
    return [title, str(len(times)), *shown, f"{rate:.0f}"]
