"""Graph files as they come, through the command line, in every family of subsets."""

import json

import pytest
from brute_force import SUBSETS
from dirty_graphs import CASES, check


@pytest.mark.slow
@pytest.mark.parametrize("problem", SUBSETS)
def test_every_file_is_read_and_solved(solverhub, tmp_path, problem):
    for case in CASES:
        (tmp_path / case.file).write_text(case.text)
    files = [case.file for case in CASES]
    done = solverhub("batch", *files, "-p", problem, "-t", "8", "--threads", "1", timeout=290)
    assert done.status == 0, done.err
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    answers = {line["file"]: line for line in lines}
    for case in CASES:
        check(case, problem, answers[case.file])
