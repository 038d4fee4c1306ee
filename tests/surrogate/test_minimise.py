import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="surrogates need torch")

from scipy.sparse import csr_array  # noqa: E402

from solverhub import surrogate  # noqa: E402
from solverhub.core.errors import InvalidInstance, InvalidParams  # noqa: E402
from solverhub.core.result import Limit  # noqa: E402
from solverhub.problems.generators import generate  # noqa: E402
from solverhub.problems.integer_program import IntegerProgram  # noqa: E402

SQUARE = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]


def points(feasible, keep):
    """All 0/1 points of a set, given by a test."""
    bits = (np.array(b, dtype=float) for b in itertools.product((0, 1), repeat=feasible.n))
    return [x for x in bits if keep(x)]


def is_tree(x):
    chosen = [edge for edge, taken in zip(SQUARE, x, strict=True) if taken]
    joined = list(range(4))
    for u, v in chosen:
        if joined[u] == joined[v]:
            return False
        joined = [joined[u] if label == joined[v] else label for label in joined]
    return len(chosen) == 3


def is_path(x):
    chosen = [edge for edge, taken in zip(SQUARE, x, strict=True) if taken]
    at, left = 0, list(chosen)
    while at != 3:
        ways = [edge for edge in left if at in edge]
        if len(ways) != 1:
            return False
        left.remove(ways[0])
        at = sum(ways[0]) - at
    return not left


def is_matching(x):
    ends = [v for edge, taken in zip(SQUARE, x, strict=True) if taken for v in edge]
    return len(ends) == 4 and len(set(ends)) == 4


def is_assignment(x):
    matrix = x.reshape(2, 3)
    return (matrix.sum(1) == 1).all() and (matrix.sum(0) <= 1).all()


GRAPH = generate("er", 3, problem="maximum-independent-set", n=7, p=0.4).instance
ITEMS = [3.0, 4.0, 5.0, 2.0, 1.0]
SETS = {
    "assignment": (surrogate.Assignment(2, 3), is_assignment),
    "paths": (surrogate.Paths(4, SQUARE, 0, 3), is_path),
    "trees": (surrogate.SpanningTrees(4, SQUARE), is_tree),
    "matchings": (surrogate.Matchings(SQUARE), is_matching),
    "knapsacks": (surrogate.Knapsacks(ITEMS, 7.0), lambda x: np.array(ITEMS) @ x <= 7),
    "independent sets": (
        surrogate.Subsets("maximum-independent-set", GRAPH),
        lambda x: not (x[GRAPH.edge_index[0]] * x[GRAPH.edge_index[1]]).any(),
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_linear_costs_are_minimised(name):
    feasible, keep = SETS[name]
    rng = np.random.default_rng(1)
    low = feasible.lower if np.isfinite(feasible.lower) else -1.0
    for _ in range(10):
        costs = rng.uniform(low, 1.0, feasible.n)
        x = np.asarray(feasible.solve(costs), dtype=float)
        best = min(costs @ point for point in points(feasible, keep))
        assert keep(x)
        assert costs @ x == pytest.approx(best, abs=1e-9)


def test_quadratic_objectives_come_near_their_minimum():
    rng = np.random.default_rng(2)
    met = 0
    for feasible, keep in SETS.values():
        for _ in range(5):
            quadratic = torch.from_numpy(rng.normal(size=(3, feasible.n)))
            wanted = torch.from_numpy(rng.normal(size=3))

            def objective(x, quadratic=quadratic, wanted=wanted):
                return ((quadratic @ x.reshape(-1) - wanted) ** 2).sum()

            outcome = surrogate.minimise(objective, feasible, iterations=40, time_limit=30)
            best = min(float(objective(torch.from_numpy(p))) for p in points(feasible, keep))
            assert keep(outcome.x.ravel())
            assert outcome.value == float(objective(torch.from_numpy(outcome.x)))
            assert outcome.value >= best - 1e-9
            met += outcome.value <= best + 1e-9
    assert met >= len(SETS) * 5 / 2, "fewer than half are solved"


def test_parallel_edges_and_loops_of_a_tree():
    trees = surrogate.SpanningTrees(3, [(0, 1), (1, 0), (2, 2), (1, 2)])
    assert trees.solve(np.array([2.0, 1.0, -5.0, 0.0])).tolist() == [0, 1, 0, 1]
    assert surrogate.SpanningTrees(3, [(0, 1)]).solve(np.ones(1)) is None


def test_equal_seeds_give_equal_answers():
    wanted = torch.linspace(0, 1, 36, dtype=torch.float64).reshape(6, 6)

    def run():
        return surrogate.minimise(
            lambda x: ((x * wanted).sum(1) - 0.4).square().sum(),
            surrogate.Assignment(6, 6),
            iterations=40,
            time_limit=None,
            gradient="perturbed",
            seed=3,
        )

    first, second = run(), run()
    assert first.limit is Limit.ITERATIONS
    assert first.steps == 40
    assert np.array_equal(first.x, second.x)
    assert [value for _, value in first.trace] == [value for _, value in second.trace]


def test_an_empty_set_is_told():
    unreachable = surrogate.Paths(3, [(0, 1)], 0, 2)
    with pytest.raises(InvalidInstance, match="empty"):
        surrogate.minimise(lambda x: x.sum(), unreachable)
    program = IntegerProgram(
        sense="minimise",
        c=np.zeros(1),
        A=csr_array(np.ones((1, 1))),
        row_lower=np.array([2.0]),
        row_upper=np.array([3.0]),
        lower=np.zeros(1),
        upper=np.ones(1),
        integer=np.ones(1, dtype=bool),
    )
    with pytest.raises(InvalidInstance, match="empty"):
        surrogate.minimise(lambda x: x.sum(), surrogate.Programs(program))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"gradient": "exact"}, InvalidParams, "blackbox"),
        ({"idle": 0}, InvalidParams, "idle"),
        ({"first_costs": np.ones(3)}, InvalidInstance, "give 4 finite numbers"),
    ],
)
def test_bad_parameters_are_named(given, error, words):
    with pytest.raises(error, match=words):
        surrogate.minimise(lambda x: x.sum(), surrogate.Assignment(2, 2), **given)


