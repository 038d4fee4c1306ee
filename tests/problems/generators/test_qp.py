"""Generated quadratic programs: reproducible, convex, feasible."""

import numpy as np
import pytest

from solverhub.core.errors import InvalidParams
from solverhub.problems import families
from solverhub.problems.convexity import negative_curvature
from solverhub.problems.generators import GENERATORS, generate, names

QP = families.get("qp")
SMALL = {
    "random-qp": {"n": 12, "rows": 20},
    "lasso": {"n": 4, "samples": 15, "density": 0.5},
    "portfolio": {"assets": 12, "factors": 2},
    "svm": {"n": 4, "samples": 15, "density": 0.5},
    "mpc": {"states": 3, "inputs": 2, "horizon": 4},
}


def test_the_registry_names_them_all():
    made_here = [name for name in names("qp") if ".generators.qp:" in GENERATORS[name]]
    assert made_here == list(SMALL)


@pytest.mark.parametrize("name", SMALL)
def test_seeds_decide(name):
    one, again, other = (generate(name, seed, **SMALL[name]).instance for seed in (5, 5, 6))
    assert QP.digest(one) == QP.digest(again) != QP.digest(other)
    assert negative_curvature(one.P) is None
    assert not one.integer.any()


def feasible(name, made):
    """A feasible point by the construction of each shape."""
    sizes = SMALL[name]
    if name == "random-qp":
        return np.zeros(made.n)
    if name == "lasso":
        return np.concatenate([np.zeros(4), -made.l[:15], np.zeros(4)])
    if name == "portfolio":
        x = np.zeros(sizes["assets"])
        x[0] = 1
        return np.concatenate([x, made.A[[1, 2]][:, :12] @ x])
    if name == "svm":
        return np.concatenate([np.zeros(4), np.ones(15)])
    states, horizon = sizes["states"], sizes["horizon"]
    path = np.linalg.solve(
        made.A.toarray()[: states * (horizon + 1), : states * (horizon + 1)],
        made.l[: states * (horizon + 1)],
    )
    return np.concatenate([path, np.zeros(made.n - path.size)])


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("seed", range(5))
def test_every_shape_is_feasible(name, seed):
    made = generate(name, seed, **SMALL[name]).instance
    assert not QP.violations(made, feasible(name, made))


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("random-qp", {"n": 0}),
        ("random-qp", {"density": 0}),
        ("random-qp", {"n": 10**6, "rows": 10**6}),
        ("lasso", {"n": -1}),
        ("portfolio", {"assets": 0}),
        ("svm", {"density": 2}),
        ("mpc", {"horizon": 0}),
    ],
)
def test_sizes_out_of_range_are_refused(name, sizes):
    with pytest.raises(InvalidParams):
        generate(name, 0, **sizes)
