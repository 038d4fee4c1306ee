"""The judge of metric nearness against the definition, its bounds, and its forms and files."""

import itertools
import json
import math
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from solverhub.core.errors import InputError, InvalidInstance, InvalidSolution, ParseError
from solverhub.core.result import BoundCheck
from solverhub.problems import families, metric_judge
from solverhub.problems.generators import generate
from solverhub.problems.metric_instance import MetricInstance, of_edges, of_matrix, pairs
from solverhub.problems.reading import read

PROBLEM = families.get("metric-nearness")
INSTANCES = Path(__file__).parents[2] / "instances" / "metric-nearness"
D = [[0, 4, 1, 9], [4, 0, 1, 9], [1, 1, 0, 9], [9, 9, 9, 0]]
TRIANGLE = {"cycles": np.array([0, 2, 1]), "indptr": np.array([0, 3]), "duals": np.array([2 / 3])}


def instance(norm="l2", **fields):
    return of_matrix(np.array(D, float), norm=norm, **fields)


def is_metric(n, value):
    """By the definition: no triple beats an edge."""
    return all(
        value(i, j) <= value(i, k) + value(k, j) for i, j, k in itertools.permutations(range(n), 3)
    )


def test_triangles_are_judged_as_the_definition_has_them():
    rng = np.random.default_rng(0)
    for _ in range(50):
        x = rng.integers(1, 5, 10).astype(float)
        made = MetricInstance(5, pairs(5), x)
        matrix = made.square(x)
        broken = PROBLEM.violations(made, x)
        assert (broken == []) == is_metric(5, lambda i, j: matrix[i, j])  # noqa: B023
        assert PROBLEM.violations(made, metric_judge.closure(made)) == []


def test_the_amount_of_a_violation_is_what_a_path_saves():
    made = instance()
    (broken, *rest) = PROBLEM.violations(made, made.distances)
    assert rest == []
    assert broken.amount == 2
    assert "0 1" in broken.message


def test_cycles_of_sparse_graphs_are_judged_by_shortest_paths():
    square, _ = of_edges(
        4, np.array([0, 1, 2, 0]), np.array([1, 2, 3, 3]), np.array([1.0, 1.0, 1.0, 5.0])
    )
    (broken,) = PROBLEM.violations(square, square.distances)
    assert broken.amount == 2
    assert PROBLEM.violations(square, np.array([1.0, 3.0, 1.0, 1.0])) == []
    assert metric_judge.closure(square).tolist() == [1.0, 3.0, 1.0, 1.0]
    assert PROBLEM.violations(square, np.array([1.0, 1.0, -0.5, 1.0]))


@pytest.mark.parametrize(("norm", "value"), [("l2", 4 / 3), ("l1", 2.0), ("linf", 2 / 3)])
def test_one_triangle_proves_the_optimum_of_its_norm(norm, value):
    duals = {"l2": 2 / 3, "l1": 1.0, "linf": 1.0}[norm]
    evidence = TRIANGLE | {"duals": np.array([duals])}
    made = instance(norm)
    assert PROBLEM.check_bound(made, value - 1e-12, evidence) is BoundCheck.RECOMPUTED
    assert PROBLEM.check_bound(made, value + 1e-9, evidence) is None


def test_no_multipliers_prove_more_than_any_metric_costs():
    rng = np.random.default_rng(1)
    for norm in ("l2", "l1", "linf"):
        for _ in range(20):
            w = rng.uniform(0.5, 2, 10)
            made = MetricInstance(5, pairs(5), rng.integers(0, 9, 10).astype(float), w, norm)
            cycles = np.concatenate([rng.permutation(5)[:3] for _ in range(6)])
            evidence = {
                "cycles": cycles, "indptr": np.arange(0, 19, 3), "duals": rng.random(6)
            }  # fmt: skip
            least = PROBLEM.objective(made, metric_judge.closure(made))
            assert PROBLEM.check_bound(made, least + 1e-9, evidence) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"duals": np.array([-1.0])},
        {"duals": np.array([np.nan])},
        {"cycles": np.array([0, 2, 7])},
        {"cycles": np.array([0, 2, 2])},
        {"indptr": np.array([0, 2])},
        {"cycles": np.array([0.0, 2.0, 1.0])},
        {"cycles": None},
    ],
)
def test_malformed_evidence_proves_nothing(broken):
    assert PROBLEM.check_bound(instance(), 0.1, TRIANGLE | broken) is None
    assert PROBLEM.check_bound(instance(), 0.1, {}) is None


def test_a_pair_without_weight_proves_nothing():
    weights = np.ones((4, 4))
    weights[0, 1] = weights[1, 0] = 0
    assert PROBLEM.check_bound(instance(weights=weights), 0.1, TRIANGLE) is None


