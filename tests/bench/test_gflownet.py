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
        columns = ("mean walk", "best of 20", "search 50 ms from the best")
        sign = 1 if line[0] == "minimum-dominating-set" else -1
        ratios = [sign * float(cells[name]) for name in columns]
        assert ratios == sorted(ratios, reverse=True), "each is at least as good as the last"
