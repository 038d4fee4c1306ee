"""Every family of metrics and clusterings through a real server, with a bound that is checked."""

import pytest

from solverhub.problems import families
from solverhub.problems.generators import generate

CASES = {
    "metric-nearness": ("product-distances", {"n": 12}),
    "correlation-clustering": ("er", {"n": 12, "p": 0.4, "signed": True}),
    "min-max-correlation-clustering": ("er", {"n": 12, "p": 0.4}),
    "cubic-correlation-clustering": ("planted-triples", {"n": 2, "alpha": 0.6}),
    "edge-coloured-clustering": ("planted-colours", {"n": 20, "m": 40}),
}


@pytest.mark.slow
def test_matrices_are_symmetrised_and_bounded_when_asked(api):
    instance = {"distances": [[0, 3, 1], [5, 0, 1], [1, 1, 0]]}
    asked = {"problem": "metric-nearness", "budget": {"time_s": 2, "threads": 1}}
    wait = {"prefer": "wait=25"}

    def answer(**more):
        return api.post("/v1/jobs", json={**asked, **more}, headers=wait)

    refused = answer(instance=instance)
    assert refused.status_code == 422
    assert "not symmetric" in refused.text
    plain = answer(instance=instance, symmetrise=True).json()["result"]
    assert plain["objective"] == pytest.approx(4 / 3)
    route = {"problem": "metric-nearness", "instance": instance, "symmetrise": True}
    assert api.post("/v1/route", json=route).status_code == 200
    held = answer(instance={**instance, "lower": 1, "upper": 2.5}, symmetrise=True)
    found = held.json()["result"]
    assert found["objective"] == pytest.approx(2.25 + 2 * 0.25**2)
    assert found["bound_check"] == "recomputed"
    none = answer(instance={**instance, "lower": 1.5, "upper": 1}, symmetrise=True)
    assert none.json()["result"]["termination"]["reason"] == "infeasible"
    assert none.json()["result"]["bound_check"] == "certificate"


@pytest.mark.slow
def test_signs_hold_for_instances_in_the_body(api):
    body = {
        "problem": "correlation-clustering",
        "instance": {"n": 3, "edges": [[0, 1, 5], [1, 2, 5], [0, 2, -5]]},
        "signs": True,
        "budget": {"time_s": 2, "threads": 1},
    }
    answer = api.post("/v1/jobs", json=body, headers={"prefer": "wait=25"})
    assert answer.json()["result"]["objective"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("problem", CASES)
def test_a_job_ends_with_a_checked_bound(api, problem):
    name, fields = CASES[problem]
    parsed = generate(name, 0, problem=problem, **fields)
    answer = api.post(
        "/v1/jobs",
        json={
            "problem": problem,
            "instance": families.get(problem).to_wire(parsed.instance),
            "budget": {"time_s": 2, "threads": 1},
        },
        headers={"prefer": "wait=25"},
    )
    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]
    assert result["verified"]
    assert result["bound"] is not None
    assert result["bound"] <= result["objective"] + 1e-6
