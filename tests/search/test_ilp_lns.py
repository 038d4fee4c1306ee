"""Large neighbourhood search on integer programs: brute force, the judge, and odd forms."""

import itertools
import time

import numpy as np
import pytest
from mixed_programs import optimum, program, random_program

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.problem import Parsed
from solverhub.core.recorder import Recorder
from solverhub.core.result import Reason, Sense
from solverhub.exact.ilp_start import ilp_start
from solverhub.problems.generators import generate
from solverhub.problems.ilp import Ilp
from solverhub.problems.judge import verify
from solverhub.search.ilp_bandit import Size
from solverhub.search.ilp_chain import LnsChain
from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_jump import jump
from solverhub.search.ilp_lns import LnsSolver
from solverhub.search.ilp_multipliers import Bursts, Multipliers
from solverhub.search.ilp_neighbourhoods import LnsState, Proposal, Random
from solverhub.search.ilp_part import part_of
from solverhub.search.ilp_propagate import fixed_point
from solverhub.search.ilp_relaxation import RelaxationEngine
from solverhub.search.ilp_removal import Removal, chosen_columns, with_released
from solverhub.search.ilp_repair import HighsRepair
from solverhub.search.ilp_share import IlpShare
from solverhub.search.ilp_walker import Walker

ILP = Ilp()


@pytest.fixture(scope="module", autouse=True)
def compiled():
    LnsSolver(ILP).load()


def solve(given, name="lns", *, time_s=10.0, seed=0, warm_start=None, **budget):
    solver = catalog.solver("ilp", name)
    result = solver.solve(
        given,
        Budget.start(time_s, **{"threads": 1, **budget}),
        params=solver.Params(),
        seed=seed,
        warm_start=warm_start,
    )
    return verify(result, Parsed(ILP, given))


@pytest.mark.parametrize("kind", ["integer", "mixed"])
def test_tiny_programs_end_at_the_optimum(kind):
    for seed in range(12):
        given = random_program(np.random.default_rng([seed, 11]), kind)
        if not given.integer.any():
            continue
        expected, result = optimum(given), solve(given)
        if expected is None:
            assert result.solution is None
        else:
            assert result.verified
            assert result.objective == pytest.approx(expected, abs=1e-6)


def test_a_walk_keeps_to_points_that_hold():
    for name, fields in (
        ("set-cover", {"rows": 60, "columns": 120, "density": 0.1}),
        ("independent-set", {"n": 80}),
    ):
        given = generate(name, 3, **fields).instance
        form = IlpForm.of(given)
        walker = Walker(form, np.zeros(form.n))
        worths = []
        for seed in range(4):
            walker.run(500, seed)
            assert form.holds(walker.best)
            assert form.worth(walker.best) == pytest.approx(walker.worth)
            worths.append(walker.worth)
        assert worths == sorted(worths, reverse=True)


def test_a_jump_goes_to_the_value_that_misses_the_rows_least():
    rng = np.random.default_rng(8)
    for _ in range(12):
        given = random_program(rng, "integer")
        form, weights = IlpForm.of(given), rng.integers(1, 5, given.m).astype(float)
        point = np.clip(np.zeros(form.n), form.lower, form.upper)
        activity = given.A @ point
        parts = (form.cost, form.col_indptr, form.col_indices, form.col_data)
        p = (*parts, given.row_lower, given.row_upper, form.slack)

        def missed(value, j=0, form=form, given=given, point=point, weights=weights):
            moved = point.copy()
            moved[j] = value
            rows = given.A @ moved
            return weights @ np.maximum(
                np.maximum(given.row_lower - rows, rows - given.row_upper), 0
            )

        low, high = form.lower[0], form.upper[0]
        step = jump(0, point[0], low, high, False, p, activity, weights)
        grid = np.linspace(low, high, 41)
        assert missed(point[0] + step) <= min(missed(value) for value in grid) + 1e-9


