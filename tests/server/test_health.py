"""Liveness, readiness, numbers."""

import httpx
from prometheus_client.parser import text_string_to_metric_families


def test_a_live_server_is_ready(api):
    assert api.get("/healthz").json() == {"status": "ok"}
    assert api.get("/readyz").json()["status"] == "ready"


def test_without_a_supervisor_it_lives_and_is_not_ready(serve_with):
    with serve_with() as url, httpx.Client(base_url=url) as api:
        assert api.get("/healthz").status_code == 200
        answer = api.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:solverhub:error:not-ready"
        assert "supervisor" in answer.json()["detail"]


def test_requests_are_counted_by_route_and_not_by_path(api):
    for number in range(3):
        api.get(f"/v1/jobs/unknown-{number}")
        api.get(f"/nowhere-{number}")
    families = {
        each.name: each for each in text_string_to_metric_families(api.get("/metrics").text)
    }
    counted = {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for sample in families["solverhub_requests"].samples
        if sample.name.endswith("_total")
    }
    assert counted["/v1/jobs/{job_id}", "404"] >= 3
    assert counted["unmatched", "404"] >= 3
    assert not any("unknown-" in route for route, _ in counted)
    assert families["solverhub_request_seconds"].samples
    assert "solverhub_jobs_waiting" in families
