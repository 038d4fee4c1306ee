"""One contract for every solver of the catalog, whatever its method."""

import math
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.events import EventKind
from solverhub.core.result import BoundCheck, Guarantee, Limit, Reason, Result
from solverhub.problems import families, judge
from solverhub.problems.generators import generate

ENTRIES = [
    entry
    for entry in catalog.entries()
    if not catalog.missing(catalog.solver_class(entry.problem, entry.name))
]
SMALL = {
    "ilp": ("set-cover", {"rows": 12, "columns": 20, "density": 0.25}),
    "maximum-independent-set": ("er", {"n": 18, "p": 0.3}),
    "maximum-clique": ("er", {"n": 18, "p": 0.5}),
    "minimum-vertex-cover": ("er", {"n": 18, "p": 0.3}),
    "minimum-dominating-set": ("er", {"n": 18, "p": 0.2}),
    "max-cut": ("er", {"n": 14, "p": 0.4}),
    "correlation-clustering": ("er", {"n": 14, "p": 0.4, "signed": True}),
    "cubic-correlation-clustering": ("planted-triples", {"n": 2, "alpha": 0.6}),
    "min-max-correlation-clustering": ("er", {"n": 14, "p": 0.4}),
    "edge-coloured-clustering": ("planted-colours", {"n": 20, "m": 40}),
    "job-shop": ("random-job-shop", {"n_jobs": 4, "n_machines": 3}),
    "route-planning": ("route-grid", {"side": 4, "slack": 0.9}),
    "photonic-design": ("waveguide-bend", {"side": 10, "shift": 1}),
    "table-sharding": ("random-tables", {"tables": 10}),
    "metric-nearness": ("product-distances", {"n": 12}),
    "qp": ("random-qp", {"n": 12, "rows": 20, "density": 0.4}),
}
LARGE = {
    "ilp": ("set-cover", {"rows": 400, "columns": 800, "density": 0.05}),
    "maximum-independent-set": ("er", {"n": 400, "p": 0.1}),
    "maximum-clique": ("er", {"n": 250, "p": 0.7}),
    "minimum-vertex-cover": ("er", {"n": 400, "p": 0.1}),
    "minimum-dominating-set": ("er", {"n": 400, "p": 0.03}),
    "max-cut": ("er", {"n": 200, "p": 0.2}),
    "correlation-clustering": ("er", {"n": 400, "p": 0.1}),
    "cubic-correlation-clustering": ("planted-triples", {"n": 12, "alpha": 1.0}),
    "min-max-correlation-clustering": ("er", {"n": 400, "p": 0.1}),
    "edge-coloured-clustering": ("planted-colours", {"n": 1000, "m": 4000, "noise": 0.6}),
    "job-shop": ("random-job-shop", {"n_jobs": 20, "n_machines": 15}),
    "route-planning": ("route-grid", {"side": 60, "slack": 0.9}),
    "photonic-design": ("mode-converter", {"side": 40}),
    "table-sharding": ("random-tables", {"tables": 120, "devices": 8}),
    "metric-nearness": ("product-distances", {"n": 600}),
    "qp": ("random-qp", {"n": 400, "rows": 800, "density": 0.1}),
}


ONE_PASS = {
    *("correlation-metric", "least-expected-time", "mean-plus-deviation"),
    *("greedy", "balance-by-dimension", "surco-prior"),
    *("majority-vote", "pitt-colouring", "match-colouring"),
}
"""Solvers that end by themselves with a solution and no proof."""
GRAPHS = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
    "max-cut",
    "correlation-clustering",
)


def instance_of(entry, sizes, seed=0):
    """A generated instance, with no integer column or with nothing else where a solver asks it."""
    name, fields = sizes[entry.problem]
    parsed = generate(name, seed, problem=entry.problem, **fields)
    serves = getattr(catalog.solver(entry.problem, entry.name), "serves", None)
    if entry.problem == "metric-nearness":
        forms = [replace(parsed.instance, norm=norm) for norm in ("l2", "l1", "linf")]
        return replace(parsed, instance=next(form for form in forms if serves(form) is None))
    if serves is not None and serves(parsed.instance) is not None:
        whole = np.full_like(parsed.instance.integer, not parsed.instance.integer.any())
        parsed = replace(parsed, instance=replace(parsed.instance, integer=whole))
    return parsed


def run(entry, parsed, *, seed=0, observe=lambda event: None, warm_start=None, **budget):
    solver = catalog.solver(entry.problem, entry.name)
    return solver.solve(
        parsed.instance,
        Budget.start(**{"threads": 1, "deterministic": True, **budget}),
        params=solver.Params(),
        seed=seed,
        warm_start=warm_start,
        observe=observe,
    )


def enough(entry):
    """A budget for a small instance: a search that proves nothing uses all that it gets."""
    if entry.peer and entry.problem in GRAPHS:
        return {"time_s": 3.0}
    if catalog.solver_class(entry.problem, entry.name).guarantee is Guarantee.EXACT:
        return {"time_s": 30.0}
    return {"time_s": 30.0, "iterations": 20 if entry.problem in GRAPHS else 200}


