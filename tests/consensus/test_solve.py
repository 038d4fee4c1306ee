"""Agreement with the centralised optimum, whatever the graph, the order and the delays."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from solverhub import consensus
from solverhub.consensus import (
    Constant,
    Cycle,
    Delays,
    Growing,
    Pareto,
    Pause,
    Starve,
    Status,
    Uniform,
)
from solverhub.consensus.arock import delay_step
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidInstance, InvalidParams, SolverFailed
from solverhub.core.result import Limit

UNIT = Constant(1.0)
GRAPHS = {
    "ring": consensus.ring,
    "complete": consensus.complete,
    "star": lambda names: consensus.star("a0", names),
    "path": lambda names: consensus.ring(names)[:-1],
}
PATTERNS = {
    "none": Delays(every_compute=UNIT),
    "constant": Delays(every_compute=UNIT, every_message=Constant(5.0)),
    "cyclic": Delays(
        every_compute=Cycle((1.0, 3.0, 9.0)),
        every_message=Cycle((0.0, 40.0, 0.0, 0.0, 7.0)),
        compute={"a1": Cycle((9.0, 1.0))},
    ),
    "straggler": Delays(
        every_compute=UNIT, every_message=Constant(0.1), compute={"a2": Constant(10)}
    ),
    "random bounded": Delays(every_compute=Uniform(0.1, 5), every_message=Uniform(0, 9), seed=3),
    "heavy tail": Delays(every_compute=Pareto(0.3, 1.1), every_message=Pareto(0.1, 1.1), seed=4),
    "growing": Delays(every_compute=UNIT, every_message=Growing(0, 0.05)),
    "one growing": Delays(every_compute=UNIT, compute={"a1": Growing(1, 0.5)}),
    "growing words one way": Delays(every_compute=UNIT, message={("a0", "a1"): Growing(0, 0.03)}),
    "returns": Delays(every_compute=UNIT, compute={"a3": Pause(1, 30, 400)}),
    "starved in turn": Delays(
        every_compute=UNIT, compute={f"a{i}": Starve(1, 20, 1.01, odd=i < 2) for i in range(5)}
    ),
    "starved words": Delays(
        every_compute=UNIT,
        message={("a0", "a1"): Starve(0, 9, 1.01), ("a1", "a0"): Starve(0, 9, 1.01, odd=True)},
    ),
}


def least_squares(seed=0, n=4, agents=5, rows=3):
    rng = np.random.default_rng(seed)
    data = [
        (rng.standard_normal((rows, n)) * rng.uniform(0.5, 2), rng.standard_normal(rows))
        for _ in range(agents)
    ]
    held = {f"a{at}": consensus.LeastSquares(A, b) for at, (A, b) in enumerate(data)}
    A, b = np.concatenate([A for A, _ in data]), np.concatenate([b for _, b in data])
    return held, np.linalg.lstsq(A, b, rcond=None)[0]


def simulated(agents, edges, budget=None, **given):
    network = consensus.Network(agents, edges)
    budget = budget or Budget.start(60.0)
    return consensus.solve(network, budget, runner="simulated", **{"eps": 1e-8, **given})


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("method", ["synchronous", "asynchronous"])
def test_agrees_with_the_centralised_optimum(graph, method):
    agents, best = least_squares()
    outcome = simulated(agents, GRAPHS[graph](agents), method=method)
    assert outcome.converged
    assert outcome.limit is None
    assert outcome.silent == ()
    for x in outcome.x.values():
        np.testing.assert_allclose(x, best, atol=1e-6)
    total = sum(agent.objective(best) for agent in agents.values())
    assert outcome.objective == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("graph", ["ring", "complete", "path"])
def test_converges_under_every_delay_pattern(graph, pattern):
    for seed in range(2):
        agents, best = least_squares(seed)
        outcome = simulated(
            agents, GRAPHS[graph](agents), delays=PATTERNS[pattern], patience_s=math.inf, eps=1e-7
        )
        assert outcome.converged, (outcome.residuals, outcome.updates)
        np.testing.assert_allclose(outcome.mean, best, atol=1e-6)


@pytest.mark.parametrize("pattern", ["none", "straggler", "cyclic", "starved in turn", "returns"])
@pytest.mark.parametrize("graph", ["ring", "complete"])
def test_the_baseline_agrees_too_where_delays_are_bounded(graph, pattern):
    agents, best = least_squares()
    outcome = simulated(
        agents,
        GRAPHS[graph](agents),
        method="arock",
        delays=PATTERNS[pattern],
        patience_s=math.inf,
        eps=1e-7,
    )
    assert outcome.converged
    for x in outcome.x.values():
        np.testing.assert_allclose(x, best, atol=1e-5)


def test_the_baseline_pays_for_the_delays_it_must_allow():
    agents, _ = least_squares()
    found = [
        simulated(agents, consensus.ring(agents), method="arock", delay_bound=bound, eps=1e-6)
        for bound in (5, 50)
    ]
    assert all(outcome.converged for outcome in found)
    updates = [sum(outcome.updates.values()) for outcome in found]
    assert 2 * updates[0] < updates[1]
    assert delay_step(4, 0) < 1
    assert delay_step(4, 10) == pytest.approx(0.9 / 11)


def test_lockstep_does_not_depend_on_delays():
    agents, _ = least_squares()
    ends = [
        simulated(agents, consensus.ring(agents), Budget.start(60), method="synchronous", delays=d)
        for d in (PATTERNS["none"], PATTERNS["heavy tail"], PATTERNS["growing"])
    ]
    rounds = [max(end.updates.values()) for end in ends]
    assert max(rounds) - min(rounds) <= 3
    for end in ends[1:]:
        np.testing.assert_allclose(end.mean, ends[0].mean, atol=1e-7)


def test_a_simulation_is_the_same_twice():
    agents, _ = least_squares()
    runs = [
        simulated(agents, consensus.ring(agents), delays=PATTERNS["heavy tail"]) for _ in range(2)
    ]
    assert runs[0].wall_s == runs[1].wall_s
    assert runs[0].updates == runs[1].updates
    np.testing.assert_array_equal(runs[0].mean, runs[1].mean)


def test_names_and_order_do_not_matter():
    agents, _ = least_squares()
    edges = consensus.ring(agents)
    new = {name: f"other {at}" for at, name in enumerate(reversed(agents))}
    there = simulated(agents, edges, rho=1.0, delays=Delays(every_compute=UNIT))
    renamed = {new[name]: agents[name] for name in reversed(agents)}
    turned = [(new[other], new[name]) for name, other in edges]
    here = simulated(renamed, turned, rho=1.0, delays=Delays(every_compute=UNIT))
    assert here.wall_s == there.wall_s
    for name in agents:
        np.testing.assert_allclose(here.x[new[name]], there.x[name], atol=1e-12)


def test_asynchronous_is_quicker_behind_a_straggler():
    agents, _ = least_squares(agents=8, rows=6)
    delays = Delays(every_compute=UNIT, every_message=Constant(0.1), compute={"a3": Constant(10)})
    for graph in ("ring", "complete", "star"):
        edges = GRAPHS[graph](agents)
        free = simulated(agents, edges, delays=delays)
        waiting = simulated(agents, edges, delays=delays, method="synchronous")
        assert free.converged
        assert waiting.converged
        assert free.wall_s < waiting.wall_s


def test_an_agent_that_never_returns_is_named_and_the_rest_agree():
    agents, best = least_squares()
    outcome = simulated(
        agents,
        consensus.complete(agents),
        delays=Delays(every_compute=UNIT, compute={"a3": Pause(1, 8)}),
        patience_s=100.0,
    )
    assert outcome.status is Status.PARTIAL
    assert not outcome.converged
    assert outcome.silent == ("a3",)
    rest = [x for name, x in outcome.x.items() if name != "a3"]
    for x in rest:
        np.testing.assert_allclose(x, outcome.mean, atol=1e-6)
    assert np.abs(outcome.mean - best).max() > 1e-6


def test_an_agent_that_returns_after_it_was_given_up_is_taken_back():
    agents, best = least_squares()
    outcome = simulated(
        agents,
        consensus.ring(agents),
        eps=1e-10,
        delays=Delays(every_compute=UNIT, compute={"a3": Pause(1, 20, 40)}),
        patience_s=5.0,
    )
    assert outcome.converged
    np.testing.assert_allclose(outcome.mean, best, atol=1e-6)


def test_agents_behind_a_silent_one_come_to_a_standstill_in_lockstep():
    agents, _ = least_squares()
    outcome = simulated(
        agents,
        consensus.ring(agents),
        method="synchronous",
        delays=Delays(every_compute=UNIT, compute={"a3": Pause(1, 5)}),
    )
    assert outcome.status is Status.STOPPED
    assert outcome.limit is None
    assert outcome.residuals.consensus > 0


@pytest.mark.parametrize("kind", ["lasso", "logistic"])
def test_other_losses_agree_with_a_joint_solve(kind):
    rng = np.random.default_rng(1)
    agents = {}
    for at in range(4):
        A = rng.standard_normal((12, 5))
        b = A @ np.array([2.0, 0.0, -1.0, 0.0, 0.5]) + rng.standard_normal(12)
        lasso = kind == "lasso"
        agents[f"a{at}"] = (
            consensus.Lasso(A, b, 1.5) if lasso else consensus.Logistic(A, np.sign(b), 0.1)
        )
    outcome = simulated(agents, consensus.ring(agents), delays=PATTERNS["random bounded"])
    assert outcome.converged

    def total(x):
        return sum(agent.objective(x) for agent in agents.values())

    found = minimize(total, outcome.mean, method="Powell", options={"xtol": 1e-10, "ftol": 1e-14})
    assert outcome.objective <= found.fun + 1e-7


def test_one_agent_alone_minimises_its_own():
    agents, best = least_squares(agents=1, rows=9)
    for runner in ("simulated", "threads"):
        outcome = consensus.solve(consensus.Network(agents), Budget.start(30), runner=runner)
        assert outcome.converged
        np.testing.assert_allclose(outcome.mean, best, atol=1e-6)


def test_the_pace_falls_where_agents_make_no_progress():
    """Without a minimiser no step shrinks: the agents end in lockstep and say so."""
    agents = {
        "up": consensus.Operator(1, lambda v, rho: v + 1.0 / rho),
        "down": consensus.Operator(1, lambda v, rho: v + 0.5 / rho),
    }
    outcome = simulated(agents, [("up", "down")], Budget.start(60, iterations=40_000), rho=1.0)
    assert outcome.status is Status.STOPPED
    assert outcome.limit is Limit.ITERATIONS
    assert outcome.objective is None
    assert outcome.pace is not None


@pytest.mark.parametrize("runner", ["simulated", "threads"])
def test_nan_is_reported_with_the_name_of_the_agent(runner):
    agents, _ = least_squares()
    agents["broken"] = consensus.Operator(4, lambda v, rho: np.full(4, np.nan))
    network = consensus.Network(agents, consensus.ring(agents))
    with pytest.raises(SolverFailed, match="'broken' returned nan at entry 0"):
        consensus.solve(network, Budget.start(30), runner=runner, rho=1.0)


def test_an_exception_and_a_wrong_shape_name_the_agent():
    agents, _ = least_squares()
    agents["broken"] = consensus.Operator(4, lambda v, rho: 1 / 0)
    with pytest.raises(SolverFailed, match=r"agent 'broken' raised ZeroDivisionError"):
        simulated(agents, consensus.ring(agents))
    agents["broken"] = consensus.Operator(4, lambda v, rho: v[:2])
    with pytest.raises(InvalidInstance, match="'broken' returned shape"):
        simulated(agents, consensus.ring(agents))


@pytest.mark.parametrize(
    "given",
    [
        {"method": "gossip"},
        {"runner": "cloud"},
        {"rho": 0.0},
        {"rho": math.nan},
        {"eps": -1.0},
        {"relaxation": 1.0},
        {"delay_bound": 3},
        {"method": "arock", "delay_bound": -1},
        {"runner": "service"},
        {"patience_s": 0.0},
        {"start": np.zeros(3)},
    ],
)
def test_params_are_checked(given):
    agents, _ = least_squares()
    network = consensus.Network(agents, consensus.ring(agents))
    with pytest.raises(InvalidParams):
        consensus.solve(network, Budget.start(1), **{"runner": "simulated", **given})