def test_an_objective_that_changes_shape_is_told():
    with pytest.raises(InvalidInstance, match="one number"):
        surrogate.minimise(lambda x: x.sum(0), surrogate.Assignment(2, 2))


def test_many_tasks_have_the_answers_of_one_by_one():
    rng = np.random.default_rng(3)
    tasks = []
    for _ in range(4):
        wanted = torch.from_numpy(rng.random((4, 4)))
        tasks.append(
            (lambda x, w=wanted: ((x * w).sum(1) - 0.5).square().sum(), surrogate.Assignment(4, 4))
        )
    together = surrogate.minimise_each(tasks, workers=2, iterations=20, time_limit=None, seed=7)
    for at, (task, outcome) in enumerate(zip(tasks, together, strict=True)):
        alone = surrogate.minimise(*task, iterations=20, time_limit=None, seed=7 + at)
        assert outcome.value == alone.value
        assert np.array_equal(outcome.x, alone.x)


def test_a_step_costs_at_most_two_solves_and_a_fifth():
    wanted = torch.rand(6, 6, generator=torch.Generator().manual_seed(0)).double()
    outcome = surrogate.minimise(
        lambda x: (x * wanted).sum(1).var(), surrogate.Assignment(6, 6), iterations=50
    )
    assert outcome.solves <= 2.2 * outcome.steps


def test_placements_take_a_model_of_ones_own():
    instance = generate("random-tables", 2, tables=12).instance
    pull = torch.from_numpy(instance.dim.astype(float))
    outcome = surrogate.minimise(
        lambda x: (pull @ x).square().sum(), surrogate.Placements(instance), iterations=200
    )
    sums = pull.numpy() @ outcome.x
    assert outcome.value == pytest.approx((sums**2).sum())
    assert np.ptp(sums) <= instance.dim.max()
    capacity = instance.bytes @ outcome.x
    assert (capacity <= instance.memory_bytes).all()
