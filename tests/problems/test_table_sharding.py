import math

import numpy as np
import pytest

from solverhub.core.errors import InputError, InvalidInstance, InvalidSolution
from solverhub.core.result import BoundCheck
from solverhub.problems.generators import generate
from solverhub.problems.reading import read
from solverhub.problems.sharding_bound import lower_bound
from solverhub.problems.sharding_model import LatencyModel
from solverhub.problems.table_sharding import TableSharding
from tests.support.sharding import best_ms, random_task

PROBLEM = TableSharding()
TASK = {
    "problem": "table-sharding",
    "devices": 2,
    "memory_bytes": 1000,
    "tables": [
        {"name": "a", "dim": 4, "rows": 50},
        {"name": "b", "dim": 4, "rows": 10, "pooling": 3},
        {"name": "c", "dim": 2, "rows": 100},
    ],
}


def with_table(**fields):
    return TASK | {"tables": [TASK["tables"][0] | fields, *TASK["tables"][1:]]}


def test_the_time_of_a_device_by_hand():
    model = {"batch": 1_000_000, "memory_gbps": 12, "link_gbps": 8, "idle_ms": 2, "fill_ms": 5}
    model |= {"launch_ms": 1, "latency_ms": 3, "cache_ms": 4, "cached": 0.5}
    reuse = [0.0, 1.0] + [0.0] * 15
    parsed = read(TASK | {"model": model, "tables": [{"dim": 4, "rows": 9, "reuse": reuse}]})
    # 48 MB read in 4 ms, half of it again and then for half the time; 32 MB / 2 sent in 2 ms
    work, repeats = 2 + 2 * 0.5, 2 * 0.5
    expected = 1 + 3 + work + 2 * (1 - math.exp(-work / 5)) + repeats**2 / (repeats + 4) + 2
    assert PROBLEM.objective(parsed.instance, np.array([1])) == pytest.approx(expected, rel=1e-12)


def test_fused_tables_differ_from_the_sum_of_single_ones():
    rng = np.random.default_rng(0)
    shares = []
    for seed in range(20):
        instance = generate("random-tables", seed, tables=30).instance
        device = rng.integers(0, instance.devices, instance.n)
        fused, single = instance.device_ms(device), np.bincount(device, instance.single, 4)
        shares += list(single / fused - 1)
    assert np.median(shares) >= 0.1


def test_memory_is_judged_to_the_byte():
    instance = read(TASK).instance
    assert PROBLEM.violations(instance, np.array([0, 1, 1])) == []
    (broken,) = PROBLEM.violations(instance, np.array([0, 1, 0]))
    assert (broken.constraint, broken.amount) == ("memory", 600.0)
    (off,) = PROBLEM.violations(instance, np.array([0, 1, 2]))
    assert off.constraint == "device"
    assert PROBLEM.objective(instance, np.array([0, 1, 2])) == math.inf


def test_no_placement_beats_the_bound():
    rng = np.random.default_rng(4)
    ratios = []
    for _ in range(25):
        instance = random_task(rng, tight=bool(rng.random() < 0.5))
        best = best_ms(instance)
        if best is None:
            continue
        assert lower_bound(instance) <= best
        assert PROBLEM.check_bound(instance, lower_bound(instance), None) is BoundCheck.RECOMPUTED
        assert PROBLEM.check_bound(instance, best * 1.01, None) is None
        ratios.append(lower_bound(instance) / best)
    assert np.median(ratios) > 0.9


def test_forms_and_digest_survive_a_round_trip():
    parsed = read(TASK)
    again = PROBLEM.from_wire(PROBLEM.to_wire(parsed.instance, parsed.naming))
    assert PROBLEM.digest(again.instance) == PROBLEM.digest(parsed.instance)
    assert PROBLEM.digest(read(with_table(pooling=2)).instance) != PROBLEM.digest(again.instance)
    other = read(TASK | {"model": {"idle_ms": 9}}).instance
    assert PROBLEM.digest(other) != PROBLEM.digest(again.instance)
    device = np.array([0, 1, 1])
    wire = PROBLEM.solution_to_wire(parsed.instance, device)
    assert max(wire["device_ms"]) == PROBLEM.objective(parsed.instance, device)
    assert np.array_equal(PROBLEM.solution_from_wire(parsed.instance, wire), device)


def test_a_task_without_enough_memory_tells_the_shortfall():
    short = read(TASK | {"memory_bytes": 850})
    assert PROBLEM.check_infeasible(short.instance, None)
    assert short.warnings == ("the tables need 1760 bytes, 60 more than all devices have",)
    wide = read(with_table(rows=1000))
    assert PROBLEM.check_infeasible(wide.instance, None)
    assert "table a needs 16000 bytes, 15000 more than any device has" in wide.warnings
    assert not PROBLEM.check_infeasible(read(TASK).instance, None)


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ({**TASK, "tables": []}, "no table"),
        ({**TASK, "tables": 3}, "tables"),
        ({**TASK, "devices": 0}, "devices"),
        ({**TASK, "devices": 2.5}, "devices"),
        ({**TASK, "memory_bytes": None}, "memory_bytes"),
        ({**TASK, "model": {"speed": 1}}, "speed"),
        ({**TASK, "model": {"memory_gbps": 0}}, "memory_gbps"),
        ({**TASK, "model": {"cached": 2}}, "cached"),
        (with_table(dim=0), "table a has dim 0"),
        (with_table(rows=-1), "table a has rows -1"),
        (with_table(pooling=-1), "table a has pooling -1"),
        (with_table(pooling="x"), "table a"),
        (with_table(reuse=[0.5] * 17), "reuse of table a"),
        (with_table(reuse=[1.0]), "reuse of table a"),
        (with_table(hash=1), "hash"),
        (with_table(name="b"), "one name"),
    ],
)
def test_bad_tasks_are_named(wire, words):
    with pytest.raises((InvalidInstance, InputError), match=words):
        PROBLEM.from_wire(wire)


@pytest.mark.parametrize("device", [[0, 1], [0, 1, 2], [0, 1, True], "0 1 1", None])
def test_bad_solutions_are_named(device):
    with pytest.raises(InvalidSolution):
        PROBLEM.solution_from_wire(read(TASK).instance, {"device": device})


def test_the_model_is_one_function():
    model = LatencyModel()
    sums = np.random.default_rng(1).uniform(0, 9, (5, 4, 3))
    assert np.array_equal(model.latency(sums)[2], model.latency(sums[2]))
    assert model.latency(np.zeros(3)) == model.launch_ms + model.latency_ms
