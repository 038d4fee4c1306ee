"""The lines of the metric table."""

from solverhub.bench import metric, min_plus


def test_a_line_has_both_solvers_and_a_closed_gap():
    cells = dict(zip(metric.HEADER, metric.line("product", 40), strict=True))
    assert cells["bound"] == "recomputed"
    assert float(cells["gap"]) <= metric.GAP
    assert cells["triangle-fixing"].endswith(" s")


def test_shortest_paths_are_timed():
    header, cpu, *_ = min_plus.measure(128)
    assert float(cpu[header.index("seconds")]) > 0
