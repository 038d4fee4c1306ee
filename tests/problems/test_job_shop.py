"""The job-shop family: its judge against brute force, its digest, its JSON form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InvalidInstance, InvalidSolution
from solverhub.core.problem import Source
from solverhub.core.result import BoundCheck, Sense
from solverhub.problems.generators.job_shop import random_job_shop
from solverhub.problems.job_shop import MOST_MACHINES, JobShop, ShopInstance
from solverhub.problems.job_shop_text import LARGEST

PROBLEM = JobShop()
JOBS = st.lists(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=3), min_size=1, max_size=3
).filter(lambda jobs: any(jobs) and sum(map(len, jobs)) <= 7)


def schedules(instance: ShopInstance) -> Iterator[np.ndarray]:
    """The earliest schedule of every order of operations that keeps the jobs' orders.

    Every active schedule, and so an optimal one, is among them.
    """
    jobs = instance.job.tolist()
    for order in set(itertools.permutations(jobs)):
        start = np.zeros(instance.n_operations, dtype=np.int64)
        following = instance.indptr[:-1].tolist()
        job_free, machine_free = [0] * instance.n_jobs, [0] * instance.n_machines
        for job in order:
            operation = following[job]
            following[job] += 1
            machine = instance.machine[operation]
            start[operation] = max(job_free[job], machine_free[machine])
            end = int(start[operation] + instance.duration[operation])
            job_free[job] = machine_free[machine] = end
        yield start


def feasible_by_definition(instance: ShopInstance, start: np.ndarray) -> bool:
    """Every pair of operations, straight from the definition."""
    end, job = start + instance.duration, instance.job
    if (start < 0).any():
        return False
    for a, b in itertools.combinations(range(instance.n_operations), 2):
        if job[a] == job[b] and b == a + 1 and end[a] > start[b]:
            return False
        same = instance.machine[a] == instance.machine[b]
        if same and end[a] > start[b] and end[b] > start[a]:
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(JOBS)
def test_brute_force_schedules_are_feasible_and_above_the_bound(jobs: list) -> None:
    instance = ShopInstance.from_jobs(jobs)
    makespans = []
    for start in schedules(instance):
        assert PROBLEM.violations(instance, start) == []
        makespans.append(PROBLEM.objective(instance, start))
        assert makespans[-1] == (start + instance.duration).max()
    best = min(makespans)
    assert PROBLEM.check_bound(instance, best + 1, None) is None
    bound = PROBLEM.summary(instance)["lower_bound"]
    assert bound <= best
    assert PROBLEM.check_bound(instance, bound, {"machine": 0}) is BoundCheck.RECOMPUTED
    assert PROBLEM.check_bound(instance, bound + 1, {"machine": 0}) is None


@settings(max_examples=300, deadline=None)
@given(JOBS, st.data())
def test_violations_agree_with_the_definition(jobs: list, data: st.DataObject) -> None:
    instance = ShopInstance.from_jobs(jobs)
    values = st.lists(
        st.integers(-1, 20), min_size=instance.n_operations, max_size=instance.n_operations
    )
    start = np.array(data.draw(values), dtype=np.int64)
    found = PROBLEM.violations(instance, start)
    assert (found == []) == feasible_by_definition(instance, start)
    assert found == sorted(found, key=lambda broken: -broken.amount)


def test_violations_name_job_operation_and_machine() -> None:
    instance = ShopInstance.from_jobs([[(0, 5), (1, 3)], [(0, 2)]])
    messages = [
        broken.message for broken in PROBLEM.violations(instance, np.array([0, 4, -3], np.int64))
    ]
    assert messages == [
        "job 1 operation 0 starts at -3",
        "job 0 operation 1 starts 1 before its predecessor ends",
    ]
    overlap = PROBLEM.violations(instance, np.array([0, 5, 3], np.int64))
    assert [broken.message for broken in overlap] == [
        "job 0 operation 0 and job 1 operation 0 overlap by 2 on machine 0"
    ]


def test_an_operation_of_no_duration_does_not_lie_inside_another() -> None:
    instance = ShopInstance.from_jobs([[(0, 10)], [(0, 0)]])
    assert PROBLEM.violations(instance, np.array([0, 5], np.int64))
    for edge in (0, 10):
        assert PROBLEM.violations(instance, np.array([0, edge], np.int64)) == []


def test_extreme_starts_do_not_overflow() -> None:
    instance = ShopInstance.from_jobs([[(0, LARGEST - 1), (1, 1)], [(0, 0)]])
    top, bottom = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    for start in ([0, top, 0], [bottom, 0, 0], [top, top, top], [0, LARGEST, bottom]):
        assert PROBLEM.violations(instance, np.array(start, np.int64))
    assert PROBLEM.objective(instance, np.array([top, 0, 0], np.int64)) == top + LARGEST - 1
    assert PROBLEM.violations(instance, np.array([0, LARGEST - 1, 0], np.int64)) == []


def test_at_most_a_hundred_violations_are_listed() -> None:
    instance = random_job_shop(50, 50, seed=0)
    found = PROBLEM.violations(instance, np.zeros(2500, np.int64))
    assert len(found) == 100


@pytest.mark.parametrize("start", [np.zeros(2, np.int64), np.zeros(3), np.zeros((3, 1), np.int64)])
def test_a_solution_of_the_wrong_form_is_refused(start: np.ndarray) -> None:
    instance = ShopInstance.from_jobs([[(0, 5), (1, 3)], [(0, 2)]])
    with pytest.raises(InvalidSolution, match="int64"):
        PROBLEM.objective(instance, start)
    with pytest.raises(InvalidSolution, match="int64"):
        PROBLEM.violations(instance, start)


@given(JOBS)
def test_the_json_form_gives_the_instance_and_its_digest_back(jobs: list) -> None:
    instance = ShopInstance.from_jobs(jobs)
    back = PROBLEM.from_wire(PROBLEM.to_wire(instance)).instance
    assert PROBLEM.to_wire(back) == PROBLEM.to_wire(instance)
    assert PROBLEM.digest(back) == PROBLEM.digest(instance)
    start = next(schedules(instance))
    wire = PROBLEM.solution_to_wire(instance, start)
    assert [len(row) for row in wire["start"]] == [len(job) for job in jobs]
    assert (PROBLEM.solution_from_wire(instance, wire) == start).all()


def test_the_digest_tells_instances_apart() -> None:
    jobs = [[(0, 5), (1, 3)], [(0, 2)]]
    variants = [jobs, jobs[::-1], [[(0, 5)], [(1, 3), (0, 2)]], [[(0, 5), (1, 4)], [(0, 2)]]]
    digests = {PROBLEM.digest(ShopInstance.from_jobs(variant)) for variant in variants}
    assert len(digests) == len(variants)
    assert PROBLEM.digest(ShopInstance.from_jobs(jobs, 9)) == PROBLEM.digest(
        ShopInstance.from_jobs(jobs)
    )


def test_the_sense_and_the_form() -> None:
    instance = random_job_shop(3, 4, seed=1)
    assert PROBLEM.sense(instance) is Sense.MINIMISE
    assert PROBLEM.integral(instance)
    assert PROBLEM.solution_form(instance) == (np.dtype(np.int64), (12,))
    assert not PROBLEM.check_infeasible(instance, {"farkas": [1.0]})


def test_the_summary_counts() -> None:
    summary = PROBLEM.summary(ShopInstance.from_jobs([[(0, 5), (1, 3), (0, 1)], [(0, 2)]]))
    assert summary == {
        "jobs": 2,
        "machines": 2,
        "operations": 4,
        "longest_job_operations": 3,
        "revisits": True,
        "min_duration": 1,
        "max_duration": 5,
        "total_duration": 11,
        "lower_bound": 9,
    }


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ({}, '"jobs"'),
        ({"jobs": 3}, '"jobs"'),
        ({"jobs": []}, "no operations"),
        ({"jobs": [[], []]}, "no operations"),
        ({"jobs": [[[0, 1]], 7]}, "job 1 is not a list"),
        ({"jobs": [[[0, 1], [1]]]}, "job 0 operation 1"),
        ({"jobs": [[[0, 1.5]]]}, "whole numbers"),
        ({"jobs": [[[0, True]]]}, "whole numbers"),
        ({"jobs": [[[0, "1"]]]}, "whole numbers"),
        ({"jobs": [[[-1, 1]]]}, "machine -1"),
        ({"jobs": [[[0, -1]]]}, "negative duration -1"),
        ({"jobs": [[[3, 1]]], "machines": 3}, "on machine 3"),
        ({"jobs": [[[0, 1]]], "machines": "3"}, "machines"),
        ({"jobs": [[[MOST_MACHINES, 1]]]}, "1000001 machines"),
        ({"jobs": [[[0, 2**60]] * 3]}, "add up to"),
        ({"jobs": [[[0, 10**30]]]}, "add up to"),
        ({"jobs": [[[0, 1]]], "edges": []}, "unknown key 'edges'"),
    ],
)
def test_bad_json_instances_are_refused(wire: dict, message: str) -> None:
    with pytest.raises(InvalidInstance, match=message):
        PROBLEM.from_wire(wire)


@pytest.mark.parametrize(
    "wire",
    [
        {},
        {"start": 3},
        {"start": [[0, 5]]},
        {"start": [[0], [0]]},
        {"start": [[0, 5], [None]]},
        {"start": [[0, 5.5], [0]]},
        {"start": [[0, 10**30], [0]]},
        [],
    ],
)
def test_bad_json_solutions_are_refused(wire: dict) -> None:
    instance = ShopInstance.from_jobs([[(0, 5), (1, 3)], [(0, 2)]])
    with pytest.raises(InvalidSolution, match="start"):
        PROBLEM.solution_from_wire(instance, wire)


def test_parse_tells_json_from_text() -> None:
    text = PROBLEM.parse(Source("a.jsp", b"1 2\n0 4 1 5\n"))
    json = PROBLEM.parse(Source("a.json", b' {"jobs": [[[0, 4], [1, 5]]]}'))
    assert PROBLEM.digest(text.instance) == PROBLEM.digest(json.instance)


@pytest.mark.parametrize("n_jobs", [1, 5])
def test_shops_of_one_machine_or_one_job(n_jobs: int) -> None:
    for instance in (random_job_shop(n_jobs, 1, seed=2), random_job_shop(1, n_jobs, seed=2)):
        start = next(schedules(instance))
        total = int(instance.duration.sum())
        assert PROBLEM.objective(instance, start) == total
        assert PROBLEM.check_bound(instance, total, None) is BoundCheck.RECOMPUTED