def test_propagation_finds_assignments_of_permutations():
    n = 12
    rows = np.zeros((2 * n, n * n))
    for i in range(n):
        rows[i, i * n : (i + 1) * n] = 1
        rows[n + i, i::n] = 1
    given = program(np.ones(n * n), rows, [(1, 1)] * 2 * n, [(0, 1)] * n * n, np.ones(n * n))
    form = IlpForm.of(given)
    point = fixed_point(form, np.ones(n * n), np.random.default_rng(0).permutation(n * n))
    assert form.holds(point)


def test_odd_forms_are_solved():
    negative = program([1, 1], [[1, 1]], [(-5, None)], [(-7, -2), (-4, 9)], [1, 1])
    assert solve(negative).objective == -5
    most = program([1, 2], [[1, 1]], [(None, 7)], [(0, 4), (0, 4)], [1, 1], sense=Sense.MAXIMISE)
    assert solve(most).objective == 11
    free_row = program([1, 1], [[1, 1], [2, 3]], [(None, None), (5, None)], [(0, 9)] * 2, [1, 1])
    assert solve(free_row).objective == 2
    fixed = program([1, 1], [[1, 1]], [(5, 5)], [(2, 2), (0, 9)], [1, 1], offset=1)
    assert solve(fixed).objective == 6
    no_rows = program([1, -1], [], [], [(-2, 3), (0, 4.5)], [1, 1])
    assert solve(no_rows).objective == -6
    endless = program([1, 1], [[2, 2]], [(7, None)], [(0, None)] * 2, [1, 1])
    assert solve(endless).objective == 4
    held = program([1, 2], [[1, 1]], [(3.5, None)], [(1, 1), (0, 9)], [1, 0])
    assert solve(held).objective == 6
    crossed = program([1], [[1]], [(0, 9)], [(2.2, 2.8)], [1])
    assert solve(crossed).termination.reason is Reason.INFEASIBLE


def test_a_part_keeps_what_the_fixed_columns_leave():
    rng = np.random.default_rng(4)
    given = generate("set-cover", 3, rows=30, columns=40, density=0.1).instance
    form, centre = IlpForm.of(given), np.ones(40)
    free = rng.choice(40, 15, replace=False)
    part = part_of(form, centre, free)
    for _ in range(200):
        values = rng.integers(0, 2, 15).astype(float)
        whole = part.lift(values)
        assert (whole[np.setdiff1d(np.arange(40), free)] == 1).all()
        assert form.holds(whole) == IlpForm.of(part.program).holds(values)
        assert part.program.c @ values + part.program.offset == form.worth(whole)


def test_fixed_columns_that_break_a_row_leave_no_part():
    given = generate("set-cover", 3, rows=30, columns=40, density=0.1).instance
    assert part_of(IlpForm.of(given), np.zeros(40), np.array([0])) is None


def test_every_neighbourhood_frees_distinct_integer_columns():
    given = generate("auction", 1, items=20, bids=40).instance
    form = IlpForm.of(given)
    state = LnsState(form, np.zeros(form.n), 0.0, elites=[np.zeros(form.n), np.ones(form.n)])
    for rule in LnsSolver(ILP).neighbourhoods(form):
        proposal = rule.propose(state, 10, np.random.default_rng(0))
        if proposal is None:
            assert state.relaxation is None
            continue
        assert 0 < proposal.free.size <= 12
        assert np.unique(proposal.free).size == proposal.free.size
        assert np.isin(proposal.free, form.whole).all()


