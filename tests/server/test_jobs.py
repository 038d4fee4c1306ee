"""Jobs over HTTP: submitted, waited for, listed, cancelled, answered from the cache."""

import threading
import time
import uuid

import httpx
import pytest


def submit(api, instance, headers=None, **more):
    body = {"instance": instance, "solver": "cp-sat", "budget": {"time_s": 20}} | more
    return api.post("/v1/jobs", json=body, headers=headers or {})


def ended(api, job_id):
    return api.get(f"/v1/jobs/{job_id}", headers={"prefer": "wait=30"}).json()


def test_a_job_is_accepted_and_can_be_followed_to_its_result(api, easy_shop):
    answer = submit(api, easy_shop, seed=1)
    assert answer.status_code == 202
    assert answer.headers["retry-after"]
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    done = ended(api, job["id"])
    assert done["state"] == "finished"
    assert done["result"]["objective"] == 11
    assert done["result"]["verified"] is True
    result = api.get(f"/v1/jobs/{job['id']}/result").json()
    assert result == done["result"]


def test_prefer_wait_answers_with_the_finished_job(api, easy_shop):
    answer = submit(api, easy_shop, {"prefer": "respond-async, wait=30"}, seed=2)
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=30"
    assert answer.json()["result"]["termination"] == {"reason": "optimal", "limit": None}


def test_prefer_wait_ends_when_its_time_has_come(api, hard_shop):
    began = time.monotonic()
    answer = submit(api, hard_shop, {"prefer": "wait=0.3"}, seed=3)
    assert answer.status_code == 202
    assert time.monotonic() - began < 10
    assert "result" not in answer.json()
    early = api.get(f"/v1/jobs/{answer.json()['id']}/result")
    assert early.status_code == 202
    api.delete(f"/v1/jobs/{answer.json()['id']}")


@pytest.mark.parametrize("prefer", ["wait", "wait=", "wait=soon", "wait=-1", "await=3", ""])
def test_a_preference_that_makes_no_sense_is_ignored(api, easy_shop, prefer):
    answer = submit(api, easy_shop, {"prefer": prefer}, use_cache=False, budget={"time_s": 1})
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


def test_the_second_time_the_cache_answers(api, easy_shop):
    first = submit(api, easy_shop, {"prefer": "wait=30"}, seed=4).json()
    again = submit(api, easy_shop, {"prefer": "wait=30"}, seed=4).json()
    assert (first["cached"], again["cached"]) == (False, True)
    assert again["result"]["provenance"]["cached"] is True
    assert again["result"]["solution"] == first["result"]["solution"]
    fresh = submit(api, easy_shop, {"prefer": "wait=30"}, seed=4, use_cache=False).json()
    assert fresh["cached"] is False


def test_cancelling_keeps_the_incumbent(api, hard_shop):
    job = submit(api, hard_shop, seed=5).json()["id"]
    until = time.monotonic() + 20
    while api.get(f"/v1/jobs/{job}").json()["objective"] is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert api.delete(f"/v1/jobs/{job}").json()["id"] == job
    done = ended(api, job)
    assert done["state"] == "cancelled", done
    assert done["result"]["termination"]["limit"] == "cancelled"
    assert done["result"]["verified"] is True
    assert api.delete(f"/v1/jobs/{job}").json()["state"] == "cancelled"


def test_jobs_are_listed_in_pages_and_by_state(api, easy_shop):
    made = [submit(api, easy_shop, {"prefer": "wait=30"}, seed=6).json()["id"] for _ in range(5)]
    seen, after = [], None
    while True:
        page = api.get("/v1/jobs", params={"limit": 2} | ({"after": after} if after else {})).json()
        assert len(page["jobs"]) <= 2
        seen += [job["id"] for job in page["jobs"]]
        after = page["after"]
        if after is None:
            break
    assert len(seen) == len(set(seen))
    assert [job for job in seen if job in made] == made[::-1]
    for state in ("finished", "queued", "cancelled"):
        found = api.get("/v1/jobs", params={"state": state}).json()["jobs"]
        assert {job["state"] for job in found} <= {state}
    others = api.get("/v1/jobs", params={"problem": "max-cut"}).json()["jobs"]
    assert {job["problem"] for job in others} <= {"max-cut"}


@pytest.mark.parametrize("query", [{"state": "odd"}, {"limit": 0}, {"limit": 1001}, {"limit": "x"}])
def test_a_wrong_query_is_told(api, query):
    answer = api.get("/v1/jobs", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert next(iter(query)) in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/jobs/none"),
        ("DELETE", "/v1/jobs/none"),
        ("GET", "/v1/jobs/none/result"),
        ("GET", "/v1/jobs/none/events"),
        ("GET", "/v1/batches/none"),
        ("DELETE", "/v1/batches/none"),
        ("GET", "/v1/instances/none"),
        ("GET", "/v1/jobs/" + "x" * 10_000),
        ("GET", "/v1/jobs/%00"),
    ],
)
def test_an_unknown_id_is_404(api, method, path):
    answer = api.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:solverhub:error:unknown-id"
    assert len(answer.content) < 10_000


def test_the_same_key_gives_the_same_job(api, easy_shop):
    headers = {"idempotency-key": str(uuid.uuid4())}
    first = submit(api, easy_shop, headers, seed=8).json()["id"]
    assert submit(api, easy_shop, headers, seed=8).json()["id"] == first
    other = submit(api, easy_shop, headers, seed=9)
    assert other.status_code == 409
    assert other.json()["type"] == "urn:solverhub:error:conflict"


def test_concurrent_duplicates_make_one_job(live_server, easy_shop):
    key, found = str(uuid.uuid4()), []

    def send():
        with httpx.Client(base_url=live_server.url, timeout=60) as api:
            found.append(submit(api, easy_shop, {"idempotency-key": key}, seed=10).json()["id"])

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len(set(found)) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "tab\there"])
def test_a_key_of_the_wrong_form_is_refused(api, easy_shop, key):
    answer = submit(api, easy_shop, {"idempotency-key": key})
    assert answer.status_code == 422


def test_a_failed_job_tells_why(api):
    file = ("broken.mps", b"NAME x\nROWS\n N obj\nCOLUMNS\n")
    answer = api.post("/v1/jobs", files={"file": file}, data={"problem": "ilp"})
    assert answer.status_code == 422
    told = answer.json()
    assert told["file"] == "broken.mps"
    assert told["remedy"]
