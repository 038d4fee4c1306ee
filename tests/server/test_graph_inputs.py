"""Graphs as they come, through the service, in every family of subsets."""

import pytest
from brute_force import SUBSETS
from dirty_graphs import CASES, check


@pytest.mark.slow
@pytest.mark.parametrize("problem", SUBSETS)
def test_every_file_is_read_and_solved(api, problem):
    for case in CASES:
        answer = api.post(
            "/v1/jobs",
            data={"problem": problem, "budget": '{"time_s": 8, "threads": 1}'},
            files={"file": (case.file, case.text)},
            headers={"prefer": "wait=25"},
        )
        assert answer.status_code == 200, answer.text
        check(case, problem, answer.json()["result"])
