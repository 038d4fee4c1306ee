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
