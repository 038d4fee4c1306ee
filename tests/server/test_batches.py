"""Batches: all or none, watched and cancelled as one."""

import time
import uuid


def jobs(instance, count, **more):
    body = {"instance": instance, "solver": "cp-sat", "budget": {"time_s": 20}} | more
    return {"jobs": [body | {"seed": 100 + seed} for seed in range(count)]}


def settled(api, batch):
    until = time.monotonic() + 60
    while not (view := api.get(f"/v1/batches/{batch}").json())["terminal"]:
        assert time.monotonic() < until
        time.sleep(0.1)
    return view


def test_a_batch_finishes(api, easy_shop):
    answer = api.post("/v1/batches", json=jobs(easy_shop, 3))
    assert answer.status_code == 202
    batch = answer.json()
    assert answer.headers["location"] == f"/v1/batches/{batch['id']}"
    view = settled(api, batch["id"])
    assert view["counts"]["finished"] == 3
    assert view["jobs"] == batch["jobs"]
    listed = api.get("/v1/jobs", params={"batch": batch["id"]}).json()["jobs"]
    assert {job["id"] for job in listed} == set(batch["jobs"])
    assert all(job["batch"] == batch["id"] for job in listed)


def test_cancelling_a_batch_ends_every_job(api, hard_shop):
    batch = api.post("/v1/batches", json=jobs(hard_shop, 4)).json()["id"]
    assert api.delete(f"/v1/batches/{batch}").status_code == 200
    assert settled(api, batch)["counts"]["cancelled"] == 4


def test_one_wrong_job_refuses_all_and_is_named(api, easy_shop):
    body = jobs(easy_shop, 3)
    before = api.get("/v1/jobs", params={"limit": 1}).json()["jobs"]
    body["jobs"][1]["seed"] = -1
    answer = api.post("/v1/batches", json=body)
    assert answer.status_code == 422
    assert "jobs.1.seed" in answer.json()["detail"]
    body["jobs"][1] |= {"seed": 0, "instance": {"problem": "job-shop", "jobs": [[[0, -3]]]}}
    answer = api.post("/v1/batches", json=body)
    assert answer.status_code == 422
    assert "1" in answer.json()["detail"]
    assert api.get("/v1/jobs", params={"limit": 1}).json()["jobs"] == before


def test_an_empty_batch_is_refused(api):
    assert api.post("/v1/batches", json={"jobs": []}).status_code == 422


def test_the_same_key_gives_the_same_batch(api, easy_shop):
    headers = {"idempotency-key": str(uuid.uuid4())}
    first = api.post("/v1/batches", json=jobs(easy_shop, 2), headers=headers).json()["id"]
    again = api.post("/v1/batches", json=jobs(easy_shop, 2), headers=headers).json()["id"]
    assert first == again
    assert api.post("/v1/batches", json=jobs(easy_shop, 1), headers=headers).status_code == 409
