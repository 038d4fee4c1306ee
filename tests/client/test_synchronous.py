"""The blocking client against the real server."""

import inspect

import numpy as np
import pytest

from solverhub.client import AsyncClient, Client
from solverhub.client.retry import Retry
from solverhub.core.errors import (
    InvalidInstance,
    InvalidParams,
    ParseError,
    UnknownId,
    UnknownName,
    Unreachable,
)
from solverhub.core.events import EventKind
from solverhub.core.result import Reason
from solverhub.problems import families
from solverhub.problems.reading import read

CYCLE = b"p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 5 1\n"
PROBLEM = "maximum-independent-set"


@pytest.fixture
def cycle(tmp_path):
    path = tmp_path / "cycle.col"
    path.write_bytes(CYCLE)
    return path


def test_a_path_is_solved_in_the_ids_of_its_file(client, cycle):
    result = client.solve(cycle, PROBLEM, "cp-sat", time_limit=20)
    assert (result.termination.reason, result.objective) == (Reason.OPTIMAL, 2)
    assert result.verified is True
    assert result.instance.name.startswith("cycle")
    assert len(result.solution["selected"]) == 2
    assert set(result.solution["selected"]) <= {1, 2, 3, 4, 5}


def test_a_parsed_instance_is_solved_in_internal_order(client, cycle):
    parsed = read(cycle, PROBLEM)
    result = client.solve(parsed, solver="cp-sat", time_limit=20)
    problem, instance = parsed.problem, parsed.instance
    assert result.solution.dtype == bool
    assert problem.violations(instance, result.solution) == []
    assert problem.objective(instance, result.solution) == result.objective == 2
    assert result.answer["selected"]
    assert min(result.answer["selected"]) >= 1


def test_an_instance_needs_its_problem(client, cycle):
    instance = read(cycle, PROBLEM).instance
    assert client.solve(instance, PROBLEM, "cp-sat").objective == 2
    with pytest.raises(InvalidInstance, match="problem"):
        client.solve(instance)


def test_a_json_form_is_solved(client, easy_shop):
    result = client.solve(easy_shop, solver="cp-sat", time_limit=20, seed=3)
    assert result.objective == 11
    assert result.provenance.seed == 3
    assert len(result.solution["start"]) == 3


def test_ids_that_are_names_come_back(client):
    parsed = read(
        {"c": [1, 2], "names": ["apples", "pears"], "sense": "maximise", "upper": [3, 4]}, "ilp"
    )
    result = client.solve(parsed, solver="highs", time_limit=20)
    assert result.solution.tolist() == [3.0, 4.0]
    assert result.answer["values"] == {"apples": 3, "pears": 4}


def test_options_reach_the_server(client):
    odd_cycle = {"n": 5, "edges": [[0, 1], [1, 2], [2, 3], [3, 4], [0, 4]]}
    job = client.submit(
        {"problem": "max-cut", **odd_cycle},
        solver="cp-sat",
        time_limit=7.5,
        gap=0.25,
        threads=1,
        seed=9,
        params={"log": True},
        use_cache=False,
        name="named",
        priority=3,
    )
    result = job.result()
    assert (job.status.name, job.status.time_s, job.status.cached) == ("named", 7.5, False)
    assert result.provenance.params["log"] is True
    assert result.log


def test_a_warm_start_in_internal_order(client, cycle):
    parsed = read(cycle, PROBLEM)
    start = np.array([True, False, True, False, False])
    assert client.solve(parsed, solver="cp-sat", warm_start=start).objective == 2
    with pytest.raises(InvalidInstance, match="warm start"):
        client.solve(cycle, PROBLEM, "cp-sat", warm_start=start)


def test_the_cache_answers_the_second_time(client, easy_shop):
    assert client.solve(easy_shop, solver="cp-sat", seed=31).provenance.cached is False
    assert client.solve(easy_shop, solver="cp-sat", seed=31).provenance.cached is True


def test_events_end_with_the_job(client, hard_shop):
    job = client.submit(hard_shop, solver="cp-sat", time_limit=2, seed=32)
    events = list(job.events())
    found = [event.objective for event in events if event.kind is EventKind.INCUMBENT]
    assert found == sorted(found, reverse=True)
    assert job.refresh().terminal
    assert job.result().objective == found[-1]


