"""MATLAB files: the values that SciPy reads from sound ones, and errors for all others."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InputError, InputTooLarge, ParseError
from solverhub.core.problem import Source
from solverhub.problems.mat_file import is_mat, mat_shapes, mat_variables

INSTANCE = Path(__file__).parents[2] / "instances" / "max-cut" / "fractional-36.mat"
MATRIX = scipy.sparse.csc_array(np.diag([1.5, -2, 0, 4]) + np.eye(4, k=2))
VALUES = {
    "full": np.arange(12.0).reshape(3, 4),
    "integers": np.array([[-1, 2**40]], np.int64),
    "bytes": np.array([[0, 255]], np.uint8),
    "flags": np.array([[True, False]]),
    "cube": np.arange(8.0).reshape(2, 2, 2),
    "empty": np.zeros((0, 3)),
    "sparse": MATRIX,
    "pattern": MATRIX.astype(bool),
    "hollow": scipy.sparse.csc_array((5, 7)),
}


def saved(values, **how):
    stream = io.BytesIO()
    scipy.io.savemat(stream, values, **how)
    return Source("x.mat", stream.getvalue())


@pytest.mark.parametrize("packed", [True, False])
def test_values_are_those_that_were_saved(packed):
    source = saved(VALUES, do_compression=packed)
    assert is_mat(source)
    assert mat_shapes(source) == {name: value.shape for name, value in VALUES.items()}
    found = mat_variables(source, list(VALUES))
    for name, value in VALUES.items():
        if scipy.sparse.issparse(value):
            assert found[name].dtype == value.dtype
            np.testing.assert_array_equal(found[name].toarray(), value.toarray())
        else:
            assert found[name].dtype == value.dtype
            np.testing.assert_array_equal(found[name], value)
    assert set(mat_variables(source, ["cube", "none"])) == {"cube"}


def test_texts_and_structs():
    source = saved({"t": "text", "s": {"A": MATRIX, "name": "g", "cell": [[1], "x"], "z": 1j}})
    found = mat_variables(source, ["t", "s"])
    assert found["t"] == "text"
    assert found["s"]["A"].nnz == MATRIX.nnz
    assert found["s"]["name"] == "g"
    assert found["s"]["z"] is None


def test_a_shipped_file_is_read_as_scipy_reads_it():
    expected = scipy.io.loadmat(INSTANCE)["A"]
    found = mat_variables(Source("g.mat", INSTANCE.read_bytes()), ["A"])["A"]
    assert abs(found - expected).nnz == 0


@pytest.mark.parametrize("value", [np.array([[1j]]), np.array([[{}]], object)])
def test_other_kinds_are_named(value):
    with pytest.raises(ParseError, match="'odd'"):
        mat_variables(saved({"odd": value}), ["odd"])


def test_version_4_and_7_3_are_refused_with_a_remedy():
    with pytest.raises(ParseError, match="-v7"):
        mat_shapes(saved({"a": np.eye(3)}, format="4"))
    with pytest.raises(ParseError, match=r"7\.3.*-v7"):
        mat_shapes(Source("x.mat", b"MATLAB 7.3 MAT-file" + bytes(200)))


def test_bombs_are_refused():
    bomb = saved({"a": np.zeros((10**4, 10**4), np.int8)}, do_compression=True)
    assert mat_shapes(bomb) == {"a": (10**4, 10**4)}
    with pytest.raises(InputTooLarge):
        mat_variables(bomb, ["a"])


SEEDS = [
    saved(VALUES).data,
    saved({"s": {"A": MATRIX, "name": "g"}}).data,
    saved(VALUES, do_compression=True).data,
]


@st.composite
def damaged(draw):
    """A sound file with a few words overwritten, removed or put in, mostly past its header."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(draw(st.sampled_from([0, 124, 128])), len(data)))
        word = draw(st.sampled_from([0, 1, 5, 14, 15, 2**31 - 1, 2**32 - 1])).to_bytes(4, "little")
        kind = draw(st.integers(0, 3))
        if kind == 0:
            data[at : at + 4] = word
        elif kind == 1:
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == 2:
            del data[at : at + draw(st.integers(1, 20))]
        else:
            data[at:at] = word
    return bytes(data)


@given(damaged())
@settings(max_examples=500)
def test_damaged_files_are_read_or_refused(data):
    source = Source("x.mat", data)
    with contextlib.suppress(InputError):
        names = list(mat_shapes(source))
        for value in mat_variables(source, names).values():
            if scipy.sparse.issparse(value):
                value.toarray() if max(value.shape) < 100 else value.tocoo()
