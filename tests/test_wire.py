import json
import math
from fractions import Fraction

import numpy as np
import pytest

from solverhub import wire
from solverhub.core.errors import InvalidParams, ParseError
from solverhub.core.events import Event, EventKind
from solverhub.core.result import (
    BoundCheck,
    InstanceReference,
    Limit,
    Provenance,
    Reason,
    Result,
    Termination,
    TracePoint,
    Violation,
)

RESULT = Result(
    termination=Termination(Reason.FEASIBLE, Limit.TIME),
    solution={"values": {"x": 1}},
    objective=7,
    bound=6.5,
    evidence={"row_dual": [0.5, -1.0]},
    trace=(TracePoint(0.1, 9, None), TracePoint(0.2, 7, 6.5)),
    wall_s=1.5,
    bound_check=BoundCheck.CLAIMED,
    verified=True,
    violations=(Violation("row 1", 0.5, "row 1 is 0.5 above its upper side"),),
    problem="ilp",
    solver="highs",
    instance=InstanceReference("model", "sha256:00"),
    provenance=Provenance(version="0.1", engines={"highs": "1.14"}, seed=3),
)


def test_a_result_survives_its_json_form():
    text = wire.dump(wire.result_to_wire(RESULT))
    again = wire.result_to_wire(wire.result_from_wire(json.loads(text)))
    assert wire.dump(again) == text


def test_the_gap_is_derived_not_stored():
    form = {**wire.result_to_wire(RESULT), "gap": 0}
    assert wire.result_from_wire(form).gap == pytest.approx(0.5 / 7)


@pytest.mark.parametrize("missing", ["termination", "objective", "solution", "problem"])
def test_a_form_with_a_missing_field_is_refused(missing):
    form = wire.result_to_wire(RESULT)
    del form[missing]
    with pytest.raises(ParseError, match="saved result"):
        wire.result_from_wire(form)


def test_numpy_and_fractions_become_plain_numbers():
    plain = {"a": np.arange(3), "b": np.float64(0.5), "c": Fraction(6, 2), "d": Fraction(1, 2)}
    assert json.loads(wire.dump(plain)) == {"a": [0, 1, 2], "b": 0.5, "c": 3, "d": 0.5}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_stays_strict(value):
    with pytest.raises(ValueError):
        wire.dump({"x": value})


def test_an_event_is_read_from_its_json_form():
    told = {"kind": "incumbent", "wall_s": 0.5, "objective": 3, "source": "highs", "later": 1}
    event = wire.event_from_wire(told)
    assert event == Event(EventKind.INCUMBENT, 0.5, objective=3, source="highs")


def test_a_budget_is_started_from_its_fields():
    budget = wire.budget_from_wire({"time_s": 5, "threads": 1, "target": None})
    assert 4 < budget.remaining_s <= 5
    assert budget.threads == 1


@pytest.mark.parametrize(
    "form", [{"seconds": 3}, {"time_s": -3}, {"threads": 0}, {"threads": "2"}, {"time_s": True}]
)
def test_a_wrong_budget_is_refused(form):
    with pytest.raises((ParseError, InvalidParams)):
        wire.budget_from_wire(form)
