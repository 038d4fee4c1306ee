"""The lines of the metric table."""

from solverhub.bench import metric


def test_a_line_has_both_solvers_and_a_closed_gap():
    cells = dict(zip(metric.HEADER, metric.line("product", 40), strict=True))
    assert cells["bound"] == "recomputed"
    assert float(cells["gap"]) <= metric.GAP
    assert cells["triangle-fixing"].endswith(" s")
