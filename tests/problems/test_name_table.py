"""Names as bytes: a sequence like any other, decoded on access."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solverhub.problems.name_table import Names, find, fresh_seed, grown


def gather(names: list[bytes], **options: bytes) -> Names:
    lengths = np.array([len(name) for name in names], np.int32)
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    data = np.frombuffer(b"".join(names) or b" ", np.uint8)
    return Names.gather(data, starts, lengths, np.arange(len(names)), **options)


@given(st.lists(st.text(max_size=5)))
def test_it_is_a_sequence_of_str(texts: list[str]) -> None:
    names = gather([text.encode("utf-8", "replace") for text in texts])
    expected = [text.encode("utf-8", "replace").decode() for text in texts]
    assert list(names) == expected
    assert names == expected
    assert len(names) == len(expected)
    assert names[1:3] == expected[1:3]
    assert pickle.loads(pickle.dumps(names)) == names
    for i in range(-len(expected), len(expected)):
        assert names[i] == expected[i]
    with pytest.raises(IndexError):
        names[len(expected)]


def test_latin_1_and_marked_spaces() -> None:
    assert list(gather([b"caf\xe9", b"a"])) == ["café", "a"]
    assert list(gather([b"a\x7fb"], space=b"\x7f")) == ["a b"]


@given(st.lists(st.binary(min_size=1, max_size=3), unique=True, max_size=2000))
def test_the_table_finds_each_name_and_no_other(names: list[bytes]) -> None:
    data = np.frombuffer(b"".join(names) + b"missing", np.uint8)
    starts, lengths = np.zeros(len(names), np.int64), np.zeros(len(names), np.int32)
    slots, seed, at = np.zeros(4, np.int32), fresh_seed(), 0
    for known, name in enumerate(names):
        found, slot = find(data, at, at + len(name), seed, slots, starts, lengths)
        assert found == -1
        starts[known], lengths[known], slots[slot] = at, len(name), known + 1
        slots = grown(data, known + 1, seed, slots, starts, lengths)
        at += len(name)
    for known in range(len(names)):
        stop = starts[known] + lengths[known]
        assert find(data, starts[known], stop, seed, slots, starts, lengths)[0] == known
    assert find(data, at, at + 7, seed, slots, starts, lengths)[0] == -1
