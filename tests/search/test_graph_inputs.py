"""Graph files as they come, through the library, in every family of subsets."""

import pytest
from brute_force import SUBSETS
from dirty_graphs import CASES, check

from solverhub.core.result import Reason
from solverhub.local import solve
from solverhub.wire import result_to_wire


@pytest.mark.parametrize("problem", SUBSETS)
def test_every_file_is_read_and_solved(tmp_path, problem):
    for case in CASES:
        path = tmp_path / case.file
        path.write_text(case.text)
        result = solve(path, problem, time_limit=20, threads=1)
        assert result.termination.reason is Reason.OPTIMAL, case.file
        check(case, problem, result_to_wire(result))
