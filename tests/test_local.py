import io
import signal
import subprocess
import sys
import threading
from pathlib import Path

import networkx
import numpy as np
import pytest
from scipy.sparse import csr_array

import solverhub
from solverhub import local
from solverhub.core.budget import Budget
from solverhub.core.errors import InputError, InvalidInstance, InvalidParams, InvalidSolution
from solverhub.core.events import EventKind
from solverhub.core.result import Limit, Reason
from solverhub.local_inputs import to_parsed
from solverhub.problems import families
from solverhub.problems.graph import Graph

ROOT = Path(__file__).parents[1]
FT06 = ROOT / "instances" / "job-shop" / "ft06.jsp"
C5 = networkx.cycle_graph(5)


def random_shop(n_jobs, n_machines, seed=0):
    rng = np.random.default_rng(seed)
    order = np.array([rng.permutation(n_machines) for _ in range(n_jobs)])
    return np.stack([order, rng.integers(1, 100, order.shape)], axis=2)


def knapsacks(n=60, seed=3):
    rng = np.random.default_rng(seed)
    weights = rng.integers(100, 1000, (5, n))
    rows, cols = np.indices(weights.shape)
    return {
        "problem": "ilp",
        "sense": "maximise",
        "c": rng.integers(100, 1000, n).tolist(),
        "A": {
            "rows": rows.ravel().tolist(),
            "cols": cols.ravel().tolist(),
            "values": weights.ravel().tolist(),
        },
        "row_upper": (weights.sum(axis=1) // 2).tolist(),
        "upper": [1] * n,
        "integer": [True] * n,
    }


def test_a_file_is_solved_verified_and_told_where_it_comes_from():
    result = solverhub.solve(FT06, time_limit=20)
    assert result.objective == result.bound == 55
    assert result.verified
    assert result.termination.reason is Reason.OPTIMAL
    assert result.problem == "job-shop"
    assert result.instance.digest.startswith("sha256:")
    assert len(result.answer["start"]) == 6
    provenance = result.provenance
    assert provenance.version == solverhub.__version__
    named = solverhub.solve(FT06, solver="cp-sat", time_limit=20).provenance
    assert "ortools" in named.engines
    assert provenance.route.startswith(result.solver)
    assert provenance.threads >= 1


def test_auto_races_and_says_who_found_what():
    result = solverhub.solve(knapsacks(), time_limit=2, threads=2)
    assert result.solver == "cp-sat+highs"
    assert "solution by" in result.provenance.route
    assert set(result.provenance.params) == {"highs", "cp-sat"}
    assert not result.provenance.deterministic
    assert result.verified
    assert result.bound >= result.objective


def test_a_race_from_a_thread_runs_in_fresh_processes():
    results = []
    thread = threading.Thread(
        target=lambda: results.append(solverhub.solve(knapsacks(), time_limit=1, threads=2))
    )
    thread.start()
    thread.join()
    (result,) = results
    assert result.verified
    assert result.solver == "cp-sat+highs"
    assert "failed" not in result.provenance.route


def test_a_named_solver_has_no_route():
    result = solverhub.solve(knapsacks(), solver="highs", time_limit=1, threads=1)
    assert result.solver == "highs"
    assert result.provenance.route is None
    assert set(result.provenance.engines) == {"highs"} or result.provenance.engines


def test_equal_seeds_give_equal_answers():
    first, second = (
        solverhub.solve(random_shop(6, 4), "job-shop", iterations=200, deterministic=True, seed=5)
        for _ in range(2)
    )
    assert first.provenance.deterministic
    np.testing.assert_array_equal(first.solution, second.solution)


@pytest.mark.parametrize("isolate", [False, True])
def test_isolation_changes_nothing_about_the_answer(isolate):
    parsed = to_parsed(FT06)
    seen, calls = [], []
    result = local.solve_parsed(
        parsed,
        "cp-sat",
        Budget.start(20, threads=1),
        observe=seen.append,
        isolate=isolate,
        solved=lambda: calls.append(1),
    )
    assert result.objective == 55
    assert result.termination.reason is Reason.OPTIMAL
    assert [event.objective for event in seen if event.kind is EventKind.INCUMBENT][-1] == 55
    assert calls == [1]


def test_a_memory_limit_is_kept_from_outside():
    result = solverhub.solve(
        random_shop(40, 20), "job-shop", solver="cp-sat", time_limit=30, memory_bytes=120 << 20
    )
    assert result.termination.limit is Limit.MEMORY
    assert result.wall_s < 25


def test_cancel_from_another_thread_gives_the_best_so_far():
    flag = threading.Event()
    threading.Timer(1.0, flag.set).start()
    result = solverhub.solve(random_shop(25, 12), "job-shop", time_limit=60, cancel=flag)
    assert result.termination.limit is Limit.CANCELLED
    assert result.verified
    assert result.wall_s < 20


@pytest.mark.parametrize("problem", ["maximum-independent-set", "minimum-vertex-cover", "max-cut"])
def test_a_warm_start_is_never_lost(problem):
    graph = Graph.from_edges(5, [0, 1, 2, 3, 0], [1, 2, 3, 4, 4])
    best = solverhub.solve(graph, problem, time_limit=10)
    for start in (best, best.solution.astype(float), best.answer, {"solution": best.answer}):
        result = solverhub.solve(graph, problem, time_limit=0, warm_start=start)
        assert result.objective == best.objective
        assert result.verified


def test_a_warm_start_of_the_wrong_form_is_refused():
    with pytest.raises(InvalidSolution, match="warm start"):
        solverhub.solve(C5, "max-cut", warm_start=np.zeros(4))
    with pytest.raises(InvalidSolution):
        solverhub.solve(C5, "max-cut", warm_start=np.full(5, 0.5))


def test_bad_wishes_are_named():
    with pytest.raises(InvalidParams, match="cuda"):
        solverhub.solve(C5, "max-cut", device="cuda")
    with pytest.raises(InvalidParams, match="time limit"):
        solverhub.solve(C5, "max-cut", time_limit=float("nan"))
    with pytest.raises(InvalidParams, match="'magic'"):
        solverhub.solve(C5, "max-cut", params={"magic": 3})


INTERRUPTED = """
import json, sys, threading, os, signal, time
import numpy as np
import solverhub
from solverhub.core.events import EventKind
rng = np.random.default_rng(0)
order = np.array([rng.permutation(12) for _ in range(25)])
shop = np.stack([order, rng.integers(1, 100, order.shape)], axis=2)
def told(event):
    if event.kind is EventKind.INCUMBENT:
        print("found", flush=True)
result = solverhub.solve(shop, "job-shop", time_limit=60, observe=told)
try:
    print(json.dumps([result.termination.limit, result.verified, result.wall_s]), flush=True)
    while True:
        time.sleep(60)
except KeyboardInterrupt:
    print("default again", flush=True)
"""


def test_the_first_interrupt_ends_the_solve_with_the_best_so_far():
    command = [sys.executable, "-c", INTERRUPTED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "found\n"
        process.send_signal(signal.SIGINT)
        line = next(line for line in process.stdout if line != "found\n")
        assert line.startswith('["cancelled", true')
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "default again\n"


SECOND = """
import signal
from solverhub import local
with local.interruptible() as flag:
    signal.raise_signal(signal.SIGINT)
    print(flag.is_set())
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("raised")
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def test_a_second_interrupt_raises():
    # In a process of its own: engines that other tests left in this one handle SIGINT too.
    command = [sys.executable, "-c", SECOND]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert told.split() == ["True", "raised", "True"]


def weighted(kind=networkx.Graph):
    graph = kind()
    graph.add_edge("a", "b", weight=3)
    graph.add_edge("b", "c", weight=-1)
    graph.add_edge("c", "a")
    return graph


def test_networkx_graphs_keep_their_order_ids_and_weights():
    parsed = to_parsed(weighted(), "max-cut")
    assert parsed.instance.edge_weights.tolist() == [3, 1, -1]
    result = solverhub.solve(weighted(), "max-cut")
    assert result.objective == 4
    nodes = weighted()
    nodes.nodes["a"]["weight"] = 5
    chosen = solverhub.solve(nodes, "maximum-independent-set")
    assert chosen.objective == 5
    assert chosen.answer == {"selected": ["a"]}
    assert solverhub.solve(C5, "minimum-vertex-cover").objective == 3


def test_networkx_multigraphs_add_parallel_edges_up():
    graph = networkx.MultiGraph([(0, 1), (0, 1), (1, 2)])
    assert solverhub.solve(graph, "max-cut").objective == 3
    assert to_parsed(graph, "max-cut").instance.edge_weights.tolist() == [2, 1]
    assert to_parsed(graph, "maximum-clique").instance.n_edges == 2


def test_networkx_nodes_of_any_kind_get_their_text():
    grid = networkx.grid_graph((2, 2))
    assert solverhub.solve(grid, "maximum-independent-set").answer["selected"][0] == "(0, 0)"
    with pytest.raises(InvalidInstance, match="same text"):
        to_parsed(networkx.Graph([("1.0", 1.0)]), "max-cut")
    with pytest.raises(InvalidInstance, match="directed"):
        to_parsed(networkx.DiGraph([(0, 1)]), "max-cut")


def test_geometric_data_counts_an_edge_in_both_directions_once():
    torch = pytest.importorskip("torch")
    geometric = pytest.importorskip("torch_geometric.data")
    index = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    data = geometric.Data(edge_index=index, edge_attr=torch.tensor([[2.0], [2.0], [3.0], [3.0]]))
    data.num_nodes = 4
    assert to_parsed(data, "max-cut").instance.edge_weights.tolist() == [2, 3]
    assert to_parsed(data, "max-cut").instance.n == 4
    data.node_weight = torch.tensor([1, 7, 1, 1])
    assert solverhub.solve(data, "maximum-independent-set").objective == 8
    data.edge_attr[0] = 9.0
    with pytest.raises(InvalidInstance, match=r"edge \(0, 1\)"):
        to_parsed(data, "max-cut")
    data.num_nodes = 2
    with pytest.raises(InvalidInstance, match="outside"):
        to_parsed(data, "maximum-clique")


@pytest.mark.parametrize("form", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_a_symmetric_matrix_is_a_graph(form):
    matrix = np.array([[0, 2, 0], [2, 5, 1.5], [0, 1.5, 0]])
    assert to_parsed(form(matrix), "max-cut").instance.edge_weights.tolist() == [2, 1.5]
    with pytest.raises(InvalidInstance, match="symmetric"):
        to_parsed(form(np.triu(matrix)), "max-cut")
    with pytest.raises(InvalidInstance, match="square"):
        to_parsed(form(matrix[:2]), "max-cut")


def test_jobs_as_sequences_and_arrays_are_a_shop():
    jobs = [[(0, 3), (1, 2)], [(1, 4)]]
    assert solverhub.solve(jobs, "job-shop").objective == 6
    array = random_shop(3, 2)
    assert to_parsed(array, "job-shop").instance.n_jobs == 3


def test_instances_and_parsed_ones_pass_through():
    parsed = to_parsed(FT06)
    assert to_parsed(parsed) is parsed
    assert to_parsed(parsed.instance).instance is parsed.instance
    graph = Graph.from_edges(2, [0], [1])
    assert to_parsed(graph, "max-cut").problem is families.get("max-cut")
    with pytest.raises(InvalidInstance, match="several problems"):
        to_parsed(graph)
    with pytest.raises(InvalidInstance, match="job-shop"):
        to_parsed(parsed, "max-cut")


@pytest.mark.parametrize("x", [None, 3, io.StringIO("x"), object(), [1, 2]])
def test_anything_else_is_refused_by_its_type(x):
    with pytest.raises(InputError, match=type(x).__name__):
        to_parsed(x, "max-cut")
    with pytest.raises(InputError):
        to_parsed(networkx.path_graph(3), "job-shop")
