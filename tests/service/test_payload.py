"""Packed results come back as they were."""

import numpy as np
import pytest

from solverhub.core.result import BoundCheck, InstanceReference, Provenance, TracePoint
from solverhub.service import payload, rendering

from .store_parts import result


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.int64, np.float64])
def test_arrays_and_numbers_survive(dtype):
    solution = np.arange(7).astype(dtype)
    found = result(
        "feasible",
        "time",
        solution=solution,
        objective=2**60 + 1,
        bound=1.5,
        bound_check=BoundCheck.CLAIMED,
        verified=True,
        pool=(solution[::-1].copy(), solution),
        evidence={"row_dual": np.array([0.5, -0.25]), "note": [1, 2]},
        trace=(TracePoint(0.5, 3, None),),
        problem="max-cut",
        solver="s",
        provenance=Provenance(version="1", seed=4),
    )
    back = payload.unpack(payload.pack(found))
    assert back.solution.dtype == solution.dtype
    np.testing.assert_array_equal(back.solution, solution)
    assert len(back.pool) == 2
    np.testing.assert_array_equal(back.pool[0], solution[::-1])
    np.testing.assert_array_equal(back.evidence["row_dual"], [0.5, -0.25])
    np.testing.assert_array_equal(back.evidence["note"], [1, 2])
    for name in ("termination", "objective", "bound", "bound_check", "verified", "trace"):
        assert getattr(back, name) == getattr(found, name)
    assert back.provenance.seed == 4


def test_a_proof_without_solution_survives():
    back = payload.unpack(payload.pack(result("infeasible", evidence={"farkas": np.ones(2)})))
    assert back.solution is None
    np.testing.assert_array_equal(back.evidence["farkas"], [1, 1])


def test_a_rendered_result_takes_any_name():
    packed = rendering.render(result("feasible", objective=3, problem="p"))
    text = rendering.compose(packed, InstanceReference('a "name"', "sha256:1"))
    import json

    found = json.loads(text)
    assert found["instance"] == {"name": 'a "name"', "digest": "sha256:1"}
    assert found["objective"] == 3
