from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="SurCo needs torch")

from solverhub import catalog  # noqa: E402
from solverhub.core.budget import Budget  # noqa: E402
from solverhub.core.errors import InvalidParams  # noqa: E402
from solverhub.learned.surco import evaluate  # noqa: E402
from solverhub.learned.surco_domains import domain  # noqa: E402
from solverhub.learned.surco_sharding import (  # noqa: E402
    Sharding,
    device_times,
    indicator,
)
from solverhub.problems import families, judge  # noqa: E402
from solverhub.problems.generators import generate  # noqa: E402
from solverhub.problems.generators.sharding import random_tables  # noqa: E402
from solverhub.problems.sharding_instance import ShardingInstance  # noqa: E402
from tests.support.sharding import best_ms, random_task  # noqa: E402

TASKS = {
    "route-planning": ("route-grid", {"side": 4, "slack": 0.9, "factors": 3}),
    "table-sharding": ("random-tables", {"tables": 14}),
}


def solve(problem, name, instance, params=None, **budget):
    solver = catalog.solver(problem, name)
    given = solver.Params() if params is None else params
    return solver.solve(instance, Budget.start(20, threads=1, **budget), params=given, seed=0)


def test_the_torch_model_is_the_judges():
    rng = np.random.default_rng(0)
    for seed in range(5):
        instance = random_tables(9, seed)
        device = rng.integers(0, instance.devices, instance.n)
        x = indicator(instance, device)
        times = device_times(instance, torch.from_numpy(x)).numpy()
        assert times == pytest.approx(instance.device_ms(device), rel=1e-12)
        point = evaluate(Sharding().loss(instance), x.ravel())
        assert point.value == pytest.approx(instance.device_ms(device).max(), rel=1e-12)
        assert Sharding().value(instance, x.ravel()) == pytest.approx(point.value, rel=1e-12)


def test_tables_in_another_order_get_the_same_costs():
    domain_, order = Sharding(), np.random.default_rng(1).permutation(12)
    instance = random_tables(12, 3)
    columns = (instance.dim, instance.rows, instance.pooling, instance.reuse)
    other = ShardingInstance.of(
        *(column[order] for column in columns), instance.devices, instance.memory_bytes
    )
    torch.manual_seed(0)
    network = domain_.network({"width": 8, "rounds": 2})
    with torch.no_grad():
        network.leave.weight.normal_()
        ours = network(*domain_.features(instance)).reshape(12, -1)
        theirs = network(*domain_.features(other)).reshape(12, -1)
    assert torch.allclose(ours[order], theirs, atol=1e-5)


def test_zero_mostly_finds_the_best_of_every_placement():
    rng = np.random.default_rng(5)
    met = total = 0
    while total < 20:
        instance = random_task(rng, tight=bool(rng.random() < 0.5))
        best = best_ms(instance)
        if best is None:
            continue
        found = solve("table-sharding", "surco-zero", instance, iterations=100).objective
        assert found >= best * (1 - 1e-9)
        total += 1
        met += found <= best * (1 + 1e-9)
    assert met >= 14


@pytest.mark.parametrize("problem", TASKS)
def test_hybrid_begins_where_the_prior_ends(problem):
    name, sizes = TASKS[problem]
    sense = families.get(problem).sense(None)
    for seed in range(2):
        parsed = generate(name, seed, problem=problem, **sizes)
        prior = judge.verify(solve(problem, "surco-prior", parsed.instance), parsed)
        hybrid = solve(problem, "surco-hybrid", parsed.instance, iterations=6)
        hybrid = judge.verify(hybrid, parsed)
        assert prior.verified
        assert hybrid.verified
        assert not sense.better(prior.objective, hybrid.objective)


@pytest.mark.parametrize("slack", [0.9, 1.1])
def test_the_prior_is_never_below_the_least_expected_time(slack):
    for seed in range(4):
        parsed = generate("route-grid", seed, side=8, slack=slack, factors=6, strength=0.5)
        rule = solve("route-planning", "least-expected-time", parsed.instance)
        for name, budget in (("surco-prior", {}), ("surco-hybrid", {"iterations": 1})):
            found = solve("route-planning", name, parsed.instance, **budget)
            assert found.objective >= rule.objective


def test_the_prior_of_another_family_is_refused():
    instance = random_tables(5, 0)
    params = catalog.solver_class("table-sharding", "surco-prior").Params(
        "surco-prior-route-planning"
    )
    with pytest.raises(InvalidParams, match="route-planning"):
        solve("table-sharding", "surco-prior", instance, params)


@pytest.mark.parametrize(
    ("problem", "gradient"),
    [
        ("route-planning", "values"),
        ("table-sharding", "blackbox"),
        ("table-sharding", "imitation"),
    ],
)
def test_a_stopped_training_goes_on_to_the_same_weights(problem, gradient, tmp_path, monkeypatch):
    from solverhub.training.loop import train
    from solverhub.training.surco_prior import PRESETS, Run

    generator, sizes = TASKS[problem]

    def draw(_, rng):
        return generate(generator, int(rng.integers(1000)), problem=problem, **sizes).instance

    monkeypatch.setattr(type(domain(problem)), "draw", draw)

    small = {"batch": 2, "draws": 4, "updates": 2, "validation": 2, "validate_every": 1}
    preset = replace(PRESETS[problem], gradient=gradient, **small)
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole, first = Run(problem, preset, 0), Run(problem, preset, 0)
    train(whole, tmp_path / "whole")
    first.advance()
    first.save(tmp_path / "parts")
    second = Run(problem, preset, 0)
    assert second.restore(tmp_path / "parts")
    train(second, tmp_path / "parts")
    for ours, theirs in zip(whole.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    model = str(tmp_path / "whole")
    params = catalog.solver_class(problem, "surco-prior").Params(model)
    instance = generate(generator, 0, problem=problem, **sizes).instance
    assert solve(problem, "surco-prior", instance, params).solution is not None


def test_a_domain_without_targets_cannot_imitate():
    from solverhub.training.surco_prior import Preset, Run

    with pytest.raises(InvalidParams, match="imitate"):
        Run("route-planning", Preset({"width": 4}, "imitation", validation=1), 0)


def test_training_and_test_seeds_are_apart():
    from solverhub.bench.surrogate import SEED

    drawn = []

    class Spy(np.random.Generator):
        def integers(self, *args, **kwargs):
            drawn.append(args[-1])
            return super().integers(*args, **kwargs)

    for problem in TASKS:
        domain(problem).draw(Spy(np.random.PCG64(0)))
    assert max(drawn) <= SEED