def _limits(entry, limit):
    """What may have ended a run without a proof; those that converge may end by themselves."""
    if entry.name in ONE_PASS:
        return (None,)
    converges = (entry.problem, entry.name) == ("correlation-clustering", "project-forget")
    own_end = converges or (entry.peer and entry.problem in GRAPHS)
    return (limit, None) if own_end else (limit,)


def _each():
    for entry in ENTRIES:
        slow = entry.peer and entry.problem in GRAPHS
        marks = pytest.mark.slow if slow else ()
        yield pytest.param(entry, id=f"{entry.problem}/{entry.name}", marks=marks)


@pytest.fixture(params=_each())
def entry(request):
    return request.param


def test_the_class_describes_itself(entry):
    solver = catalog.solver_class(entry.problem, entry.name)
    assert solver.name == entry.name
    assert solver.title
    assert isinstance(solver.guarantee, Guarantee)
    assert set(solver.devices) <= {"cpu", "cuda"}
    assert solver.devices
    assert all(isinstance(name, str) for name in solver.requires)
    for described in solver.Params.describe():
        assert set(described) == {"name", "type", "default"}


def test_small_instances_are_solved_as_guaranteed(entry):
    parsed = instance_of(entry, SMALL)
    events = []
    result = run(entry, parsed, **enough(entry), observe=events.append)
    assert isinstance(result, Result)
    assert result.verified is None, "verified is the judge's to write"
    problem = families.get(entry.problem)
    dtype, shape = problem.solution_form(parsed.instance)
    assert (result.solution.dtype, result.solution.shape) == (dtype, shape)
    assert problem.violations(parsed.instance, result.solution) == []
    assert problem.objective(parsed.instance, result.solution) == pytest.approx(result.objective)
    checked = judge.verify(result, parsed)
    assert checked.verified
    if catalog.solver_class(entry.problem, entry.name).guarantee is Guarantee.EXACT:
        assert checked.termination.reason is Reason.OPTIMAL
        assert checked.bound_check in BoundCheck
    found = [event.objective for event in events if event.kind is EventKind.INCUMBENT]
    assert found
    assert found[-1] == pytest.approx(result.objective)
    walls = [point.wall_s for point in result.trace]
    assert walls == sorted(walls)


def test_bounds_are_on_the_right_side(entry):
    for seed in range(3):
        parsed = instance_of(entry, SMALL, seed)
        best = run(entry, parsed, **enough(entry))
        early = run(entry, parsed, **{**enough(entry), "iterations": 1})
        sense = families.get(entry.problem).sense(parsed.instance)
        for result in (best, early):
            if result.bound is not None and best.objective is not None:
                slack = 1e-6 * max(1, abs(best.objective))
                assert sense.sign * (result.bound - best.objective) <= slack


def test_the_deadline_holds(entry):
    parsed = instance_of(entry, LARGE)
    run(entry, parsed, time_s=0.2)
    start = time.monotonic()
    result = run(entry, parsed, time_s=1.0)
    overrun = time.monotonic() - start - 1.0
    assert overrun < 5, "the deadline was passed by more than a shared machine explains"
    if result.termination.reason in (Reason.FEASIBLE, Reason.NO_SOLUTION):
        assert result.termination.limit in _limits(entry, Limit.TIME)
    if result.solution is not None:
        assert judge.verify(result, parsed).verified


def test_no_time_at_all_is_an_answer_too(entry):
    parsed = instance_of(entry, LARGE)
    result = run(entry, parsed, time_s=0)
    assert result.termination.reason in set(Reason) - {Reason.INFEASIBLE, Reason.UNBOUNDED}
    assert judge.verify(result, parsed).verified in (True, None)


def test_cancel_is_obeyed(entry):
    parsed = instance_of(entry, LARGE)
    flag = threading.Event()
    timer = threading.Timer(0.5, flag.set)
    timer.start()
    start = time.monotonic()
    result = run(entry, parsed, time_s=60, cancel=flag)
    waited = time.monotonic() - start
    timer.cancel()
    if result.termination.reason in (Reason.FEASIBLE, Reason.NO_SOLUTION):
        assert result.termination.limit in _limits(entry, Limit.CANCELLED)
    assert waited < 10


def test_equal_seeds_give_equal_answers(entry):
    parsed = instance_of(entry, SMALL, 1)
    first, second = (run(entry, parsed, seed=5, **enough(entry)) for _ in range(2))
    assert first.deterministic
    assert np.array_equal(first.solution, second.solution)
    assert first.objective == second.objective


def test_a_warm_start_is_never_lost(entry):
    parsed = instance_of(entry, LARGE)
    problem = families.get(entry.problem)
    known = run(entry, instance_of(entry, LARGE), time_s=1)
    if known.solution is None:
        pytest.skip("no solution within the time to start from")
    again = run(entry, parsed, time_s=0.3, warm_start=known.solution)
    sense = problem.sense(parsed.instance)
    assert again.objective is not None
    assert not sense.better(known.objective, again.objective) or math.isclose(
        known.objective, again.objective
    )
