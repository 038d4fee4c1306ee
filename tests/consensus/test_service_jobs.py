"""Agents whose prox is a job of a real server on loopback."""

import signal
import threading
import time

import numpy as np
import pytest
from scipy.sparse import csc_array

from solverhub import consensus
from solverhub.consensus import Constant, Delays, Status
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.problems.quadratic_program import QuadraticProgram


def network(extra=None):
    rng = np.random.default_rng(2)
    data = [(rng.standard_normal((6, 2)), rng.standard_normal(6)) for _ in range(3)]
    agents = {f"a{at}": consensus.LeastSquares(A, b) for at, (A, b) in enumerate(data)}
    agents.update(extra or {})
    A, b = np.concatenate([A for A, _ in data]), np.concatenate([b for _, b in data])
    edges = consensus.complete(agents)
    return consensus.Network(agents, edges), np.linalg.lstsq(A, b, rcond=None)[0]


@pytest.mark.parametrize("method", ["synchronous", "asynchronous"])
def test_agree_with_the_centralised_optimum_behind_a_straggler(live_server, method):
    whole, best = network()
    delays = Delays(compute={"a1": Constant(0.3)})
    outcome = consensus.solve(
        whole,
        Budget.start(120),
        method=method,
        runner="service",
        url=live_server.url,
        delays=delays,
        eps=1e-4,
    )
    assert outcome.converged
    np.testing.assert_allclose(outcome.mean, best, atol=1e-3)


def test_agents_with_constraints(live_server):
    boxed = QuadraticProgram(
        P=csc_array(np.eye(2)), q=np.array([-2.0, 1.0]), A=csc_array(np.eye(2)),
        l=np.zeros(2), u=np.ones(2),
    )  # fmt: skip
    agents = {"a": consensus.Quadratic(boxed), "b": consensus.LeastSquares(np.eye(2), np.ones(2))}
    whole = consensus.Network(agents, [("a", "b")])
    outcome = consensus.solve(
        whole, Budget.start(120), runner="service", url=live_server.url, eps=1e-4, rho=1.0
    )
    assert outcome.converged
    np.testing.assert_allclose(outcome.mean, [1.0, 0.0], atol=1e-3)


@pytest.mark.slow
def test_agents_of_a_service_that_dies_are_given_up_and_taken_back(live_server, own_server):
    whole, best = network()
    urls = {"a0": live_server.url, "a1": live_server.url, "a2": own_server.url}
    own_server.kill(signal.SIGKILL)
    lost = consensus.solve(
        whole, Budget.start(60), runner="service", url=urls, eps=1e-4, patience_s=2.0
    )
    assert lost.status is Status.PARTIAL
    assert lost.silent == ("a2",)
    back = threading.Thread(target=lambda: (time.sleep(1.0), own_server.start()))
    back.start()
    found = consensus.solve(
        whole, Budget.start(120), runner="service", url=urls, eps=1e-4, patience_s=100.0
    )
    back.join()
    assert found.converged
    np.testing.assert_allclose(found.mean, best, atol=1e-3)


def test_the_budget_ends_a_run_whose_service_does_not_answer():
    whole, _ = network()
    start = time.monotonic()
    outcome = consensus.solve(
        whole, Budget.start(1.0), runner="service", url="http://127.0.0.1:9", patience_s=100.0
    )
    assert outcome.status is Status.STOPPED
    assert time.monotonic() - start < 20


def test_what_a_service_cannot_serve_is_named():
    whole, _ = network({"odd": consensus.Lasso(np.eye(2), np.ones(2), 1.0)})
    with pytest.raises(InvalidParams, match="'odd' is a Lasso"):
        consensus.solve(whole, runner="service", url="http://127.0.0.1:9")
    known, _ = network()
    with pytest.raises(InvalidParams, match="no url"):
        consensus.solve(known, runner="service")
    with pytest.raises(InvalidParams, match="'a1' has no url"):
        consensus.solve(known, runner="service", url={"a0": "http://127.0.0.1:9"})