def test_decrease_only_needs_no_evidence():
    made = instance(decrease_only=True)
    closed = metric_judge.closure(made)
    assert PROBLEM.violations(made, closed) == []
    assert PROBLEM.objective(made, closed) == 4
    assert PROBLEM.check_bound(made, 4, None) is BoundCheck.RECOMPUTED
    assert PROBLEM.check_bound(made, 4.1, None) is None
    raised = closed.copy()
    raised[1] += 1
    assert any("above the given one" in b.message for b in PROBLEM.violations(made, raised))


def test_relabelling_changes_no_value():
    rng = np.random.default_rng(2)
    made = generate("product-distances", 3, n=9).instance
    matrix = made.square(made.distances)
    order = rng.permutation(9)
    moved = of_matrix(matrix[np.ix_(order, order)])
    x, y = metric_judge.closure(made), metric_judge.closure(moved)
    assert PROBLEM.objective(made, x) == PROBLEM.objective(moved, y)
    assert np.array_equal(made.square(x)[np.ix_(order, order)], moved.square(y))


@pytest.mark.parametrize("norm", ["l2", "l1", "linf"])
def test_no_multipliers_prove_more_than_a_metric_within_bounds_costs(norm):
    rng = np.random.default_rng(3)
    for _ in range(20):
        plain = MetricInstance(
            5, pairs(5), rng.integers(0, 9, 10).astype(float), rng.integers(0, 3, 10) * 1.0, norm
        )
        metric = metric_judge.closure(replace(plain, distances=rng.uniform(1, 9, 10)))
        made = replace(plain, lower=metric * rng.uniform(0.5, 1, 10), upper=metric * 1.2)
        assert PROBLEM.violations(made, metric) == []
        cycles = np.concatenate([rng.permutation(5)[:3] for _ in range(6)])
        evidence = {"cycles": cycles, "indptr": np.arange(0, 19, 3), "duals": rng.random(6)}
        cost = PROBLEM.objective(made, metric)
        assert PROBLEM.check_bound(made, cost + 1e-9, evidence) is None
        assert PROBLEM.check_bound(made, 0.0, evidence) is BoundCheck.RECOMPUTED


def test_bounds_on_distances_are_judged():
    made = replace(instance(), lower=np.full(6, 1.5), upper=np.full(6, 5.0))
    texts = [broken.message for broken in PROBLEM.violations(made, made.distances)]
    assert sum("above its bound" in text for text in texts) == 3
    assert sum("is 1, below 1.5" in text for text in texts) == 2
    assert PROBLEM.violations(made, np.full(6, 2.0)) == []


@pytest.mark.parametrize(
    ("cycle", "holds"),
    [
        ([0, 1, 2], True),
        ([2, 1, 0], True),
        ([0, 2], False),
        ([0, 2, 1], False),
        ([0, 1, 3, 2], False),
        ([0, 1, 9], False),
        ([0.0, 1.0, 2.0], False),
        ([2], False),
    ],
)
def test_only_a_cycle_that_no_metric_has_shows_infeasibility(cycle, holds):
    lower, upper = np.zeros((4, 4)), np.full((4, 4), 9.0)
    lower[0, 2] = lower[2, 0] = 3
    for j in (0, 2):
        upper[1, j] = upper[j, 1] = 1.4
    made = of_matrix(np.array(D, float), lower=lower, upper=upper)
    assert PROBLEM.check_infeasible(made, {"cycle": np.array(cycle)}) is holds
    assert not PROBLEM.check_infeasible(made, None)
    assert not PROBLEM.check_infeasible(instance(), {"cycle": np.array([0, 1, 2])})


@pytest.mark.parametrize("name", ["sparse-distances", "uniform-distances", "bounded-distances"])
def test_json_forms_come_back(name):
    made = generate(name, 1, n=8).instance
    if name == "sparse-distances":
        upper = np.where(np.arange(made.n_edges) % 2, 1.5, np.inf)
        made = replace(made, lower=np.full(made.n_edges, 0.1), upper=upper)
    wire = json.loads(json.dumps(PROBLEM.to_wire(made)))
    again = PROBLEM.from_wire(wire).instance
    assert PROBLEM.digest(again) == PROBLEM.digest(made)
    solution = PROBLEM.solution_to_wire(made, made.distances)
    assert np.array_equal(PROBLEM.solution_from_wire(made, solution), made.distances)
    with pytest.raises(InvalidSolution, match="distances"):
        PROBLEM.solution_from_wire(made, {"distances": [[1, 2]]})


