import pytest

pytest.importorskip("torch", reason="SurCo needs torch")

from solverhub.bench.photonics import CHALLENGES, photonics


def test_the_table_has_a_line_for_each_challenge_and_method():
    header, *lines = photonics(1, {"side": 12, "shift": 1}, (10, 12))
    assert header[2:4] == ["10", "12"]
    assert {line[0] for line in lines} == set(CHALLENGES)
    for line in lines:
        before, after = (float(cell.split(", ")[1]) for cell in line[2:4])
        assert after <= before
        assert line[2].startswith(("0 of 1", "1 of 1"))
