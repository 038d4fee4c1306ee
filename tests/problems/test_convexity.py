"""Indefinite matrices are found with a true estimate, semidefinite ones pass."""

import numpy as np
import pytest
from scipy.sparse import block_diag, csc_array, eye_array, random_array

from solverhub.problems.convexity import negative_curvature


def spectrum(n, values, seed):
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((n, n)))[0]
    made = (basis * values) @ basis.T
    return (made + made.T) / 2


@pytest.mark.parametrize("n", [1, 2, 7, 60])
@pytest.mark.parametrize("seed", range(5))
def test_semidefinite_matrices_pass_at_every_rank_and_scale(n, seed):
    rng = np.random.default_rng(seed)
    values = rng.random(n) * (rng.random(n) < 0.6)
    made = spectrum(n, values, seed)
    scale = 10.0 ** rng.integers(-4, 5, n)
    assert negative_curvature(csc_array(made)) is None
    assert negative_curvature(csc_array(made * np.outer(scale, scale))) is None


@pytest.mark.parametrize("n", [1, 2, 7, 60])
@pytest.mark.parametrize("size", [1.0, 1e-2, 1e-5])
@pytest.mark.parametrize("seed", range(5))
def test_a_negative_eigenvalue_is_found_and_the_estimate_is_not_below_it(n, size, seed):
    values = np.random.default_rng(seed).random(n)
    values[0] = -size
    made = spectrum(n, values, seed)
    found = negative_curvature(csc_array(made))
    assert found is not None
    assert np.linalg.eigvalsh(made)[0] * (1 + 1e-6) - 1e-15 <= found < 0


def test_small_examples():
    assert negative_curvature(csc_array((3, 3))) is None
    assert negative_curvature(csc_array([[0.0, 1], [1, 0]])) == pytest.approx(-1)
    assert negative_curvature(csc_array([[1.0, 2], [2, 1]])) == pytest.approx(-1)
    assert negative_curvature(csc_array(np.diag([1.0, -3]))) == -3
    assert negative_curvature(csc_array([[1.0, 1], [1, 1]])) is None


def test_one_bad_block_among_many_is_found():
    good = csc_array([[2.0, -1, -1], [-1, 2, -1], [-1, -1, 2]])
    bad = csc_array([[1.0, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    whole = csc_array(block_diag([good] * 500 + [bad] + [good] * 500))
    assert negative_curvature(csc_array(block_diag([good] * 1000))) is None
    assert negative_curvature(whole) == pytest.approx(-0.8)


def test_matrices_with_much_fill_are_searched():
    root = random_array((4000, 4000), density=1e-3, rng=np.random.default_rng(0))
    made = csc_array(root @ root.T)
    assert negative_curvature(made) is None
    found = negative_curvature(csc_array(made - 0.05 * eye_array(4000)))
    assert -0.05 <= found < 0
