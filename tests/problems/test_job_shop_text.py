"""Text forms of job shops: what is read, what is refused and with which place."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import ParseError
from solverhub.core.problem import Parsed, Source
from solverhub.problems.generators.job_shop import random_job_shop
from solverhub.problems.job_shop import JobShop, ShopInstance

PROBLEM = JobShop()


def read(text: str | bytes) -> Parsed:
    data = text.encode() if isinstance(text, str) else text
    return PROBLEM.parse(Source("f.jsp", data))


def standard(instance: ShopInstance, base: int = 0) -> str:
    pairs = np.stack([instance.machine + base, instance.duration], axis=1)
    rows = pairs.reshape(instance.n_jobs, -1).tolist()
    lines = [f"{instance.n_jobs} {instance.n_machines}", *(" ".join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def taillard(instance: ShopInstance, *, words: bool = True, base: int = 1) -> str:
    shape = (instance.n_jobs, instance.n_machines)
    parts = ["Nb of jobs, Nb of machines, seeds", f"  {shape[0]} {shape[1]} 840612802 398197754"]
    for word, values in (("Times", instance.duration), ("Machines", instance.machine + base)):
        parts += [word] if words else []
        parts += [" ".join(map(str, row)) for row in values.reshape(shape).tolist()]
    return "\n".join(parts) + "\n"


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_every_form_gives_one_digest(n_jobs: int, n_machines: int, seed: int) -> None:
    instance = random_job_shop(n_jobs, n_machines, seed, low=0)
    texts = [
        standard(instance),
        standard(instance, base=1),
        taillard(instance),
        taillard(instance, words=False),
        taillard(instance, base=0),
    ]
    assert {PROBLEM.digest(read(text).instance) for text in texts} == {PROBLEM.digest(instance)}


def test_dirty_but_readable_files() -> None:
    parsed = read("# made by hand\r\n\r\n 2 2 \r\n0 5\t1 3 # first\r\n\r\n1 2 0 4")
    assert parsed.instance.duration.tolist() == [5, 3, 2, 4]
    assert parsed.warnings == ()
    assert read(taillard(random_job_shop(2, 3, seed=0), words=False)).warnings == ()


def test_every_repair_is_reported() -> None:
    one_based = read("1 2\n1 5 2 3\n")
    assert one_based.instance.machine.tolist() == [0, 1]
    assert "from 1" in one_based.warnings[0]
    zero_based = read("1 2\nTimes\n5 3\nMachines\n0 1\n")
    assert "from 0" in zero_based.warnings[0]
    assert "skipped 1 lines" in read("instance small\n1 1\n0 5\n").warnings[0]
    assert "line 1: ignored" in read("1 1 the small one\n0 5\n").warnings[0]


def test_a_job_may_visit_a_machine_twice_and_take_no_time() -> None:
    instance = read("1 2\n0 5 0 0\n").instance
    assert instance.machine.tolist() == [0, 0]
    assert instance.duration.tolist() == [5, 0]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "f.jsp:1", "no header"),
        ("\n\n", "f.jsp:3", "no header"),
        ("hello world\n", "f.jsp:2", "no header"),
        ("3\n", "f.jsp:1", "one number"),
        ("0 5\n", "f.jsp:1:1", "promises 0 jobs"),
        ("2 -5\n", "f.jsp:1:3", "promises -5 machines"),
        ("99999999999999999999 2\n", "f.jsp:1:1", "promises"),
        ("2 2.0\n", "f.jsp:1:3", "'2.0' is not a whole number"),
        ("2 2\n0 5 1 3\n", "f.jsp:3", "1 of the 2 jobs"),
        ("1 2\n0 5 1 3\n0 5 1 3\n", "f.jsp:3", "beyond the 1 jobs"),
        ("2 2\n0 5 1 3\n0 5 1\n", "f.jsp:3", "job 1 has 3 numbers and not 4"),
        ("2 2\n0 5 1 3 7\n0 5 1 4\n", "f.jsp:2:9", "job 0 has 5 numbers"),
        ("1 2\n0 5 1 x\n", "f.jsp:2:7", "'x' is not a whole number"),
        ("1 2\n0 5 1 nan\n", "f.jsp:2:7", "'nan'"),
        ("1 2\n0 5 1 1e3\n", "f.jsp:2:7", "'1e3'"),
        ("1 2\n0  -5 1 3\n", "f.jsp:2:4", "-5 is negative"),
        ("1 2\n0 5 2 3\n", "f.jsp:2:5", "no machine 2"),
        ("1 2\n0 5 7 3\n", "f.jsp:2:5", "no machine 7"),
        ("1 2\n0 5 1 4000000000000000000\n", "f.jsp:2", "add up to"),
        ("1 2\nTimes\n5 3\n", "f.jsp:4", "no machines matrix"),
        ("1 2\nMachines\n1 2\n", "f.jsp:4", "no times matrix"),
        ("1 2\nTimes\n5 3\nMachines\n1 3\n", "f.jsp:5:3", "no machine 3"),
        ("1 2\nTimes\n5 3\nMachines\n1 2\nTimes\n", "f.jsp:6", "one instance a file"),
        ("1 2\n5 3\nMachines\n1 2\n", "f.jsp:3", "one instance a file"),
        ("1 2\nTimes\n5\nMachines\n1 2\n", "f.jsp:3", "job 0 has 1 numbers and not 2 "),
    ],
)
def test_bad_files_are_refused_with_their_place(text: str, place: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.place == place
    assert message in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "1000000000 1000000000\n",
        "1 1\n0 " + "9" * 10_000 + "\n",
        "x" * 1_000_000,
        '{"jobs": [[[0, ' + "9" * 5000 + "]]]}",
        "[[[0, 1]]]",
        '{"jobs": [[[0, NaN]]]}',
    ],
)
def test_hostile_files_are_refused_shortly(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert len(str(caught.value)) < 500


PIECES = st.sampled_from(
    ["1", "2", "0", "-1", "3", " ", "\n", "\t", "Times", "Machines", "#", "x", "1e9", "\x00", "é"]
)
FUZZ = st.one_of(
    st.binary(max_size=80),
    st.lists(PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode()),
    st.lists(PIECES, max_size=40).map(lambda pieces: "2 2\n" + " ".join(pieces)).map(str.encode),
)


def check_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ParseError):
        instance = read(data).instance
        assert PROBLEM.digest(instance).startswith("sha256:")
        assert PROBLEM.summary(instance)["operations"] == instance.n_operations


@settings(max_examples=300, deadline=None)
@given(FUZZ)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    check_read_or_refused(data)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(FUZZ)
def test_any_bytes_are_read_or_refused_for_long(data: bytes) -> None:
    check_read_or_refused(data)
