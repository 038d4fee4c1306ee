"""Metric learning against the Euclidean baseline, and its optimality conditions."""

import numpy as np
import pytest

from solverhub.core.errors import InvalidInstance, InvalidParams
from solverhub.metric_learning import learn


def clouds(seed, *, per_class=120, noise=8):
    """Three classes that two of ten coordinates tell apart, the others being wider noise."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), per_class)
    centres = np.array([[0, 0], [3, 0], [0, 3]])
    X = np.hstack(
        [centres[labels] + rng.normal(size=(labels.size, 2)),
         4 * rng.normal(size=(labels.size, noise))]
    )  # fmt: skip
    mixing = np.linalg.qr(rng.normal(size=(noise + 2, noise + 2)))[0]
    return X @ mixing, labels


def accuracy(train, train_labels, test, test_labels, neighbours=5):
    distances = ((test[:, None] - train[None]) ** 2).sum(2)
    near = train_labels[np.argsort(distances, axis=1)[:, :neighbours]]
    votes = np.array([np.bincount(row, minlength=3).argmax() for row in near])
    return (votes == test_labels).mean()


@pytest.mark.parametrize("seed", range(3))
def test_neighbours_vote_better_than_by_euclidean_distance(seed):
    X, labels = clouds(seed)
    half = np.arange(labels.size) % 2 == 0
    metric = learn(X[half], labels[half], seed=seed)
    plain = accuracy(X[half], labels[half], X[~half], labels[~half])
    learned = accuracy(
        metric.transform(X[half]), labels[half], metric.transform(X[~half]), labels[~half]
    )
    assert learned > plain + 0.1


def test_pairs_end_at_the_optimality_conditions():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    similar, dissimilar = rng.permutation(30).reshape(-1, 2)[:8], np.array([[0, 1], [2, 3]])
    metric = learn(
        X, similar=similar, dissimilar=dissimilar, slack=2.0, rounds=3000, tolerance=1e-12
    )
    square = metric.distances(X, X) ** 2
    near = [square[i, j] for i, j in similar]
    plain = [((X[i] - X[j]) ** 2).sum() for i, j in similar]
    assert np.mean(near) < np.mean(plain)
    change = np.linalg.inv(metric.A) - np.eye(4)
    # stationarity: A^-1 - I is a sum of multipliers times v v', signed by the kind of pair
    rows = np.array(
        [np.outer(X[i] - X[j], X[i] - X[j]).ravel() for i, j in np.vstack([similar, dissimilar])]
    )
    weights = np.linalg.lstsq(rows.T, change.ravel(), rcond=None)[0]
    assert np.allclose(rows.T @ weights, change.ravel(), atol=1e-8)
    assert metric.kept == np.count_nonzero(np.abs(weights) > 1e-9)


def test_a_metric_is_one_and_seeds_repeat():
    X, labels = clouds(0, per_class=30)
    first, second = learn(X, labels, seed=3), learn(X, labels, seed=3)
    assert np.array_equal(first.A, second.A)
    assert np.allclose(first.A, first.A.T)
    assert np.linalg.eigvalsh(first.A).min() > 0
    D = first.distances(X[:20], X[:20])
    assert (D[:, None] <= D[:, :, None] + D.T[None] + 1e-6).all()
    assert np.allclose(
        D**2, [[(x - y) @ first.A @ (x - y) for y in X[:20]] for x in X[:20]], atol=1e-6
    )


def test_what_does_not_fit_is_refused():
    X, labels = clouds(0, per_class=5)
    with pytest.raises(InvalidInstance, match="labels"):
        learn(X, labels[:3])
    with pytest.raises(InvalidInstance, match="neither"):
        learn(X)
    with pytest.raises(InvalidInstance, match="finite"):
        learn(X * np.nan, labels)
    with pytest.raises(InvalidInstance, match="equal"):
        learn(np.ones((5, 2)), np.arange(5))
    with pytest.raises(InvalidParams, match="slack"):
        learn(X, labels, slack=0)
