import numpy as np
import pytest
from scipy.sparse import csr_array

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, UnknownName
from solverhub.core.problem import Parsed
from solverhub.core.result import Sense
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.problems.graph import Graph
from solverhub.problems.integer_program import IntegerProgram
from solverhub.problems.job_shop import ShopInstance
from solverhub.routing.features import features, usable
from solverhub.routing.route import load, route
from solverhub.routing.rules import RULES


def program(integer, coefficients=1.0):
    n = len(integer)
    return Parsed(
        families.get("ilp"),
        IntegerProgram(
            sense=Sense.MINIMISE,
            c=np.ones(n),
            A=csr_array(np.ones((2, n)) * coefficients),
            row_lower=np.ones(2),
            row_upper=np.full(2, np.inf),
            lower=np.zeros(n),
            upper=np.ones(n),
            integer=np.array(integer, dtype=bool),
        ),
    )


INSTANCES = {
    "linear": program([0, 0, 0]),
    "pure": program([1, 1, 1], coefficients=[[1.0, 2.0, 3.0]]),
    "cover": program([1, 1, 1]),
    "mixed": program([1, 0, 1]),
    "graph": Parsed(families.get("max-cut"), Graph.from_edges(3, [0, 1], [1, 2])),
    "shop": Parsed(families.get("job-shop"), ShopInstance.from_jobs([[(0, 3)], [(0, 4)]])),
}


@pytest.mark.parametrize("name", INSTANCES)
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("deterministic", [False, True])
def test_every_plan_can_be_run_and_says_why(name, threads, deterministic):
    parsed = INSTANCES[name]
    plan = route(parsed, Budget.start(10, threads=threads, deterministic=deterministic))
    assert plan.why
    assert all(1 <= arm.threads <= threads for arm in plan.arms)
    assert len({arm.solver for arm in plan.arms}) == len(plan.arms)
    for arm in plan.arms:
        assert usable(parsed, arm.solver)
        catalog.solver(parsed.problem.name, arm.solver).Params.from_mapping(arm.params)
    if threads == 1 or deterministic:
        assert len(plan.arms) == 1


def test_linear_programs_go_to_highs_with_all_threads():
    (arm,) = route(INSTANCES["linear"], Budget.start(10, threads=4)).arms
    assert (arm.solver, arm.threads) == ("highs", 4)


def test_whole_numbered_programs_race():
    for threads in (2, 6):
        plan = route(INSTANCES["pure"], Budget.start(10, threads=threads))
        assert [(arm.solver, arm.threads) for arm in plan.arms] == [
            ("cp-sat", threads),
            ("highs", 1),
        ]


def packing(n, edges, sense=Sense.MAXIMISE):
    rows = np.zeros((len(edges), n))
    for i, edge in enumerate(edges):
        rows[i, list(edge)] = 1
    return Parsed(
        families.get("ilp"),
        IntegerProgram(
            sense=sense,
            c=np.ones(n),
            A=csr_array(rows),
            row_lower=np.full(len(edges), -np.inf),
            row_upper=np.ones(len(edges)),
            lower=np.zeros(n),
            upper=np.ones(n),
            integer=np.ones(n, bool),
        ),
    )


def test_edges_and_covers_go_to_the_search_of_their_problem_unless_it_is_switched_off():
    graph = packing(6, [(0, 1), (1, 2), (3, 4), (4, 5)])
    auction = packing(6, [(0, 1, 2, 3), (1, 2, 3, 4, 5)])
    budget = Budget.start(10, threads=2)
    for parsed in (graph, INSTANCES["cover"], auction):
        assert "structure-search" in route(parsed, budget).name
        plan = route(parsed, budget, params={"structure": "false"})
        assert "structure-search" not in plan.name
        assert all("structure" not in arm.params for arm in plan.arms)
    with pytest.raises(InvalidParams):
        route(graph, budget, params={"structure": "perhaps"})
    with pytest.raises(InvalidParams):
        route(INSTANCES["graph"], budget, params={"structure": False})


