"""The service as a whole, with a real supervisor, workers and solvers."""

import asyncio
import dataclasses
import json
import time

import pytest

from solverhub import wire
from solverhub.core.errors import (
    Conflict,
    InvalidParams,
    InvalidSolution,
    ParseError,
    SolverFailed,
    UnknownId,
    UnknownName,
)
from solverhub.problems import families, judge
from solverhub.problems.reading import read
from solverhub.service.views import JobRequest, JobState

from .conftest import drip, faulty, path_graph


def finished(service, request, timeout_s=20.0):
    view = service.submit(request)
    view = service.wait(view.id, timeout_s)
    assert view.terminal
    return view


def result_of(service, view):
    return json.loads(service.result(view.id))


def test_a_job_is_solved_judged_and_told(service):
    view = finished(service, drip(1, name="a path"))
    found = result_of(service, view)
    assert view.state is JobState.FINISHED
    assert view.verified is True
    assert not view.cached
    assert found["instance"] == {"name": "a path", "digest": view.instance_digest}
    assert found["problem"] == "max-cut"
    assert found["solver"] == "drip"
    parsed = read(path_graph(), "max-cut")
    again = judge.verify(wire.result_from_wire(found, parsed), parsed)
    assert again.verified
    assert again.objective == found["objective"] == view.objective


def test_events_come_in_order_and_resume(service):
    view = finished(service, drip(2, steps=8))
    events = service.events(view.id)
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert events[0].message == "running"
    assert events[-1].message == "finished"
    objectives = [e.objective for e in events if e.kind == "incumbent"]
    assert objectives == sorted(objectives)
    assert objectives[-1] == view.objective
    for seen in range(len(events) + 1):
        assert service.events(view.id, seen) == events[seen:]
    assert service.events(view.id, 0, limit=2) == events[:2]


def test_an_equal_request_is_answered_from_the_cache(service):
    first = finished(service, drip(3))
    second = service.submit(drip(3, name="again"))
    assert second.terminal
    assert second.cached
    assert second.attempt == 0
    one, two = result_of(service, first), result_of(service, second)
    assert two["provenance"]["cached"]
    assert not one["provenance"]["cached"]
    assert two["instance"]["name"] == "again"
    assert two["solution"] == one["solution"]
    assert two["objective"] == one["objective"]
    assert [e.message for e in service.events(second.id)] == ["finished"]


def test_the_cache_serves_another_file_of_the_same_instance(service):
    graph = {"n": 3, "edges": [[0, 1, 2], [1, 2, 3]]}
    turned = {"n": 3, "edges": [[2, 1, 3], [1, 0, 2]]}
    finished(service, dataclasses.replace(drip(4), instance=graph))
    assert service.submit(dataclasses.replace(drip(4), instance=turned)).cached


def test_the_cache_gives_each_input_its_own_warnings(service):
    def ask(text):
        return JobRequest(
            problem="ilp", instance={"lp": text}, solver="highs", budget={"time_s": 10.0}
        )

    text = "min\n x + 2 y\nst\n 3 x + 5 y >= 7\ngeneral\n x y\n"
    careless = finished(service, ask(text))
    tidy = service.submit(ask(text + "end\n"))
    assert tidy.cached
    assert "no End" in result_of(service, careless)["warnings"][0]
    assert "warnings" not in result_of(service, tidy)
    assert "no End" in result_of(service, service.submit(ask(text)))["warnings"][0]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"params": {"mark": 5, "steps": 4}},
        {"budget": {"time_s": 20.0, "gap": 0.5}},
        {"budget": {"time_s": 20.0, "target": 3}},
        {"use_cache": False},
        {"warm_start": {"side": [0] * 40}},
    ],
)
def test_another_question_is_not_answered_from_the_cache(service, change):
    finished(service, drip(5, steps=1))
    view = service.submit(dataclasses.replace(drip(5, steps=1), **change))
    assert not view.cached
    assert service.wait(view.id, 20).state is JobState.FINISHED