def test_files_of_one_matrix_are_one_instance(tmp_path):
    matrix = np.array(D, float)
    rows = [(i + 1, j + 1, D[i][j]) for i in range(4) for j in range(i)]
    np.save(tmp_path / "a.npy", matrix)
    np.savez(tmp_path / "b.npz", distances=matrix, weights=np.ones((4, 4)))
    savemat(tmp_path / "c.mat", {"D": matrix})
    np.savetxt(tmp_path / "d.csv", matrix, delimiter=",")
    (tmp_path / "e.txt").write_text("# pairs\n" + "".join(f"{i} {j} {d}\n" for i, j, d in rows))
    (tmp_path / "f.csv").write_text("i,j,d\n" + "".join(f"{i},{j},{d}\n" for i, j, d in rows))
    np.save(tmp_path / "g.npy", np.array(rows, float))
    digests = {
        PROBLEM.digest(read(path, "metric-nearness").instance)
        for path in sorted(tmp_path.iterdir())
    }
    assert digests == {PROBLEM.digest(instance())}
    parsed = read(tmp_path / "e.txt", "metric-nearness")
    assert parsed.naming.item(0) == 1


def test_bounds_of_all_forms_are_one_instance(tmp_path):
    matrix, high = np.array(D, float), np.full((4, 4), np.inf)
    high[0, 1] = high[1, 0] = 2.5
    np.savez(tmp_path / "a.npz", distances=matrix, lower=0.5, upper=high)
    savemat(tmp_path / "b.mat", {"D": matrix, "lower": 0.5, "upper": high})
    rows = [[i, j, D[i][j]] for i in range(4) for j in range(i)]
    np.savez(tmp_path / "c.npz", edges=rows, lower=0.5, upper=[2.5, *[np.inf] * 5])
    null = [[2.5 if {i, j} == {0, 1} else None for j in range(4)] for i in range(4)]
    (tmp_path / "d.json").write_text(json.dumps({"distances": D, "lower": 0.5, "upper": null}))
    edges = {"edges": rows, "lower": [0.5] * 6, "upper": [2.5, *[None] * 5]}
    (tmp_path / "e.json").write_text(json.dumps(edges))
    made = replace(instance(), lower=np.full(6, 0.5), upper=np.array([2.5, *[np.inf] * 5]))
    for path in sorted(tmp_path.iterdir()):
        found = read(path, "metric-nearness").instance
        assert PROBLEM.digest(found) == PROBLEM.digest(made), path.name
    assert PROBLEM.digest(made) != PROBLEM.digest(instance())


def test_pairs_listed_again_take_the_tighter_bounds():
    wire = {"n": 3, "edges": [[0, 1, 2], [1, 0, 2], [2, 2, 0]]}
    wire |= {"lower": [1, 1.5, 7], "upper": [4, None, 7]}
    made = read(wire, "metric-nearness").instance
    assert (made.lower.tolist(), made.upper.tolist()) == ([1.5], [4])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"lower": -1}, r"lower\[0\] is -1"),
        ({"lower": math.inf}, r"lower\[0\] is inf"),
        ({"upper": [[0, -2], [-2, 0]]}, r"upper\[0\]\[1\] is -2"),
        ({"upper": math.nan}, r"upper\[0\] is nan"),
        ({"upper": [1, 2]}, r"upper has shape"),
        ({"upper": [[0, 2], [3, 0]]}, r"upper is not symmetric: \[0\]\[1\] is 2"),
        ({"upper": [[0, "a"], ["a", 0]]}, r"upper\[0\]\[1\] is 'a'"),
        ({"upper": "low"}, "upper is 'low'"),
        ({"lower": True}, "lower is 'True'"),
        ({"upper": [[0, 2]]}, "upper"),
    ],
)
def test_bad_bounds_are_refused_with_the_place(change, match):
    with pytest.raises(InputError, match=match):
        read({"distances": [[0, 1], [1, 0]], **change}, "metric-nearness")


def test_lopsided_bounds_take_the_tighter_direction_when_asked():
    wire = {"distances": [[0, 1], [2, 0]], "symmetrise": True}
    wire |= {"lower": [[0, 1], [0.5, 0]], "upper": [[0, 3], [2, 0]]}
    made = read(wire, "metric-nearness").instance
    assert (made.distances[0], made.lower[0], made.upper[0]) == (1.5, 1, 2)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({(0, 1): 7.0}, r"\[0\]\[1\] is 7 and \[1\]\[0\] is 4, which is the largest"),
        ({(0, 1): -1.0, (1, 0): -1.0}, r"distances\[0\]\[1\] is -1"),
        ({(2, 3): np.nan, (3, 2): np.nan}, r"distances\[2\]\[3\] is nan"),
        ({(2, 3): np.inf, (3, 2): np.inf}, "weight 0"),
        ({(2, 2): 1.0}, r"distances\[2\]\[2\] is 1"),
    ],
)
def test_bad_matrices_are_refused_with_the_place(tmp_path, change, match):
    matrix = np.array(D, float)
    for place, value in change.items():
        matrix[place] = value
    np.save(tmp_path / "bad.npy", matrix)
    with pytest.raises(InvalidInstance, match=match):
        read(tmp_path / "bad.npy", "metric-nearness")


