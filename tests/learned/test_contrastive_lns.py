"""The solver `contrastive-lns`: which model chooses, and what its neighbourhoods are."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from solverhub import catalog
from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams
from solverhub.core.result import Sense
from solverhub.exact.ilp_start import ilp_start
from solverhub.learned import contrastive_weights
from solverhub.learned.contrastive_lns import OneModelSearch
from solverhub.learned.contrastive_neighbourhood import Contrastive
from solverhub.problems.generators import generate
from solverhub.problems.integer_program import IntegerProgram
from solverhub.search.ilp_form import IlpForm
from solverhub.search.ilp_neighbourhoods import LnsState
from solverhub.search.ilp_removal import Removal, chosen_columns

SIZES = {
    "vertex-cover": {"n": 40, "m": 6},
    "independent-set": {"n": 80},
    "auction": {"items": 40, "bids": 80},
    "set-cover": {"columns": 80, "rows": 60, "density": 0.1},
}


def solve(parsed, **params):
    solver = catalog.solver("ilp", "contrastive-lns")
    budget = Budget.start(iterations=10, threads=1, deterministic=True)
    given = solver.Params.from_mapping(params)
    return solver.solve(parsed.instance, budget, params=given, seed=1)


@pytest.mark.parametrize("family", SIZES)
def test_a_program_gets_the_model_of_its_family(family):
    parsed = generate(family, 7, **SIZES[family])
    assert contrastive_weights.family_of(parsed.instance) == family
    result = solve(parsed)
    assert not parsed.problem.violations(parsed.instance, result.solution)
    model = contrastive_weights.load(f"contrastive-lns-{family}")
    assert (result.weights, result.training) == (model.digest, model.training)


def test_programs_of_no_family_are_searched_too():
    parsed = generate("lot-sizing", 1, items=2, periods=5)
    assert contrastive_weights.family_of(parsed.instance) is None
    result = solve(parsed)
    assert not parsed.problem.violations(parsed.instance, result.solution)
    with pytest.raises(InvalidParams):
        solve(parsed, model="contrastive-lns-nothing")


def test_in_programs_of_no_family_any_column_may_be_freed_unlike_by_removal():
    parsed = generate("lot-sizing", 14, items=6, periods=20)
    form, lns = IlpForm.of(parsed.instance), catalog.solver("ilp", "lns")
    few = Budget.start(iterations=5, threads=1, deterministic=True)
    point = lns.solve(parsed.instance, few, params=lns.Params(), seed=1).solution
    state = LnsState(form=form, point=point, worth=form.worth(point))

    def freed(rules):
        rng, found = np.random.default_rng(0), np.zeros(form.n, bool)
        for rule in rules:
            for _ in range(150):
                found[rule.propose(state, 20, rng).free] = True
        return found[form.whole]

    model = contrastive_weights.load("contrastive-lns-set-cover")
    rules = OneModelSearch(parsed.problem, model, removes=False).neighbourhoods(form)
    assert freed(rules).all()
    assert not freed([rule for rule in rules if isinstance(rule, Removal)]).all()


def test_neighbourhoods_have_their_size_and_the_best_scores_first():
    parsed = generate("set-cover", 3, **SIZES["set-cover"])
    form, x = IlpForm.of(parsed.instance), ilp_start(parsed.problem, parsed.instance)
    state = LnsState(form=form, point=x, worth=form.worth(x))
    chosen = Contrastive(contrastive_weights.load("contrastive-lns-set-cover").network)
    rng = np.random.default_rng(0)
    counts = np.zeros(form.n)
    for _ in range(4):
        free = chosen.propose(state, 20, rng).free
        assert len(set(free.tolist())) == 20
        counts[free] += 1
    scores = chosen.scores
    assert scores[counts >= 3].mean() > scores[counts == 0].mean()
    assert chosen.propose(state, 1000, rng).free.size == form.whole.size


def test_removal_by_scores_takes_the_best_of_the_chosen_and_frees_what_they_held():
    parsed = generate("auction", 3, items=400, bids=800)
    form, x = IlpForm.of(parsed.instance), ilp_start(parsed.problem, parsed.instance)
    state = LnsState(form=form, point=x, worth=form.worth(x))
    network = contrastive_weights.load("contrastive-lns-auction").network
    rule, rng = Contrastive(network, removes=True), np.random.default_rng(0)
    chosen = chosen_columns(form, x)
    counts, released = np.zeros(form.n), 0
    for _ in range(60):
        free = rule.propose(state, form.n // 4, rng).free
        assert len(set(free.tolist())) == free.size
        removed = np.intersect1d(free, chosen)
        assert removed.size == round(form.n // 4 * chosen.size / form.whole.size)
        counts[removed] += 1
        released += free.size - removed.size
    assert released > 0
    order = chosen[np.argsort(rule.scores[chosen])]
    half = order.size // 2
    assert counts[order[half:]].sum() > counts[order[:half]].sum()
    assert rule.propose(state, 1000, rng).free.size == form.whole.size


def test_equal_columns_are_drawn_at_random():
    program = IntegerProgram(
        sense=Sense.MINIMISE,
        c=np.ones(40),
        A=csr_array(np.ones((1, 40))),
        row_lower=np.array([3.0]),
        row_upper=np.array([np.inf]),
        lower=np.zeros(40),
        upper=np.ones(40),
        integer=np.ones(40, bool),
    )
    form, x = IlpForm.of(program), np.ones(40)
    state = LnsState(form=form, point=x, worth=form.worth(x))
    chosen = Contrastive(contrastive_weights.load("contrastive-lns-set-cover").network)
    rng = np.random.default_rng(0)
    drawn = {frozenset(chosen.propose(state, 10, rng).free.tolist()) for _ in range(4)}
    assert len(drawn) == 4