def test_no_column_that_removal_leaves_fixed_is_of_use_beside_the_removed():
    small = {
        "auction": {"items": 20, "bids": 40},
        "independent-set": {"n": 40},
        "vertex-cover": {"n": 30, "m": 4},
        "set-cover": {"rows": 30, "columns": 40, "density": 0.05},
        "generalised-assignment": {"agents": 3, "tasks": 8},
    }
    rng, released = np.random.default_rng(0), []
    for name, fields in small.items():
        parsed = generate(name, 3, **fields)
        form, x = IlpForm.of(parsed.instance), ilp_start(parsed.problem, parsed.instance)
        if x is None:
            engine = HighsRepair()
            x = engine.solve(parsed.instance, np.inf, time_s=10.0, nodes=500, seed=0).values
        removed = rng.choice(chosen_columns(form, x), 3, replace=False)
        free = with_released(form, x, removed)
        assert set(removed.tolist()) <= set(free.tolist()) < set(form.whole.tolist())
        released.append(free.size - removed.size)
        fixed = np.setdiff1d(form.whole, free)
        for values in itertools.product([0.0, 1.0], repeat=3):
            point = x.copy()
            point[removed] = values
            for j in fixed:
                moved = point.copy()
                moved[j] = 1 - moved[j]
                if form.holds(moved):
                    assert form.holds(point), name
                    assert form.worth(point) <= form.worth(moved), name
    assert np.count_nonzero(released) >= 4, released


def test_removal_has_no_answer_where_nothing_is_chosen_and_the_search_takes_another_rule():
    parsed = generate("auction", 1, items=20, bids=40)
    form = IlpForm.of(parsed.instance)
    state = LnsState(form, np.zeros(form.n), 0.0)
    rng = np.random.default_rng(0)
    assert Removal().propose(state, 10, rng) is None
    assert Removal().propose(state, form.n, rng).free.size == form.n
    budget = Budget.start(iterations=30, threads=1, deterministic=True)
    share = IlpShare(ILP, form, Recorder(budget, parsed.instance.sense))
    share.offer(np.zeros(form.n))
    rules = [Removal(), Random()]
    chain = LnsChain(share, rules, np.random.SeedSequence(1), 0.5, walks=False, leads=False)
    chain.walk = None
    chain.run()
    assert share.worth < 0


class Useless:
    """Always the same two columns."""

    name = "useless"

    def propose(self, state, size, rng):
        return Proposal(state.form.whole[:2])


@pytest.mark.parametrize("family", ["auction", "set-cover"])
def test_a_stuck_search_goes_aside_and_merges_into_better_points(family):
    fields = {"auction": {"items": 60, "bids": 150}, "set-cover": {"rows": 60, "columns": 90}}
    parsed = generate(family, 3, **fields[family])
    start = ilp_start(parsed.problem, parsed.instance)
    worths = {}
    for plain in (True, False):
        budget = Budget.start(iterations=400, threads=1, deterministic=True)
        recorder = Recorder(budget, parsed.instance.sense)
        share = IlpShare(ILP, IlpForm.of(parsed.instance), recorder)
        share.offer(start)
        given = [Useless()]
        chain = LnsChain(
            share, given, np.random.SeedSequence(1), 0.5, plain=plain, walks=False, leads=False
        )
        if not plain:
            chain.walk = None
        chain.run()
        assert not parsed.problem.violations(parsed.instance, share.best)
        worths[plain] = share.worth
    assert worths[False] < worths[True]


def test_the_relaxation_within_a_distance_stays_there_and_in_the_rows():
    given = generate("set-cover", 3, rows=30, columns=40, density=0.2).instance
    form = IlpForm.of(given)
    engine = RelaxationEngine(form)
    root = engine.root(time_s=10.0, iterations=10_000)
    point, last = np.ones(form.n), np.inf
    for radius in (5.0, 20.0, 40.0):
        values = engine.within(point, radius, time_s=10.0, iterations=10_000)
        assert np.abs(values - point).sum() <= radius + 1e-6
        assert form.holds(values)
        assert form.worth(root.values) - 1e-6 <= form.worth(values) <= last + 1e-6
        last = form.worth(values)


def test_multipliers_of_the_relaxation_bound_either_sense():
    small = {"set-cover": {"rows": 30, "columns": 40}, "auction": {"items": 15, "bids": 30}}
    for name, fields in small.items():
        given = generate(name, 3, **fields).instance
        recorder = Recorder(Budget.start(10), given.sense)
        share = IlpShare(ILP, IlpForm.of(given), recorder)
        root = RelaxationEngine(share.form).root(time_s=10.0, iterations=10_000)
        share.prove(given.sense.sign * root.row_dual)
        assert recorder.best_bound == pytest.approx(given.c @ root.values)
        assert ILP.check_bound(given, recorder.best_bound, share.evidence) is not None