@pytest.mark.parametrize("row", ["3,1", "3,x,0,1"])
def test_bad_rows_are_refused_with_their_line(row):
    table = f"# four\n0,1,2,3\n1,0,3,1\n\n{row}\n2,1,1,0\n"
    with pytest.raises(ParseError, match=r"^d\.csv:5: (?!.*row \d)"):
        read(table.encode(), "metric-nearness", name="d.csv")


def test_asymmetric_matrices_are_symmetrised_when_asked():
    wire = {"distances": [[0, 1, 2], [3, 0, 2], [2, 2, 0]], "symmetrise": True}
    assert read(wire).instance.distances.tolist() == [2, 2, 2]
    with pytest.raises(InvalidInstance, match="not symmetric"):
        read({**wire, "symmetrise": False})


@pytest.mark.parametrize("form", ["npy", "npz", "csv", "json", "mat"])
def test_asymmetric_files_are_symmetrised_when_asked(tmp_path, form):
    matrix, file = np.array([[0.0, 1, 2], [3, 0, 2], [2, 2, 0]]), tmp_path / f"d.{form}"
    if form == "npy":
        np.save(file, matrix)
    elif form == "npz":
        np.savez(file, distances=matrix)
    elif form == "mat":
        savemat(file, {"D": matrix})
    elif form == "csv":
        np.savetxt(file, matrix, delimiter=",")
    else:
        file.write_text(json.dumps({"distances": matrix.tolist()}))
    found = read(file, "metric-nearness", symmetrise=True)
    assert found.instance.distances.tolist() == [2, 2, 2]
    with pytest.raises(InvalidInstance, match="not symmetric"):
        read(file, "metric-nearness")


@pytest.mark.parametrize(
    "wire",
    [
        {"distances": [[0, 1], [1]]},
        {"distances": [[0, None], [None, 0]]},
        {"distances": [[0, 1], [1, 0]], "norm": "l3"},
        {"distances": [[0, 1], [1, 0]], "weights": [[0]]},
        {"distances": [[0, 1], [1, 0]], "edges": []},
        {"distances": 3},
        {"problem": "metric-nearness"},
        {"problem": "metric-nearness", "n": 2, "edges": [[0, 1, 1], [1, 0, 2]]},
        {"problem": "metric-nearness", "n": 2, "edges": [[0, 2, 1]]},
        {"problem": "metric-nearness", "n": 2, "edges": [[0, 1]]},
        {"problem": "metric-nearness", "n": 2, "edges": [[0, 0, 1]]},
        {"problem": "metric-nearness", "n": 2, "edges": [[0, 1, 1, -1]]},
        {"problem": "metric-nearness", "n": 2, "edges": [[0.5, 1, 1]]},
        {"problem": "metric-nearness", "n": True, "edges": []},
        {"distances": [[0, 1], [1, 0]], "colour": 1},
    ],
)
def test_bad_json_is_refused(wire):
    with pytest.raises(InputError):
        read(wire, "metric-nearness")


def test_pairs_listed_again_add_their_weights_and_loops_go():
    edges = [[0, 1, 2, 1], [1, 0, 2, 3], [1, 1, 0, 1], [1, 2, 5, 1]]
    parsed = read({"problem": "metric-nearness", "n": 4, "edges": edges})
    assert parsed.instance.pair_weights.tolist() == [4, 1]
    assert len(parsed.warnings) == 2


def test_shipped_instances_are_read():
    table = tomllib.loads((INSTANCES / "best_known.toml").read_text())
    assert {path.name for path in INSTANCES.iterdir()} - {"best_known.toml"} == set(table)
    for name in table:
        assert read(INSTANCES / name).problem.name == "metric-nearness"


def test_the_classes_of_distances_are_what_they_say():
    assert set(generate("binary-distances", 0, n=30).instance.distances) == {0.0, 1.0}
    product = generate("product-distances", 0, n=30).instance.distances
    assert product.min() >= 1
    assert product.max() <= 1000
    assert np.array_equal(product, np.rint(product))
    assert not generate("sparse-distances", 0, n=30).instance.complete
