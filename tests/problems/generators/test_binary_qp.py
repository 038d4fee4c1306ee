import numpy as np
import pytest

from solverhub.core.errors import InvalidParams
from solverhub.problems.convexity import negative_curvature
from solverhub.problems.generators import generate, names
from solverhub.problems.qp import Qp

GIVEN = {
    "qubo": {"n": 12, "density": 0.5},
    "binary-least-squares": {"n": 9, "chosen": 4},
    "sparse-portfolio": {"assets": 10, "chosen": 4},
}


@pytest.mark.parametrize("name", GIVEN)
def test_instances_are_convex_seeded_and_have_binary_columns(name):
    assert name in names("qp")
    first, again, other = (generate(name, seed, **GIVEN[name]) for seed in (3, 3, 4))
    digest = Qp().digest
    assert digest(first.instance) == digest(again.instance) != digest(other.instance)
    assert negative_curvature(first.instance.P) is None
    assert Qp().summary(first.instance)["binaries"] > 0
    assert Qp().summary(first.instance)["integers"] == 0


def test_qubo_is_the_maximisation_of_whole_numbers():
    program = generate("qubo", 1, n=8, density=0.6).instance
    assert Qp().integral(program)
    assert Qp().objective(program, np.zeros(8)) == 0


def test_sums_and_shares_can_be_met():
    program = generate("binary-least-squares", 0, n=6, chosen=2).instance
    assert not Qp().violations(program, np.array([1.0, 1, 0, 0, 0, 0]))
    assert Qp().violations(program, np.array([1.0, 0, 0, 0, 0, 0]))
    portfolio = generate("sparse-portfolio", 0, assets=5, chosen=3).instance
    point = np.array([0.4, 0.4, 0.2, 0, 0, 1, 1, 1, 0, 0])
    assert not Qp().violations(portfolio, point)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("qubo", {"n": 0}),
        ("qubo", {"density": 0.0}),
        ("binary-least-squares", {"n": 4, "chosen": 5}),
        ("sparse-portfolio", {"chosen": 2}),
    ],
)
def test_sizes_are_checked(name, given):
    with pytest.raises(InvalidParams):
        generate(name, 0, **given)
