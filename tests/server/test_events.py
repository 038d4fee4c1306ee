"""Server-sent events: in order, resumable, alive, and over when the job is."""

import json

import pytest

from solverhub.server.events import encode
from solverhub.service.views import EventRecord


def submit(api, instance, **more):
    body = {"instance": instance, "solver": "cp-sat", "budget": {"time_s": 3}} | more
    return api.post("/v1/jobs", json=body).json()["id"]


def read(api, job, headers=None, most=None):
    """Events as (id, type, data); stops after `most`."""
    found, fields = [], {}
    with api.stream("GET", f"/v1/jobs/{job}/events", headers=headers or {}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "id" in fields:
                found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
                fields = {}
                if most is not None and len(found) >= most:
                    break
    return found


@pytest.fixture(scope="module")
def followed(api, hard_shop):
    job = submit(api, hard_shop, seed=21)
    return job, read(api, job)


def test_events_come_in_order_and_end_with_the_state(followed):
    _, events = followed
    ids = [number for number, _, _ in events]
    assert ids == sorted(set(ids))
    assert events[-1][1:] == ("state", events[-1][2])
    assert events[-1][2]["message"] == "finished"
    assert {"incumbent", "state"} <= {kind for _, kind, _ in events}
    assert all(data["kind"] == kind for _, kind, data in events)


def test_incumbents_improve(followed):
    found = [data["objective"] for _, kind, data in followed[1] if kind == "incumbent"]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("place", [0, 1, -2])
def test_last_event_id_resumes_after_it(api, followed, place):
    job, events = followed
    seen = events[place][0]
    rest = [event for event in events if event[0] > seen]
    assert read(api, job, {"last-event-id": str(seen)}) == rest


def test_a_stream_left_and_taken_up_again_misses_nothing(api, hard_shop):
    job = submit(api, hard_shop, seed=22)
    first = read(api, job, most=2)
    rest = read(api, job, {"last-event-id": str(first[-1][0])})
    assert first + rest == read(api, job)


def test_after_the_end_the_stream_is_empty_and_over(api, followed):
    job, events = followed
    assert read(api, job, {"last-event-id": str(events[-1][0])}) == []


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 30, "²"])
def test_a_last_event_id_that_is_none_is_refused(api, followed, text):
    answer = api.get(
        f"/v1/jobs/{followed[0]}/events", headers={"last-event-id": text.encode("latin-1")}
    )
    assert answer.status_code == 422


def test_idle_streams_show_that_they_live(serve_with, easy_shop, monkeypatch):
    import httpx

    from solverhub.server import events

    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)
    with serve_with() as url, httpx.Client(base_url=url, timeout=10) as api:
        job = submit(api, easy_shop)
        with api.stream("GET", f"/v1/jobs/{job}/events") as answer:
            lines = (line for line in answer.iter_lines() if line.startswith(":"))
            assert next(lines) == ": alive"


def test_an_event_is_one_block_without_what_it_lacks():
    text = encode(EventRecord(seq=4, kind="log", wall_s=0.5, message="two\nlines")).decode()
    assert (
        text == 'id: 4\nevent: log\ndata: {"kind":"log","wall_s":0.5,"message":"two\\nlines"}\n\n'
    )