def test_defaults_spelled_out_are_the_same_question(service):
    request = JobRequest(problem="max-cut", instance=path_graph(), solver="drip")
    finished(service, request)
    spelled = {"steps": 5, "pause_s": 0.02, "mark": 0}
    assert service.submit(dataclasses.replace(request, params=spelled)).cached


def test_a_longer_run_starts_from_the_answer_of_a_shorter_one(service):
    short = finished(service, drip(6, n=60, steps=1000, time_s=0.5))
    assert short.limit == "time"
    assert service.submit(drip(6, n=60, steps=1000, time_s=0.5)).cached
    longer = service.submit(drip(6, n=60, steps=1000, time_s=0.7))
    assert not longer.cached
    longer = service.wait(longer.id, 20)
    assert longer.objective >= short.objective


def test_jobs_that_ask_the_same_share_a_run(service):
    first = service.submit(drip(7, steps=30))
    second = service.submit(drip(7, steps=30, name="the other"))
    views = [service.wait(view.id, 20) for view in (first, second)]
    assert [view.state for view in views] == [JobState.FINISHED] * 2
    one, two = (result_of(service, view) for view in views)
    assert one.pop("instance")["name"] != two.pop("instance")["name"]
    assert one == two


def test_a_job_that_leaves_a_shared_run_keeps_the_incumbent_and_harms_nobody(service):
    first = service.submit(drip(8, n=400, steps=60, pause_s=0.05))
    second = service.submit(drip(8, n=400, steps=60, pause_s=0.05))
    while service.get(first.id).objective is None:
        time.sleep(0.02)
    began = time.monotonic()
    service.cancel(first.id)
    left = service.wait(first.id, 20)
    assert time.monotonic() - began < 10
    assert left.state is JobState.CANCELLED
    assert left.verified
    assert left.limit == "cancelled"
    assert result_of(service, left)["solution"] is not None
    assert service.events(first.id)[-1].message == "cancelled"
    assert service.get(second.id).state is JobState.RUNNING
    stayed = service.wait(second.id, 20)
    assert stayed.state is JobState.FINISHED
    assert stayed.objective > left.objective
    assert service.events(second.id)[-1].message == "finished"


def test_a_lie_is_corrected_and_never_kept_as_proved(service):
    view = finished(service, faulty("lie"))
    assert view.reason == "feasible"
    assert view.objective == 1
    assert view.verified


def test_a_solver_that_breaks_down_fails_its_job_alone(service):
    other = service.submit(drip(9, steps=30))
    crashed = finished(service, faulty("crash"))
    assert crashed.state is JobState.FAILED
    assert "SIGSEGV" in crashed.error["detail"]
    with pytest.raises(SolverFailed, match="SIGSEGV"):
        service.result(crashed.id)
    raised = finished(service, faulty("raise"))
    assert raised.state is JobState.FAILED
    assert "ZeroDivisionError" in raised.error["detail"]
    assert service.wait(other.id, 20).state is JobState.FINISHED


def test_idempotency_keys(service):
    first = service.submit(drip(10), idempotency_key="k")
    assert service.submit(drip(10), idempotency_key="k").id == first.id
    with pytest.raises(Conflict, match="idempotency key"):
        service.submit(drip(11), idempotency_key="k")
    batch = service.submit_batch([drip(10)], idempotency_key="k")
    assert service.submit_batch([drip(10)], idempotency_key="k").id == batch.id


def test_a_batch_is_all_or_none(service):
    before = len(service.jobs(limit=1000).jobs)
    with pytest.raises(UnknownName, match="job 1 of the batch"):
        service.submit_batch([drip(12), dataclasses.replace(drip(13), solver="nobody")])
    assert len(service.jobs(limit=1000).jobs) == before
    batch = service.submit_batch([drip(mark) for mark in (14, 15, 14)])
    for job in batch.job_ids:
        service.wait(job, 20)
    batch = service.batch(batch.id)
    assert batch.terminal
    assert batch.counts[JobState.FINISHED] == 3
    listed = [view.id for view in service.jobs(batch=batch.id).jobs]
    assert sorted(listed) == sorted(batch.job_ids)


def test_cancelling_a_batch(service):
    batch = service.submit_batch([drip(20 + i, steps=5000) for i in range(5)])
    service.cancel_batch(batch.id)
    views = [service.wait(job, 10) for job in batch.job_ids]
    assert {view.state for view in views} == {JobState.CANCELLED}


