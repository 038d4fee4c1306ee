"""Clarabel and PIQP, through the same form and answer."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from solverhub.core.errors import InvalidParams
from solverhub.engines import clarabel, piqp
from solverhub.engines.qp_answer import Status

ENGINES = (clarabel, piqp)


def stationarity(form, answer):
    pulls = form.E.T @ answer.equal + form.G.T @ answer.rows + answer.bounds
    return np.abs(form.P @ answer.x + form.q + pulls).max()


@pytest.mark.parametrize("engine", ENGINES)
def test_multipliers_have_the_stated_signs(engine, bounded_form):
    answer = engine.Run(bounded_form, eps=1e-10).solve()
    assert answer.status is Status.OPTIMAL
    assert answer.whole
    assert stationarity(bounded_form, answer) < 1e-7
    assert bounded_form.E @ answer.x == pytest.approx(bounded_form.b)
    upper = np.concatenate([answer.rows, answer.bounds]) > 1e-6
    slack = np.concatenate(
        [bounded_form.high - bounded_form.G @ answer.x, bounded_form.upper - answer.x]
    )
    assert (slack[upper] < 1e-6).all()
    lower = answer.bounds < -1e-6
    assert (answer.x[lower] < 1e-6).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_an_infeasible_form_gives_a_certificate(engine, bounded_form):
    form = replace(bounded_form, lower=np.array([0.6, 0.6, 0.0]))
    answer = engine.Run(form, eps=1e-9).solve()
    assert answer.status is Status.INFEASIBLE
    if engine is clarabel:
        pulls = form.E.T @ answer.equal + form.G.T @ answer.rows + answer.bounds
        assert np.abs(pulls).max() < 1e-6 * max(1, np.abs(answer.equal).max())


@pytest.mark.parametrize("engine", ENGINES)
def test_an_unbounded_form_is_told(engine, bounded_form):
    flat = csc_matrix(np.diag([1.0, 1.0, 0.0]))
    form = replace(bounded_form, P=flat, q=np.array([0.0, 0.0, -1.0]))
    assert engine.Run(form, eps=1e-9).solve().status is Status.UNBOUNDED


@pytest.mark.parametrize("engine", ENGINES)
def test_iterations_are_limited(engine, bounded_form):
    answer = engine.Run(bounded_form, eps=1e-10, iterations=2).solve()
    assert answer.status is Status.ITERATIONS
    assert answer.iterations <= 2


def test_clarabel_stops_when_asked(bounded_form):
    run = clarabel.Run(bounded_form, eps=1e-10)
    run.stop()
    assert run.solve().status is Status.STOPPED


def test_clarabel_ends_before_its_time_is_over(bounded_form):
    assert clarabel.Run(bounded_form, eps=1e-10, time_s=0.0).solve().status in (
        Status.TIME,
        Status.STOPPED,
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_unknown_settings_are_refused(engine):
    with pytest.raises(InvalidParams, match="nonsense"):
        engine.check({"nonsense": 1})
    engine.check({"max_iter": 7})


def test_both_factorisations_agree(bounded_form):
    found = [
        clarabel.Run(bounded_form, eps=1e-10, native={"direct_solve_method": name}).solve().x
        for name in ("qdldl", "faer")
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-8)


def test_a_denser_factor_is_estimated_to_take_longer(bounded_form):
    n = 60
    dense = replace(
        bounded_form,
        P=csc_matrix(np.ones((n, n)) + n * np.eye(n)),
        q=np.zeros(n),
        E=csc_matrix((0, n)),
        b=np.zeros(0),
        G=csc_matrix((0, n)),
        low=np.zeros(0),
        high=np.zeros(0),
        lower=np.zeros(n),
        upper=np.ones(n),
    )
    sparse = replace(dense, P=csc_matrix(np.eye(n)))
    assert clarabel.factor_seconds(dense) > clarabel.factor_seconds(sparse)
