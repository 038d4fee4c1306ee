import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="SurCo needs torch")

from solverhub import catalog  # noqa: E402
from solverhub.core.budget import Budget  # noqa: E402
from solverhub.core.errors import InvalidInstance  # noqa: E402
from solverhub.core.result import Reason  # noqa: E402
from solverhub.learned.surco import GRADIENTS, Steps, Surrogate, evaluate  # noqa: E402
from solverhub.learned.surco_routes import score_loss  # noqa: E402
from solverhub.problems import judge  # noqa: E402
from solverhub.problems.generators import generate  # noqa: E402
from solverhub.problems.route_bound import path_score  # noqa: E402
from tests.support.routes import best_chance, parsed, random_roads, simple_paths  # noqa: E402


def choose(count):
    """The oracle of the sets of `count` items."""

    def oracle(costs):
        x = np.zeros(costs.size)
        x[np.argsort(costs, kind="stable")[:count]] = 1
        return x

    return oracle


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_linear_objective_is_solved_from_wrong_costs(gradient):
    weights = torch.tensor([3.0, 1.0, 4.0, 1.5, 5.0, 9.0], dtype=torch.float64)
    search = Surrogate(
        lambda x: weights @ x,
        choose(2),
        np.array([1.0, 6.0, 2.0, 5.0, 3.0, 4.0]),
        Steps(gradient=gradient, draws=16),
        np.random.default_rng(0),
    )
    for _ in range(200):
        search.step()
    assert search.best.value == 2.5


def test_an_empty_set_gives_no_point():
    empty = Surrogate(
        lambda x: x.sum(), lambda costs: None, np.ones(3), Steps(), np.random.default_rng(0)
    )
    assert empty.step() is None
    assert empty.best is None


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (lambda x: x.sum() * float("nan"), "nan"),
        (lambda x: x, "one number"),
        (lambda x: 3.0, "one number"),
        (lambda x: torch.tensor(1.0), "differentiable"),
        (lambda x: torch.sqrt(x).sum(), "gradient"),
    ],
)
def test_a_bad_objective_is_told(objective, words):
    with pytest.raises(InvalidInstance, match=words):
        evaluate(objective, np.array([0.0, 1.0]))


def test_the_loss_of_routes_is_the_judges_score():
    rng = np.random.default_rng(2)
    for _ in range(20):
        instance = random_roads(rng, factors=2)
        for path in list(simple_paths(instance))[:5]:
            if not path.any():
                continue
            loss = float(score_loss(instance)(torch.from_numpy(path.astype(float))))
            score = path_score(instance.deadline, *instance.moments(path))
            assert loss == pytest.approx(-score, rel=1e-6, abs=1e-6)


def solve(name, instance, **budget):
    solver = catalog.solver("route-planning", name)
    return solver.solve(instance, Budget.start(20, **budget), params=solver.Params(), seed=0)


def test_correlated_small_graphs_are_mostly_solved():
    rng = np.random.default_rng(9)
    met = total = 0
    while total < 25:
        instance = random_roads(rng, factors=2)
        best = best_chance(instance)
        if best is None:
            assert solve("surco-zero", instance).termination.reason is Reason.INFEASIBLE
            continue
        result = judge.verify(solve("surco-zero", instance, iterations=60), parsed(instance))
        assert result.verified
        assert result.objective <= best * (1 + 1e-9)
        assert result.bound >= best
        total += 1
        met += result.objective >= best * (1 - 1e-9)
    assert met >= 20


@pytest.mark.parametrize("slack", [0.9, 1.0, 1.1])
def test_never_below_both_rules_of_thumb(slack):
    for seed in range(3):
        grid = generate("route-grid", seed, side=8, slack=slack, factors=4).instance
        found = solve("surco-zero", grid, iterations=30).objective
        rules = [solve(name, grid).objective for name in RULES_OF_THUMB]
        assert found >= max(rules) * (1 - 1e-9)


RULES_OF_THUMB = ("least-expected-time", "mean-plus-deviation")


def test_photonic_designs_improve():
    parsed = generate("waveguide-bend", side=10)
    solver = catalog.solver("photonic-design", "surco-zero")
    few, more = (
        solver.solve(
            parsed.instance,
            Budget.start(60, iterations=count, threads=1),
            params=solver.Params(),
            seed=0,
        )
        for count in (1, 40)
    )
    assert judge.verify(more, parsed).verified
    assert more.objective < few.objective


def test_a_second_moment_each_moves_all_costs_alike():
    moved = []
    for apart in (False, True):
        search = Surrogate(
            lambda x: (x * torch.tensor([1.0, 3.0, 1.0, 1.0])).sum(),
            choose(2),
            np.array([1.0, -1.0, 2.0, -2.0]),
            Steps(gradient="straight-through", rate=0.1, apart=apart),
            np.random.default_rng(0),
        )
        before = search.costs.copy()
        search.step()
        moved.append(np.abs(search.costs - before))
    assert moved[0][1] == pytest.approx(3 * moved[0][0])
    assert moved[1] == pytest.approx(0.1 * 1.5)


def test_costs_stay_within_their_largest_size():
    search = Surrogate(
        lambda x: x.sum(),
        choose(2),
        np.array([1.0, -1.0, 2.0, -2.0]),
        Steps(gradient="straight-through", rate=1.0, most=2.0, last_rate=0.2),
        np.random.default_rng(0),
    )
    for _ in range(30):
        search.step()
        assert np.abs(search.costs).max() <= 3.0
