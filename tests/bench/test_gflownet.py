"""The table of trained samplers, on one graph a family."""

import pytest

from solverhub.bench import gflownet


@pytest.mark.slow
def test_every_family_has_a_line_of_ratios(monkeypatch):
    monkeypatch.setattr(gflownet, "FROZEN", gflownet.FROZEN[:1])
    header, *lines = gflownet.measure()
    assert [line[0] for line in lines] == list(gflownet.GENERATORS)
    for line in lines:
        cells = dict(zip(header, line, strict=True))
        mean, best = float(cells["mean walk"]), float(cells["best of 20"])
        assert abs(best - 1) <= abs(mean - 1)
        assert abs(float(cells["search 50 ms from the best"]) - 1) <= abs(best - 1)
