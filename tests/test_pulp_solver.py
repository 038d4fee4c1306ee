"""PuLP models through solverhub, against PuLP's own CBC."""

import numpy as np
import pulp
import pytest

import solverhub
from solverhub.core.errors import InvalidInstance
from solverhub.pulp_model import parsed_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulp")


def random_model(seed, *, integers, maximise=False):
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 7)), int(rng.integers(1, 6))
    model = pulp.LpProblem(f"random{seed}", pulp.LpMaximize if maximise else pulp.LpMinimize)
    cats = ["Integer", "Binary", "Continuous"] if integers else ["Continuous"]
    xs = []
    for j in range(n):
        low = None if rng.random() < 0.2 else int(rng.integers(-5, 3))
        high = (low or 0) + int(rng.integers(1, 9)) if rng.random() < 0.8 else 20
        xs.append(pulp.LpVariable(f"x{j}", low, high, cat=str(rng.choice(cats))))
    model += pulp.lpSum(int(rng.integers(-9, 10)) * x for x in xs) + int(rng.integers(-3, 4))
    for i in range(m):
        left = pulp.lpSum(int(rng.integers(-4, 5)) * x for x in xs) + int(rng.integers(-2, 3))
        right = int(rng.integers(-3, 15))
        kind = rng.integers(0, 5)
        model += (
            (left == right if kind == 0 else left <= right if kind < 3 else left >= -right),
            f"r{i}",
        )
    return model


def answers(model):
    return (
        pulp.LpStatus[model.status],
        None if model.status != 1 else pulp.value(model.objective),
    )


@pytest.mark.parametrize("seed", range(40))
def test_random_models_get_the_answer_of_cbc(seed):
    model = random_model(seed, integers=seed % 4 != 0, maximise=seed % 2 == 1)
    model.solve(pulp.PULP_CBC_CMD(msg=0))
    status, objective = answers(model)
    solver = solverhub.PulpSolver()
    model.solve(solver)
    found_status, found = answers(model)
    if status in ("Infeasible", "Unbounded", "Undefined"):
        assert found_status in ("Infeasible", "Unbounded")
        return
    assert found_status == status
    assert found == pytest.approx(objective, abs=1e-6, rel=1e-6)
    assert solver.result.verified
    assert float(solver.result.objective) == pytest.approx(found, abs=1e-6)
    for variable in model.variables():
        if variable.cat == "Integer":
            assert variable.varValue == int(variable.varValue)
    assert model.valid(1e-5)


@pytest.mark.parametrize("maximise", [False, True])
def test_duals_reduced_costs_and_slacks_are_those_of_cbc(maximise):
    sign = -1 if maximise else 1
    model = pulp.LpProblem("diet", pulp.LpMaximize if maximise else pulp.LpMinimize)
    a, b, c = (pulp.LpVariable(name, 0, 10) for name in "abc")
    model += sign * (4 * a + 3 * b + 7 * c) + 2
    model += 2 * a + b + 3 * c >= 12, "protein"
    model += a + 2 * b + c >= 7, "fibre"
    model += a + b + c <= 9, "weight"

    def numbers():
        reduced = {v.name: v.dj for v in model.variables()}
        rows = {name: (r.pi, r.slack) for name, r in model._constraints.items()}
        return [*reduced.values(), *(value for pair in rows.values() for value in pair)]

    model.solve(pulp.PULP_CBC_CMD(msg=0))
    expected = numbers()
    model.solve(solverhub.PulpSolver())
    assert numbers() == pytest.approx(expected, abs=1e-6)


def test_a_mixed_program_has_no_duals():
    model = random_model(1, integers=True)
    model.solve(pulp.PULP_CBC_CMD(msg=0))
    model.solve(solverhub.PulpSolver())
    assert all(row.pi is None for row in model._constraints.values())


def test_infeasible_and_unbounded_have_their_statuses():
    x = pulp.LpVariable("x", 0, 5, cat="Integer")
    model = pulp.LpProblem("none")
    model += x
    model += x >= 6
    assert model.solve(solverhub.PulpSolver()) == pulp.LpStatusInfeasible
    assert model.sol_status == pulp.constants.LpSolutionInfeasible
    assert x.varValue is None
    y = pulp.LpVariable("y", 0)
    model = pulp.LpProblem("much", pulp.LpMaximize)
    model += y
    assert model.solve(solverhub.PulpSolver()) == pulp.LpStatusUnbounded