def test_uploaded_files_are_solved_by_their_digest(service):
    text = b"3 2\n1 2 1\n2 3 1\n"
    with service.open_upload("tiny.txt") as upload:
        upload.write(text[:5])
        upload.write(text[5:])
        view = upload.commit()
    assert service.instance(view.digest) == view
    assert view.size_bytes == len(text)
    request = JobRequest(problem="max-cut", instance_digest=view.digest, solver="drip")
    job = finished(service, request)
    assert job.objective == 2
    assert job.instance_digest != view.digest


def test_large_and_compressed_instances_are_read_apart(service):
    import gzip

    lines = ["60000 59999", *(f"{i} {i + 1} 1" for i in range(1, 60000))]
    packed = gzip.compress("\n".join(lines).encode())
    with service.open_upload("long.txt.gz") as upload:
        upload.write(packed)
        digest = upload.commit().digest
    request = JobRequest(problem="max-cut", instance_digest=digest, solver="drip")
    first = finished(service, request, 60)
    assert first.state is JobState.FINISHED
    again = finished(service, dataclasses.replace(request, name="second"), 60)
    assert again.cached
    assert result_of(service, again)["instance"]["name"] == "second"
    with service.open_upload("bad.txt.gz") as upload:
        upload.write(gzip.compress("\n".join(lines[:-1]).encode()))
        bad = upload.commit().digest
    with pytest.raises(ParseError):
        service.submit(dataclasses.replace(request, instance_digest=bad))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"solver": "nobody"}, UnknownName),
        ({"problem": "nothing"}, UnknownName),
        ({"params": {"speed": 1}}, InvalidParams),
        ({"budget": {"time_s": -1}}, InvalidParams),
        ({"budget": {"time_s": 1e9}}, InvalidParams),
        ({"budget": {"threads": 1000}}, InvalidParams),
        ({"budget": {"hours": 1}}, ParseError),
        ({"instance": None}, ParseError),
        ({"instance_digest": "sha256:" + "0" * 64}, ParseError),
        ({"instance": None, "instance_digest": "sha256:" + "0" * 64}, UnknownId),
        ({"warm_start": {"side": [0]}}, InvalidSolution),
    ],
)
def test_bad_requests_are_refused_at_once(service, change, error):
    with pytest.raises(error) as caught:
        service.submit(dataclasses.replace(drip(30), **change))
    assert caught.value.remedy


def test_unknown_ids(service):
    for ask in (service.get, service.cancel, service.result, service.events, service.batch):
        with pytest.raises(UnknownId):
            ask("nothing")
    with pytest.raises(UnknownId):
        service.instance("nothing")


def test_a_result_is_not_given_before_the_end(service):
    view = service.submit(drip(31, steps=200))
    with pytest.raises(Conflict):
        service.result(view.id)
    service.cancel(view.id)
    service.wait(view.id, 10)


def test_changes_wake_those_who_wait(service):
    async def follow(job):
        seen, after = [], 0
        while not (seen and seen[-1].message == "finished"):
            events = await asyncio.to_thread(service.events, job, after)
            seen += events
            after = seen[-1].seq if seen else 0
            if not events:
                assert await service.changed(job, 10, after=after)
        return seen

    view = service.submit(drip(32, steps=10))
    seen = asyncio.run(follow(view.id))
    assert seen == service.events(view.id)
    assert asyncio.run(service.changed(view.id, 5))


def test_health_and_metrics(service):
    assert service.health().ready
    text = service.metrics().decode()
    assert 'solverhub_jobs_total{state="finished"}' in text
    assert "solverhub_stale_writes_total 0.0" in text


def test_every_family_of_the_warm_parent_runs(service):
    shop = {"jobs": [[[0, 3], [1, 2]], [[1, 2], [0, 4]]]}
    view = finished(service, JobRequest(problem="job-shop", instance=shop, solver="cp-sat"))
    assert view.reason == "optimal"
    assert view.objective == 7
    assert families.get("job-shop").name == "job-shop"
