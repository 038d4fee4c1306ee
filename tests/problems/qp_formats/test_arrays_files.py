"""Programs in .mat and .npz files: round trips, and files that are not what they seem."""

import io
import zipfile

import numpy as np
import pytest
import scipy.io
from qp_cases import random_program
from scipy.sparse import csc_matrix

from solverhub.core.errors import InputError, InvalidInstance, ParseError
from solverhub.problems import families, reading

QP = families.get("qp")


def mat(**variables):
    stream = io.BytesIO()
    scipy.io.savemat(stream, variables)
    return stream.getvalue()


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def parts(made, *, sparse):
    kind = csc_matrix if sparse else (lambda matrix: matrix.toarray())
    return {
        "P": kind(made.P),
        "q": made.q.reshape(-1, 1),
        "A": kind(made.A),
        "l": np.maximum(made.l, -1e20).reshape(1, -1),
        "u": np.minimum(made.u, 1e20).reshape(-1, 1),
        "r": made.r,
    }


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_mat_files_come_back(seed, sparse):
    made, _ = random_program(seed)
    data = mat(n=made.n, m=made.m, **parts(made, sparse=sparse))
    assert reading.fits(data, name="a.mat") == ["qp"]
    assert QP.digest(reading.read(data, name="a.mat").instance) == QP.digest(made)


@pytest.mark.parametrize("seed", range(3))
def test_npz_files_come_back_dense_and_sparse(seed):
    made, _ = random_program(seed)
    dense = npz(**parts(made, sparse=False))
    compressed = {
        f"{name}_{part}": getattr(getattr(made, name), part)
        for name in ("P", "A")
        for part in ("data", "indices", "indptr", "shape")
    }
    integer = np.zeros(made.n, dtype=bool)
    sparse = npz(q=made.q, l=made.l, u=made.u, r=made.r, integer=integer, **compressed)
    for data in (dense, sparse):
        assert reading.fits(data, name="a.npz") == ["qp"]
        assert QP.digest(reading.read(data, name="a.npz").instance) == QP.digest(made)


def test_graphs_in_the_same_containers_stay_graphs():
    ring = np.roll(np.eye(5), 1, axis=1)
    assert "qp" not in reading.fits(mat(A=ring + ring.T), name="a.mat")
    assert "qp" not in reading.fits(npz(A=ring + ring.T), name="a.npz")
    assert "max-cut" in reading.fits(mat(A=ring + ring.T), name="a.mat")


def test_without_rows():
    for data, name in (
        (mat(P=np.eye(2), q=[1.0, 2.0]), "a.mat"),
        (mat(P=np.eye(2), q=[1.0, 2.0], A=np.zeros((0, 2)), l=[], u=[]), "a.mat"),
        (npz(P=np.eye(2), q=[1.0, 2.0]), "a.npz"),
    ):
        assert (reading.read(data, name=name).instance.m) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"q": np.ones((2, 2))}, "q has shape"),
        ({"q": np.array([1.0, np.nan])}, "q\\[1\\] is not a number"),
        ({"q": np.array([1j, 2])}, "q|complex"),
        ({"l": np.ones(3)}, "l has shape"),
        ({"P": np.diag([1.0, -2])}, "eigenvalue of -2"),
        ({"P": np.ones((2, 3))}, "P has shape"),
        ({"A": np.array([[1.0, np.inf]])}, "A\\[0, 1\\] is inf"),
        ({"r": np.ones(2)}, "r has 2 entries"),
    ],
)
@pytest.mark.parametrize("pack", [mat, npz])
def test_bad_numbers_are_named(changes, message, pack):
    fields = {"P": np.eye(2), "q": np.ones(2), "A": np.ones((1, 2)), "l": [0.0], "u": [1.0]}
    name = "a.mat" if pack is mat else "a.npz"
    with pytest.raises(InputError, match=message) as caught:
        reading.read(pack(**{**fields, **changes}), "qp", name=name)
    assert name in str(caught.value)


def test_nothing_is_unpickled():
    stream = io.BytesIO()
    np.savez(stream, P=np.array([{}], dtype=object), q=np.ones(1))
    with pytest.raises(ParseError, match="dtype is object"):
        reading.read(stream.getvalue(), name="a.npz")


@pytest.mark.parametrize(
    "changes",
    [
        {"P_indices": np.array([0, 7])},
        {"P_indices": np.array([-1, 0])},
        {"P_indptr": np.array([0, 1, 9])},
        {"P_indptr": np.array([0, 2, 1])},
        {"P_shape": np.array([2])},
        {"P_data": np.array(["a", "b"])},
        {"P_format": np.array("bsr")},
    ],
)
def test_broken_sparse_matrices_are_refused(changes):
    fields = {
        "P_data": np.ones(2),
        "P_indices": np.array([0, 1]),
        "P_indptr": np.array([0, 1, 2]),
        "P_shape": np.array([2, 2]),
        "q": np.ones(2),
    }
    assert reading.read(npz(**fields), name="a.npz").instance.P.nnz == 2
    with pytest.raises(ParseError, match="matrix P is broken"):
        reading.read(npz(**{**fields, **changes}), name="a.npz")


def test_missing_parts_are_named():
    with pytest.raises(ParseError, match="no variable q"):
        reading.read(mat(P=np.eye(2)), "qp", name="a.mat")
    with pytest.raises(ParseError, match="no array q"):
        reading.read(npz(P=np.eye(2)), "qp", name="a.npz")
    with pytest.raises(ParseError, match="no P_indptr"):
        reading.read(npz(P_data=np.ones(1), P_indices=[0], q=np.ones(1)), name="a.npz")


def test_other_bytes_are_refused():
    for data, name in ((b"1 2\n", "a.txt"), (b"PK\x03\x04junk", "a.npz"), (b"MATLAB", "a.mat")):
        with pytest.raises((ParseError, InvalidInstance)):
            reading.read(data, "qp", name=name)
    with zipfile.ZipFile(stream := io.BytesIO(), "w") as archive:
        archive.writestr("q.npy", b"junk")
        archive.writestr("P.npy", b"junk")
    with pytest.raises(ParseError):
        reading.read(stream.getvalue(), name="a.npz")