def test_a_solution_without_proof_is_told_as_pulp_does():
    rng = np.random.default_rng(3)
    weights = rng.integers(100, 1000, (3, 60))
    model = pulp.LpProblem("knapsack", pulp.LpMaximize)
    x = [pulp.LpVariable(f"x{j:02}", cat="Binary") for j in range(60)]
    model += pulp.lpSum(int(v) * z for v, z in zip(rng.integers(100, 1000, 60), x, strict=True))
    for row in weights:
        model += pulp.lpSum(int(w) * z for w, z in zip(row, x, strict=True)) <= int(row.sum()) // 2
    solver = solverhub.PulpSolver(time_limit=0.4)
    status = model.solve(solver)
    assert status == pulp.LpStatusOptimal
    expected = {"optimal": 1, "feasible": pulp.constants.LpSolutionIntegerFeasible}
    assert model.sol_status == expected[solver.result.termination.reason.value]


def test_an_empty_objective_and_a_constant_one():
    x = pulp.LpVariable("x", 1, 3, cat="Integer")
    model = pulp.LpProblem("feasibility")
    model += x >= 2
    assert model.solve(solverhub.PulpSolver()) == pulp.LpStatusOptimal
    assert x.varValue in (2, 3)
    model += pulp.LpAffineExpression(5)
    assert model.solve(solverhub.PulpSolver()) == pulp.LpStatusOptimal


def test_variables_of_one_name_stay_apart():
    a, b, c = (pulp.LpVariable(name, 0, high) for name, high in (("x", 1), ("x", 2), ("x_2", 4)))
    model = pulp.LpProblem("twins", pulp.LpMaximize)
    model += a + b + c
    model += a + b + c <= 100
    parsed = parsed_of(model)
    assert sorted(parsed.naming.items) == ["x", "x_2", "x_3"]
    assert parsed.warnings
    solver = solverhub.PulpSolver()
    model.solve(solver)
    assert (a.varValue, b.varValue, c.varValue) == (1, 2, 4)
    assert sorted(solver.result.answer["values"].values()) == [1, 2, 4]


def test_integrality_can_be_relaxed():
    x = pulp.LpVariable("x", 0, 5, cat="Integer")
    model = pulp.LpProblem("half", pulp.LpMaximize)
    model += x
    model += 2 * x <= 5
    model.solve(solverhub.PulpSolver(mip=False))
    assert x.varValue == pytest.approx(2.5)
    model.solve(solverhub.PulpSolver())
    assert x.varValue == 2


def test_special_ordered_sets_are_refused_by_name():
    x, y = pulp.LpVariable("x", 0, 1), pulp.LpVariable("y", 0, 1)
    model = pulp.LpProblem("sets")
    model += x + y
    model.sos1["either"] = {x: 1, y: 2}
    with pytest.raises(InvalidInstance, match="'either'"):
        model.solve(solverhub.PulpSolver())


def test_a_warm_start_is_not_lost():
    x = [pulp.LpVariable(f"x{j}", cat="Binary") for j in range(4)]
    model = pulp.LpProblem("start", pulp.LpMaximize)
    model += pulp.lpSum(x)
    model += pulp.lpSum(x) <= 2
    for variable, value in zip(x, (0, 1, 1, 0), strict=True):
        variable.setInitialValue(value)
    solver = solverhub.PulpSolver(warmStart=True, time_limit=0)
    model.solve(solver)
    assert pulp.value(model.objective) == 2


def test_a_named_solver_and_its_parameters_are_used():
    model = random_model(4, integers=True)
    solver = solverhub.PulpSolver(solver="highs", params={"log": True}, gapRel=0.1, threads=1)
    model.solve(solver.copy())
    model.solve(solver)
    assert solver.result.solver == "highs"
    assert solver.result.provenance.params["log"] is True
    assert solver.result.provenance.threads == 1


def test_msg_prints_one_line(capsys):
    random_model(5, integers=True).solve(solverhub.PulpSolver(msg=True))
    assert capsys.readouterr().out.startswith("solverhub: ")


@pytest.mark.parametrize("seed", [2, 3, 5, 6])
def test_a_service_gives_the_same_answer(live_server, seed):
    model = random_model(seed, integers=seed % 2 == 0, maximise=seed > 3)
    here, there = solverhub.PulpSolver(), solverhub.PulpSolver(live_server.url)

    def answer(solver):
        model.solve(solver)
        rows = [(row.slack, row.pi) for row in model._constraints.values()]
        return answers(model), [variable.dj for variable in model.variables()], rows

    (status, objective), *here_duals = answer(here)
    (found_status, found), *there_duals = answer(there)
    assert found_status == status
    assert found == (None if objective is None else pytest.approx(objective))
    if seed % 2:
        assert here_duals == there_duals
