"""Long arrays of JSON: the same values as the plain parser gives, and the same refusals."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import ParseError
from solverhub.problems import json_arrays
from solverhub.problems.json_arrays import parse_json_arrays, without_arrays
from solverhub.problems.json_text import parse_json

NUMBERS = st.one_of(
    st.integers(-(10**17), 10**17), st.floats(allow_nan=False, allow_infinity=False)
)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), max_size=8)
)
VALUES = st.recursive(
    st.one_of(NUMBERS, st.text(), st.booleans(), st.none(), ROWS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=8,
)


@pytest.fixture(autouse=True)
def _every_array_is_long(monkeypatch):
    monkeypatch.setattr(json_arrays, "_SHORTEST", 2)


def outcome(parse, data):
    """The value, or the message of the refusal."""
    try:
        return without_arrays(parse(data))
    except ParseError as error:
        return str(error)


@settings(max_examples=60)
@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 1]))
def test_values_are_those_of_the_plain_parser(value, indent):
    text = json.dumps(value, indent=indent).encode()
    assert without_arrays(parse_json_arrays(text)) == parse_json(text)


@given(st.text(alphabet='{}[]":,0123456789.eE+- \\ntrue', max_size=60))
def test_text_is_refused_exactly_where_the_plain_parser_refuses(text):
    data = f'{{"a":{text}}}'.encode()
    assert outcome(parse_json_arrays, data) == outcome(parse_json, data)


def test_arrays_have_their_types():
    found = parse_json_arrays(b'{"a": [1, 2], "b": {"c": [[1, 2.5], [3, 4]]}, "d": [], "e": "[1]"}')
    assert found["a"].dtype == np.int64
    assert found["b"]["c"].dtype == np.float64
    assert found["b"]["c"].shape == (2, 2)
    assert found["d"] == []
    assert found["e"] == "[1]"


@pytest.mark.parametrize("text", ["[01]", "[1,]", "[[1],[1,2]]", "[1e999]", "[-]", "[1.]", "[.5]"])
def test_what_is_no_rectangle_of_numbers_is_left_to_the_plain_parser(text):
    data = f'{{"a": {text}}}'.encode()
    assert outcome(parse_json_arrays, data) == outcome(parse_json, data)
