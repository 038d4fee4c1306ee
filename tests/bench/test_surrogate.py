import pytest

pytest.importorskip("torch", reason="SurCo needs torch")

from solverhub.bench import surrogate


def test_a_line_of_tables_is_feasible_and_bounded():
    header, line = surrogate.sharding(2, sizes=(8,))
    cells = dict(zip(header, line, strict=True))
    assert cells["feasible"] == "100 %"
    floor = float(cells["lower bound"])
    values = {name: float(cells[name]) for name in surrogate.SHARDING}
    assert min(values.values()) >= floor
    assert values["surco-zero"] <= values["greedy"]
    assert values["surco-hybrid"] <= values["surco-prior"]
    assert values["sharding-branching"] == min(values.values())


def test_a_line_of_routes_has_three_deadlines():
    header, line = surrogate.routes(1, sides=(5,))
    cells = dict(zip(header, line, strict=True))
    assert len(cells["surco-zero"].split(" / ")) == 3
    assert cells["proved"] == "3 of 3"
    assert float(cells["zero / exact, least"].split()[0]) <= 100
    correlated = surrogate.routes(1, factors=2, sides=(4,))[0]
    assert "parametric-paths" not in correlated


def test_a_batch_tells_both_ratios():
    header, line = surrogate.batches(2, steps=3, rounds=1)
    cells = dict(zip(header, line, strict=True))
    assert cells["instances"] == "2"
    assert float(cells["ratio"]) > 0
    assert float(cells["solves a step"]) == pytest.approx(2, abs=0.4)
