"""Strict JSON: good text as the standard parser reads it, bad text refused with its place."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solverhub.core.errors import ParseError
from solverhub.problems.json_text import parse_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_good_text_is_read_as_written(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "f.json:1:1: not JSON"),
        (b'{"a": 1,\n "b" 2}', "f.json:2:6: not JSON"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "not finite"),
        (b'{"a": 1, "a": 2}', "'a' twice"),
        (b"[" * 1_000_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b"1" * 10_000, "too many digits"),
        (b'\n["\xff"]', "f.json:2: byte 3 is not UTF-8"),
    ],
)
def test_bad_text_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse_json(text, file="f.json")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ParseError):
        parse_json(data)
