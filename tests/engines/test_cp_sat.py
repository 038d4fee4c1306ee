import os
import threading
import time

import numpy as np
import pytest

from solverhub.core.errors import InvalidParams, SolverFailed
from solverhub.engines import cp_sat
from solverhub.engines.cp_sat import Model, Run, Status, parameters


def rows(*lists):
    ends = np.concatenate([[0], np.cumsum([len(row) for row in lists])])
    return ends, np.array([item for row in lists for item in row], np.int64)


def solve(model, **settings):
    seen, bounds = [], []
    run = Run(
        model,
        parameters(num_workers=1, **settings),
        on_solution=seen.append,
        on_bound=bounds.append,
    )
    return run.solve(), seen, bounds


def hard(n=45, seed=0):
    """A subset-sum problem of many equal rows, without an easy end."""
    rng = np.random.default_rng(seed)
    model = Model()
    model.booleans(n)
    weights = rng.integers(0, 1000, (4, n))
    model.linear(
        np.arange(5) * n,
        np.tile(np.arange(n), 4),
        weights.ravel(),
        (weights.sum(axis=1) // 2).tolist(),
        [None] * 4,
    )
    model.minimise(range(n), rng.integers(500, 600, n).tolist())
    return model


def test_every_form_of_row():
    model = Model()
    assert model.booleans(4) == 0
    number = model.integers([-3], [5])
    model.clauses(*rows([0, 1]))
    model.at_most_one(*rows([0, 1], [-3, 3]))
    model.exactly_one(*rows([2, 3]))
    model.linear(*rows([number, 0]), np.array([1, -2]), [0], [None], when=[None])
    model.linear(*rows([number]), np.array([1]), [2], [None], when=[2])
    model.minimise([number, 0], [1, 5])
    answer, seen, bounds = solve(model)
    assert answer.status is Status.OPTIMAL
    assert answer.bound == 2
    assert seen[-1].tolist() == [0, 1, 1, 0, 2]
    assert max(bounds) <= 2


def test_intervals_do_not_overlap():
    model = Model()
    starts = model.integers([0, 0, 0], [9, 9, 9])
    first = model.intervals(range(starts, starts + 3), [2, 3, 0])
    model.no_overlap(*rows([first, first + 1, first + 2]))
    model.minimise([0, 1, 2], [1, 1, -1])
    model.linear(*rows([2]), np.array([1]), [None], [4])
    answer, seen, _ = solve(model)
    assert answer.bound == 0 + 2 - 2
    first, second, point = seen[-1].tolist()
    assert (first, second - point) == (0, 0)
    assert second >= 2


def test_an_empty_clause_is_a_contradiction():
    model = Model()
    model.booleans(1)
    model.clauses(*rows([]))
    assert solve(model)[0].status is Status.INFEASIBLE


def test_the_objective_as_a_row_and_a_copy():
    model = Model()
    model.booleans(3)
    model.clauses(*rows([0, 1, 2]))
    model.minimise([0, 1, 2], [1, 1, 1])
    twin = model.copy()
    twin.objective_as_row(np.array([0, 1, 0]))
    answer, seen, _ = solve(twin, enumerate_all_solutions=True)
    assert {tuple(point) for point in seen} == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
    assert answer.bound is None
    assert solve(model)[0].bound == 1


def test_hints_and_floors():
    model = Model()
    model.integers([0], [100])
    model.minimise([0], [1])
    model.hint(np.array([40]))
    model.hint(np.array([41]))
    model.bound_objective(7)
    model.bound_objective(9)
    answer, seen, _ = solve(model)
    assert answer.bound == 9
    assert seen[-1].tolist() == [9]


def test_bounds_of_a_limited_run_do_not_pass_the_optimum():
    model = hard(25)
    optimum = solve(model)[0].bound
    for limit in (0.0, 0.001, 0.05):
        answer, _, bounds = solve(model, max_deterministic_time=limit)
        assert all(bound <= optimum for bound in bounds)
        assert answer.bound is None or answer.bound == optimum


def test_refused_models_and_parameters_are_told_apart():
    model = Model()
    model.integers([0], [2**60])
    model.linear(*rows([0]), np.array([64]), [0], [1])
    with pytest.raises(SolverFailed, match="overflow"):
        solve(model)
    fine = Model()
    fine.booleans(1)
    with pytest.raises(InvalidParams, match="num_workers"):
        Run(fine, parameters({"num_workers": -1}), on_solution=print).solve()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no_such_name", 1),
        ("copy_from", 1),
        ("__class__", 1),
        ("num_workers", "many"),
        ("num_workers", 1.5),
        ("log_search_progress", "perhaps"),
        ("search_branching", "NO_SUCH_SEARCH"),
        ("subsolvers", [1]),
    ],
)
def test_native_parameters_that_do_not_exist(name, value):
    with pytest.raises(InvalidParams, match="CP-SAT"):
        parameters({name: value})


def test_native_parameters_as_typed_and_as_given():
    given = parameters(
        {
            "num_workers": "3",
            "relative_gap_limit": "0.25",
            "cp_model_presolve": "false",
            "search_branching": "FIXED_SEARCH",
            "subsolvers": ["no_lp", "core"],
            "ignore_subsolvers": "max_lp",
        },
        num_workers=8,
        random_seed=5,
    )
    assert (given.num_workers, given.random_seed) == (3, 5)
    assert given.relative_gap_limit == 0.25
    assert not given.cp_model_presolve
    assert given.search_branching.name == "FIXED_SEARCH"
    assert list(given.subsolvers) == ["no_lp", "core"]
    assert list(given.ignore_subsolvers) == ["max_lp"]


def test_stop_before_and_during_a_solve():
    run = Run(hard(), parameters(num_workers=1), on_solution=lambda point: None)
    run.stop()
    assert run.solve().status in (Status.UNKNOWN, Status.FEASIBLE)
    run = Run(hard(60), parameters(num_workers=1), on_solution=lambda point: None)
    threading.Timer(0.5, run.stop).start()
    started = time.monotonic()
    run.solve()
    assert time.monotonic() - started < 10


def test_a_nice_run_yields_with_its_workers_but_nobody_else_does():
    own = os.getpriority(os.PRIO_PROCESS, 0)
    seen = []
    run = Run(
        hard(20),
        parameters(num_workers=4, stop_after_first_solution=True),
        on_solution=lambda point: seen.append(os.getpriority(os.PRIO_PROCESS, 0)),
        nice=3,
    )
    thread = threading.Thread(target=run.solve)
    thread.start()
    thread.join()
    assert set(seen) == {min(19, own + 3)}
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_log_lines_come_on_request(capfd):
    lines = []
    settings = parameters(num_workers=1, log_search_progress=True, log_to_stdout=False)
    Run(hard(15), settings, on_solution=lambda point: None, on_log=lines.append).solve()
    assert any("CP-SAT solver" in line for line in lines)
    assert capfd.readouterr().out == ""


def test_the_version_is_that_of_the_package():
    assert cp_sat.version().split(".")[0].isdigit()
