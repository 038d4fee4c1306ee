from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from solverhub.core.errors import InvalidParams
from solverhub.core.solver import Params


@dataclass(frozen=True)
class Example(Params):
    depth: int = 3
    rate: float = 0.5
    fast: bool = False
    rule: Literal["first", "best"] = "first"
    pool: int | None = None
    native: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        if self.depth < 0:
            raise InvalidParams(f"depth is {self.depth}", remedy="give 0 or more")


def test_strings_and_json_values_give_the_same_params():
    strings = {"depth": "4", "rate": "0.25", "fast": "true", "rule": "best", "pool": "2"}
    values = {"depth": 4, "rate": 0.25, "fast": True, "rule": "best", "pool": 2}
    assert Example.from_mapping(strings) == Example.from_mapping(values)


def test_native_parameters_are_gathered():
    params = Example.from_mapping({"native.presolve": "off", "native.seed": 3})
    assert params.native == {"presolve": "off", "seed": 3}


@pytest.mark.parametrize(
    "given",
    [
        {"width": 1},
        {"depth": "x"},
        {"depth": 1.5},
        {"depth": True},
        {"depth": -1},
        {"rate": "fast"},
        {"fast": "maybe"},
        {"rule": "worst"},
        {"native": 3},
    ],
)
def test_what_is_off_is_refused_by_name(given):
    with pytest.raises(InvalidParams, match=next(iter(given))):
        Example.from_mapping(given)


def test_none_is_read_where_it_is_allowed():
    assert Example.from_mapping({"pool": "none"}).pool is None
    assert Example.from_mapping({"pool": None}).pool is None


def test_params_round_trip_and_describe_themselves():
    params = Example(depth=7)
    assert Example.from_mapping(params.to_mapping()) == params
    assert [entry["name"] for entry in Example.describe()] == list(params.to_mapping())
