"""Threads and processes: the same answers, limits, errors and names."""

import threading
import time

import numpy as np
import pytest

from solverhub import consensus
from solverhub.consensus import Constant, Delays, Pareto, Pause, Status
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, SolverFailed
from solverhub.core.result import Limit

MS = Constant(0.001)


def _nan(v, rho):
    return v * np.nan if rho != 1.0 else v


def network(extra=None):
    rng = np.random.default_rng(0)
    data = [(rng.standard_normal((6, 4)), rng.standard_normal(6)) for _ in range(4)]
    agents = {f"a{at}": consensus.LeastSquares(A, b) for at, (A, b) in enumerate(data)}
    A, b = np.concatenate([A for A, _ in data]), np.concatenate([b for _, b in data])
    agents.update(extra or {})
    return consensus.Network(agents, consensus.ring(agents)), np.linalg.lstsq(A, b, rcond=None)[0]


@pytest.mark.parametrize("runner", ["threads", "processes"])
@pytest.mark.parametrize("method", ["synchronous", "asynchronous"])
@pytest.mark.parametrize("words", [Constant(0.0), Pareto(0.0005, 1.5)])
def test_agree_with_the_centralised_optimum(runner, method, words):
    whole, best = network()
    delays = Delays(every_compute=MS, every_message=words, compute={"a1": Constant(0.01)})
    outcome = consensus.solve(
        whole, Budget.start(60), runner=runner, method=method, delays=delays, eps=1e-8
    )
    assert outcome.converged
    assert min(outcome.messages.values()) > 0
    for x in outcome.x.values():
        np.testing.assert_allclose(x, best, atol=1e-6)


@pytest.mark.parametrize("runner", ["threads", "processes"])
def test_a_dropped_agent_is_named(runner):
    whole, _ = network()
    delays = Delays(every_compute=MS, compute={"a2": Pause(0.001, 0.02)})
    outcome = consensus.solve(
        whole, Budget.start(60), runner=runner, delays=delays, patience_s=0.5, eps=1e-9
    )
    assert outcome.status is Status.PARTIAL
    assert outcome.silent == ("a2",)


@pytest.mark.parametrize("runner", ["threads", "processes"])
def test_time_and_cancel_end_a_run(runner):
    whole, _ = network()
    slow = Delays(every_compute=Constant(100.0))
    start = time.monotonic()
    outcome = consensus.solve(whole, Budget.start(0.3), runner=runner, delays=slow)
    assert outcome.status is Status.STOPPED
    assert outcome.limit is Limit.TIME
    assert outcome.silent == tuple(whole.agents)
    flag = threading.Event()
    flag.set()
    outcome = consensus.solve(whole, Budget.start(60, cancel=flag), runner=runner, delays=slow)
    assert outcome.limit is Limit.CANCELLED
    assert time.monotonic() - start < 30
    assert not [t for t in threading.enumerate() if t.name.startswith("agent ")]


@pytest.mark.parametrize("runner", ["threads", "processes"])
def test_an_error_of_an_agent_ends_the_run(runner):
    whole, _ = network({"broken": consensus.Operator(4, _nan)})
    with pytest.raises(SolverFailed, match="'broken' returned nan"):
        consensus.solve(whole, Budget.start(60), runner=runner, rho=2.0)


def test_agents_that_cannot_be_sent_are_named():
    """With another thread about, processes are spawned and agents must be picklable."""
    whole, _ = network({"local": consensus.Operator(4, lambda v, rho: v)})
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with pytest.raises(InvalidParams, match="'local' cannot be sent"):
            consensus.solve(whole, Budget.start(60), runner="processes", rho=2.0)
        known, best = network()
        outcome = consensus.solve(known, Budget.start(60), runner="processes")
        assert outcome.converged
        np.testing.assert_allclose(outcome.mean, best, atol=1e-6)
    finally:
        done.set()
        thread.join()
