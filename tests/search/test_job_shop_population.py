import numpy as np

from solverhub.search.job_shop_orders import random_order
from solverhub.search.job_shop_population import Population
from solverhub.search.job_shop_state import lay_out
from tests.search.job_shop_cases import classic

SHOP = classic(8, 5)
LAYOUT = lay_out(SHOP)
RANDOM = np.array([7], np.uint64)


def order():
    return random_order(SHOP, LAYOUT, 100, RANDOM)


def test_the_best_are_kept_and_only_better_ones_get_in():
    population = Population(LAYOUT, size=3, patience=100, meeting=2)
    for makespan in (50, 40, 60, 60, 45, 70):
        population.add(order(), makespan, 0.0, population.epoch)
    assert [elite.makespan for elite in population.elites] == [40, 45, 50]


def test_a_schedule_that_is_known_gets_in_only_if_it_is_better():
    population = Population(LAYOUT, size=3, patience=100, meeting=2)
    one = order()
    assert population.add(one, 50, 0.0, population.epoch)
    assert not population.add(one, 50, 0.0, population.epoch)
    assert not population.add(order(), 55, 1e9, population.epoch)
    assert population.add(order(), 45, 1e9, population.epoch)
    assert [elite.makespan for elite in population.elites] == [45]


def test_parents_are_given_once_the_population_is_full():
    population = Population(LAYOUT, size=2, patience=100, meeting=2)
    generator = np.random.default_rng(0)
    population.add(order(), 50, 0.0, population.epoch)
    assert population.two(generator) is None
    population.add(order(), 40, 0.0, population.epoch)
    one, other, apart = population.two(generator)
    assert {one.makespan, other.makespan} == {40, 50}
    assert apart > 0


def test_champions_of_converged_populations_meet_in_the_next_level():
    population = Population(LAYOUT, size=2, patience=1, meeting=2)
    best = iter((30, 20, 10, 25))
    for _ in range(2):
        for makespan in (next(best), 90):
            population.add(order(), makespan, 0.0, population.epoch)
        population.add(order(), 95, 0.0, population.epoch)
    assert population.level == 1
    assert [elite.makespan for elite in population.elites] == [20, 30]
    population.add(order(), 95, 0.0, population.epoch)
    assert population.level == 0
    assert population.filling
    assert [[e.makespan for e in level] for level in population.champions] == [[], [20]]


def test_what_was_begun_in_an_earlier_population_stays_out():
    population = Population(LAYOUT, size=2, patience=1, meeting=2)
    for makespan in (30, 90, 95):
        population.add(order(), makespan, 0.0, 0)
    assert population.epoch == 1
    assert not population.add(order(), 10, 0.0, 0)
    assert population.elites == []