def test_large_programs_have_a_search_beside_a_bound():
    budget = Budget.start(10, threads=2)
    for name in ("vertex-cover", "auction", "set-cover"):
        parsed = generate(name, 1)
        found = [arm.solver for arm in route(parsed, budget).arms]
        assert found[0] == "structure-search"
        assert "highs" in found
        plain = route(parsed, budget, params={"structure": False})
        assert {"lns", "highs"} <= {arm.solver for arm in plain.arms}


def test_large_graphs_and_packings_on_one_thread_go_to_their_search():
    for parsed in (generate("independent-set", 1, n=4000), generate("auction", 1)):
        assert route(parsed, Budget.start(10, threads=1)).name == "structure-search"


def test_a_solver_that_cannot_serve_the_instance_does_not_run():
    parsed = program([1, 1, 1], coefficients=np.sqrt([2.0, 3.0, 5.0]))
    assert not usable(parsed, "cp-sat")
    plan = route(parsed, Budget.start(10, threads=2))
    assert "cp-sat" not in plan.name


def test_a_name_is_taken_at_its_word():
    plan = route(INSTANCES["pure"], Budget.start(10, threads=3), "highs", {"log": True})
    (arm,) = plan.arms
    assert (arm.solver, arm.threads, dict(arm.params)) == ("highs", 3, {"log": True})
    with pytest.raises(UnknownName, match="cp-sat"):
        route(INSTANCES["pure"], Budget.start(10), "magic")


def test_auto_hands_parameters_to_the_arms_that_know_them():
    budget = Budget.start(10, threads=2)
    plan = route(INSTANCES["pure"], budget, params={"pool": 2, "workers": 1})
    given = {arm.solver: dict(arm.params) for arm in plan.arms}
    assert given == {"highs": {"pool": 2}, "cp-sat": {"pool": 2, "workers": 1}}
    with pytest.raises(InvalidParams, match="'magic'"):
        route(INSTANCES["pure"], budget, params={"magic": 1})


def test_every_rule_names_known_solvers_and_problems():
    for rule in RULES:
        assert rule.when
        for problem in rule.problems:
            for share in rule.shares:
                assert share.solver in catalog.names(problem)


def test_the_last_rule_of_every_family_has_no_condition():
    last = {problem: rule for rule in RULES for problem in rule.problems}
    assert all(rule.when in ("otherwise", "always") for rule in last.values())
    assert set(last) >= {"ilp", "max-cut", "job-shop"}


def test_features_count_rows_by_kind():
    seen = features(INSTANCES["cover"], Budget.start(10, threads=2))
    assert seen.rows_of("set_covering") == 1.0
    assert seen.pure_integer
    assert not seen.linear
    assert not features(INSTANCES["mixed"], Budget.start(10)).pure_integer


def test_an_instance_is_summed_up_once(monkeypatch):
    parsed = generate("ba", 1, problem="max-cut", n=30, m=2)
    first = route(parsed, Budget.start(10, threads=1))
    monkeypatch.setattr(type(parsed.problem), "summary", None)
    assert route(parsed, Budget.start(10, threads=1)) == first


def test_one_thread_branches_where_that_proves():
    dense = generate("rb-small", 1, problem="maximum-independent-set")
    sparse = generate("ba", 1, problem="maximum-independent-set", n=300, m=2)
    clique = generate("rb-large", 1, problem="maximum-clique")
    alone = Budget.start(40, threads=1)
    assert route(dense, alone).name == "vertex-cover-search"
    assert route(sparse, alone).name == "cp-sat"
    assert route(clique, alone).name == "vertex-cover-search"


def test_compiled_code_is_started_before_a_solve_is_forked(monkeypatch):
    started = []
    monkeypatch.setattr("solverhub.ops.first_kernel.first_kernel", lambda: started.append(True))
    load(INSTANCES["graph"], route(INSTANCES["graph"], Budget.start(10, threads=1)))
    assert started