def test_first_order_steps_near_the_optimum_of_the_relaxation_from_outside():
    small = {
        "set-cover": {"rows": 30, "columns": 40},
        "auction": {"items": 30, "bids": 80},
        "generalised-assignment": {"agents": 3, "tasks": 8},
    }
    for name, fields in small.items():
        given = generate(name, 3, **fields).instance
        form = IlpForm.of(given)
        root = RelaxationEngine(form).root(time_s=10.0, iterations=10_000)
        optimum, method, bound = form.worth(root.values), Multipliers(form), -np.inf
        while method.error > 1e-4:
            method.run()
            assert bound <= method.bound <= optimum + 1e-9 * abs(optimum)
            assert method.steps < 20_000
            bound = method.bound
        assert method.bound == pytest.approx(optimum, rel=1e-3)
        assert form.worth(method.values) == pytest.approx(optimum, rel=1e-3)


def test_a_search_of_a_packing_proves_a_bound_near_the_relaxation_within_a_second():
    given = generate("auction", 3, items=200, bids=400).instance
    recorder = Recorder(Budget.start(10), given.sense)
    share = IlpShare(ILP, IlpForm.of(given), recorder)
    share.offer(np.zeros(given.n))
    bursts, end = Bursts(share), time.monotonic() + 1.0
    while time.monotonic() < end:
        bursts.go_on()
    root = RelaxationEngine(share.form).root(time_s=10.0, iterations=10_000)
    optimum = float(given.c @ root.values)
    assert optimum <= recorder.best_bound * (1 + 1e-9) <= 1.02 * optimum
    assert ILP.check_bound(given, recorder.best_bound, share.evidence) is not None
    assert share.form.worth(share.relaxation.values) == pytest.approx(-optimum, rel=1e-2)


def test_equal_seeds_and_rounds_give_equal_answers():
    given = generate("set-cover", 2, rows=150, columns=300, density=0.05).instance
    first, second = (solve(given, deterministic=True, iterations=30, seed=3) for _ in range(2))
    assert first.deterministic
    assert np.array_equal(first.solution, second.solution)


def test_threads_share_their_incumbent_and_a_warm_start_is_kept():
    given = generate("set-cover", 2, rows=100, columns=200, density=0.05).instance
    known = solve(given, time_s=1.0, threads=2)
    again = solve(given, time_s=0.2, warm_start=known.solution)
    assert again.objective <= known.objective


QUICK = {"finished": True, "presolved": False, "quick": True}


def test_a_size_keeps_below_what_took_too_long():
    size = Size(100.0, 1000)
    for _ in range(8):
        size.resize(0.0, 0.01, **QUICK)
    assert size.now == 1000
    size.resize(0.0, 0.5, finished=False, presolved=False, quick=False)
    for _ in range(10):
        size.resize(0.0, 0.01, **QUICK)
        assert size.now < 1000
    for _ in range(40):
        size.resize(0.0, 0.01, **QUICK)
    assert size.now == 1000, "it is tried again in the end"


@pytest.mark.parametrize(("hard_gain", "stays"), [(2.0, True), (200.0, False)])
def test_a_size_keeps_to_presolved_parts_where_they_gain_as_much_a_second(hard_gain, stays):
    """Parts above 700 columns cost 20 times as much as those below."""
    size, spent, hard = Size(100.0, 1000), 0.0, 0.0
    for turn in range(1000):
        easy = size.now <= 700
        gain = (1.0 if easy else hard_gain) if turn % 4 == 0 else 0.0
        cost = 0.02 if easy else 0.4
        spent, hard = spent + cost, hard + (0.0 if easy else cost)
        size.resize(gain, cost, finished=True, presolved=easy, quick=easy)
    assert (600 < size.now <= 740) == stays
    assert (hard < 0.3 * spent) == stays
