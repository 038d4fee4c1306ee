"""The asynchronous client against the real server."""

import asyncio

import pytest

from solverhub.client import AsyncClient
from solverhub.core.errors import UnknownName
from solverhub.core.events import EventKind
from solverhub.problems.reading import read

CYCLE = b"p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 5 1\n"


@pytest.fixture
def run(live_server):
    """Run a coroutine function of a client."""

    def start(work):
        async def whole():
            async with AsyncClient(live_server.url) as client:
                return await work(client)

        return asyncio.run(whole())

    return start


def test_many_at_once(run, easy_shop):
    async def work(client):
        solves = [client.solve(easy_shop, solver="cp-sat", seed=50 + i) for i in range(8)]
        return await asyncio.gather(*solves)

    assert [result.objective for result in run(work)] == [11] * 8


def test_files_small_and_large(run, tmp_path):
    small, large = tmp_path / "small.col", tmp_path / "large.col"
    small.write_bytes(CYCLE)
    large.write_bytes(b"c padding\n" * 200_000 + CYCLE)

    async def work(client):
        problem = "maximum-independent-set"
        return [await client.solve(path, problem, "cp-sat") for path in (small, large)]

    assert [result.objective for result in run(work)] == [2, 2]


def test_events_cancel_and_result(run, hard_shop):
    async def work(client):
        job = await client.submit(hard_shop, solver="cp-sat", time_limit=60, seed=61)
        async for event in job.events():
            if event.kind is EventKind.INCUMBENT:
                await job.cancel()
        return job, await job.result(timeout=30)

    job, result = run(work)
    assert job.status.state == "cancelled"
    assert result.verified is True


def test_batches_listings_and_errors(run, easy_shop):
    async def work(client):
        batch = await client.batch([easy_shop, easy_shop], solver="cp-sat", seed=62)
        results = [result async for result in batch.results()]
        listed = [job async for job in client.jobs(batch=batch.id)]
        with pytest.raises(UnknownName):
            await client.solve(easy_shop, solver="nope")
        plan = await client.route(easy_shop)
        names = [each["name"] for each in await client.problems()]
        return results, listed, plan, names

    results, listed, plan, names = run(work)
    assert [result.objective for result in results] == [11, 11]
    assert len(listed) == 2
    assert plan["problem"] == "job-shop"
    assert "job-shop" in names


def test_a_parsed_instance_comes_back_in_internal_order(run):
    parsed = read(CYCLE, "maximum-independent-set", name="cycle.col")
    result = run(lambda client: client.solve(parsed, solver="cp-sat"))
    assert parsed.problem.violations(parsed.instance, result.solution) == []
