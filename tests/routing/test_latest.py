import os
import signal
import time

import numpy as np
import pytest

from solverhub.routing.latest import Latest
from solverhub.routing.process import Child


@pytest.fixture
def cell():
    made = Latest()
    yield made
    made.close()


@pytest.mark.parametrize(
    "array",
    [
        np.array([True, False, True]),
        np.arange(12, dtype=np.int64).reshape(3, 4),
        np.linspace(0, 1, 5)[::2],
        np.zeros(0),
        np.int8([1]),
        None,
    ],
)
def test_a_value_comes_back_as_it_was_put(cell, array):
    assert cell.get() is None
    assert cell.put(("head", 3), array) == 1
    value = cell.get()
    assert value.sequence == 1
    assert value.head == ("head", 3)
    if array is None:
        assert value.array is None
    else:
        assert value.array.dtype == array.dtype
        np.testing.assert_array_equal(value.array, array)
        assert not value.array.flags.writeable


def test_only_newer_values_are_given(cell):
    cell.put((1,))
    cell.put((2,))
    assert cell.get(after=1).head == (2,)
    assert cell.get(after=2) is None
    assert cell.sequence() == 2


def test_another_opener_sees_growth(cell):
    reader = Latest(os.dup(cell.fd))
    for n in (1, 10, 100_000, 5, 2_000_000):
        cell.put((n,), np.arange(n))
        value = reader.get()
        assert value.head == (n,)
        np.testing.assert_array_equal(value.array, np.arange(n))
    reader.close()


def test_a_damaged_newest_value_leaves_the_one_before(cell):
    cell.put(("old",), np.arange(100))
    cell.put(("new",), np.arange(100) + 1)
    offset, _ = cell._regions[0]
    cell._map[offset + 200] ^= 0xFF
    assert cell.get().head == ("old",)


def test_a_writer_killed_in_the_middle_leaves_a_whole_value():
    from spinning import write_forever

    rng = np.random.default_rng(5)
    for _ in range(15):
        child = Child(write_forever)
        with child:
            child.start(200_000)
            while child.best() is None:
                time.sleep(0.001)
            time.sleep(rng.uniform(0.0, 0.02))
            os.kill(child.pid, signal.SIGKILL)
            while not child.ended:
                child.pump()
            best = child.best()
        assert (best.array == best.head[0]).all()


def test_a_reader_never_sees_a_mixture_while_the_writer_runs():
    from spinning import write_forever

    with Child(write_forever) as child:
        child.start(50_000)
        sequences = []
        until = time.monotonic() + 0.7
        while time.monotonic() < until:
            child.pump()
            if (best := child.best()) is not None:
                assert (best.array == best.head[0]).all()
                sequences.append(best.sequence)
    assert sequences == sorted(sequences)
    assert len(set(sequences)) > 3