def test_cancelling_keeps_the_best(client, hard_shop):
    job = client.submit(hard_shop, solver="cp-sat", time_limit=60, seed=33)
    events = job.events()
    next(event for event in events if event.kind is EventKind.INCUMBENT)
    job.cancel()
    result = job.result(timeout=30)
    assert job.status.state == "cancelled"
    assert result.termination.limit == "cancelled"
    assert result.verified is True


def test_waiting_has_a_limit(client, hard_shop):
    job = client.submit(hard_shop, solver="cp-sat", time_limit=60, seed=34)
    with pytest.raises(TimeoutError, match=job.id):
        job.result(timeout=0.3)
    job.cancel()


def test_a_job_is_found_again_by_its_id(client, easy_shop):
    job = client.submit(easy_shop, solver="cp-sat", seed=35)
    assert client.job(job.id).result().objective == 11
    with pytest.raises(UnknownId):
        client.job("nobody")


def test_jobs_are_listed_over_pages(client, easy_shop):
    made = {client.submit(easy_shop, solver="cp-sat", seed=36 + i).id for i in range(5)}
    listed = [job.id for job in client.jobs(limit=2, problem="job-shop")]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))


def test_a_large_file_is_uploaded_once(client, cycle, monkeypatch):
    large = cycle.with_name("large.col")
    large.write_bytes(b"c padded\n" * 200_000 + CYCLE)
    sent = []
    send = client._send
    monkeypatch.setattr(client, "_send", lambda call: (sent.append(call), send(call))[1])
    assert client.solve(large, PROBLEM, "cp-sat").objective == 2
    assert client.solve(large, PROBLEM, "cp-sat").objective == 2
    assert [call.method for call in sent].count("PUT") == 1
    assert client.upload(large).startswith("sha256:")


def test_a_large_parsed_instance_is_uploaded(client):
    n = 60_000
    parsed = read({"n": n, "edges": [[i, i + 1] for i in range(n - 1)]}, "max-cut")
    plan = client.route(parsed)
    assert plan["problem"] == "max-cut"


def test_a_batch_gives_its_results_in_order(client, cycle):
    parsed = read(cycle, PROBLEM)
    batch = client.batch([parsed, cycle], PROBLEM, "cp-sat", time_limit=20)
    results = list(batch.results())
    assert [result.objective for result in results] == [2, 2]
    assert results[0].solution.dtype == bool
    assert set(results[1].solution["selected"]) <= {1, 2, 3, 4, 5}
    assert batch.refresh().terminal


def test_a_batch_is_cancelled(client, hard_shop):
    batch = client.batch([hard_shop, hard_shop], solver="cp-sat", time_limit=60, seed=41)
    batch.cancel()
    for result in batch.results(timeout=30):
        assert result.termination.limit == "cancelled"


def test_what_there_is(client, easy_shop):
    assert [each["name"] for each in client.problems()] == families.names()
    assert {"cp-sat"} <= {each["name"] for each in client.solvers()}
    assert isinstance(client.models(), list)
    assert client.route(easy_shop)["why"]


def test_errors_are_the_typed_ones(client, tmp_path, easy_shop):
    broken = tmp_path / "broken.col"
    broken.write_bytes(b"p edge 3 2\ne 1 2\n")
    with pytest.raises(ParseError, match=r"broken\.col") as caught:
        client.solve(broken, PROBLEM)
    assert caught.value.remedy
    with pytest.raises(UnknownName):
        client.solve(easy_shop, solver="nope")
    with pytest.raises(InvalidParams):
        client.solve(easy_shop, solver="cp-sat", params={"nope": 1})
    with pytest.raises(ParseError, match="no such file"):
        client.solve(tmp_path / "missing.col")


def test_an_address_without_server_is_unreachable():
    address = "http://127.0.0.1:9"
    with Client(address, retry=Retry(2)) as nobody, pytest.raises(Unreachable, match=address):
        nobody.problems()
    with pytest.raises(InvalidParams, match="http"):
        Client("127.0.0.1:8080")


def test_a_key_is_sent(live_server):
    with Client(live_server.url, api_key="anything") as client:
        assert client.problems()


def test_both_clients_offer_the_same():
    def offered(kind):
        return {
            name: list(inspect.signature(getattr(kind, name)).parameters)
            for name in dir(kind)
            if not name.startswith("_")
        }

    assert offered(Client) == offered(AsyncClient)


def test_a_warm_start_in_json_form(client, easy_shop):
    warm = client.solve(easy_shop, solver="cp-sat").solution
    again = client.solve(easy_shop, solver="cp-sat", warm_start=warm, use_cache=False)
    assert again.trace[0].objective == 11
