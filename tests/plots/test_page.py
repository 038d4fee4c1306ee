"""Pictures of every kind of result, and what cannot be drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from solverhub.core.errors import InvalidParams
from solverhub.core.problem import Parsed
from solverhub.core.result import Reason, Result, Termination, TracePoint
from solverhub.exact.job_shop_start import dispatch
from solverhub.plots import draw, picture, require
from solverhub.plots.cost_matrix import shared_costs
from solverhub.plots.graphs import MOST_VERTICES
from solverhub.plots.samples import histogram, objectives
from solverhub.problems import families
from solverhub.problems.generators import GRAPH_PROBLEMS, generate
from solverhub.problems.job_shop import ShopInstance
from solverhub.problems.judge import verify
from solverhub.problems.metric_judge import closure

TRACE = (TracePoint(0.1, None, 3), TracePoint(0.5, 9, 3), TracePoint(0.7, 8, 4))
PNG = b"\x89PNG"


def result_of(parsed: Parsed, solution: np.ndarray | None) -> Result:
    given = Result(
        termination=Termination(Reason.FEASIBLE, None),
        solution=solution,
        bound=0,
        trace=TRACE,
        wall_s=1.0,
        problem=parsed.problem.name,
        solver="by hand",
        parsed=parsed,
    )
    return verify(given, parsed)


def shop() -> tuple[Parsed, np.ndarray]:
    parsed = generate("random-job-shop", 1, n_jobs=4, n_machines=3)
    one_after_another = np.cumsum(parsed.instance.duration) - parsed.instance.duration
    return parsed, one_after_another.astype(np.int64)


def graph(problem: str, n: int = 12) -> Parsed:
    return generate("er", 2, problem=problem, n=n, p=0.3)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_schedule(tmp_path: Path, suffix: str) -> None:
    parsed, start = shop()
    result = result_of(parsed, start)
    assert result.verified
    path = tmp_path / f"g.{suffix}"
    draw(result, path)
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("problem", ["job-shop", "cubic-correlation-clustering", *GRAPH_PROBLEMS])
def test_every_family_with_a_picture(tmp_path: Path, problem: str) -> None:
    if problem == "job-shop":
        parsed, solution = shop()
    elif problem == "cubic-correlation-clustering":
        parsed = generate("planted-triples", 1, n=1)
        solution = np.arange(8) % 3
    else:
        parsed = graph(problem)
        dtype, shape = parsed.problem.solution_form(parsed.instance)
        feasible = "minimum" in problem
        solution = (np.ones if feasible else np.zeros)(shape, dtype=dtype)
    result = result_of(parsed, solution)
    assert result.verified
    draw(result, tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)


def test_a_heat_map_shows_what_clusters_cost() -> None:
    instance = generate("planted-triples", 1, n=1).instance
    whole = shared_costs(instance).sum() / 2
    assert whole == pytest.approx(instance.costs().sum())
    parsed = generate("planted-triples", 1, n=1)
    axes = result_of(parsed, np.arange(8) // 3).plot().axes[0]
    assert [patch.get_width() for patch in axes.patches] == [3, 3, 2]


def test_a_result_draws_itself(tmp_path: Path) -> None:
    parsed, start = shop()
    result = result_of(parsed, start)
    figure = result.plot(tmp_path / "p.svg")
    assert (tmp_path / "p.svg").stat().st_size > 1000
    makespan = parsed.problem.objective(parsed.instance, start)
    schedule, trace = figure.axes
    assert str(makespan) in schedule.get_xlabel()
    assert len(schedule.patches) == parsed.instance.n_operations
    assert trace.get_xlabel() == "seconds"
    assert len(result.plot().axes) == 2
    with pytest.raises(InvalidParams, match="png"):
        result.plot(tmp_path / "p.nope")


def test_numbers_stand_where_they_fit_in_a_large_shop(tmp_path: Path) -> None:
    parsed = generate("random-job-shop", 1, n_jobs=100, n_machines=20)
    solution = dispatch(parsed.instance)
    figure = result_of(parsed, solution).plot(tmp_path / "p.png")
    labels = figure.axes[0].texts
    assert 0 < len(labels) < parsed.instance.n_operations
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    bars = {}
    for bar in figure.axes[0].patches:
        box = bar.get_window_extent(renderer)
        bars[round(box.x0 + box.x1), round(box.y0 + box.y1)] = box
    for label in labels[::50]:
        x, y = label.get_transform().transform(label.get_position())
        bar = bars[round(2 * x), round(2 * y)]
        assert label.get_window_extent(renderer).width <= 1.1 * bar.width


def test_a_shop_without_work(tmp_path: Path) -> None:
    shop = ShopInstance.from_jobs([[(3, 0)], []])
    parsed = Parsed(families.get("job-shop"), shop)
    draw(result_of(parsed, np.zeros(1, np.int64)), tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)


def test_without_a_solution_there_is_the_trace(tmp_path: Path) -> None:
    parsed, _ = shop()
    draw(result_of(parsed, None), tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)


def test_a_large_graph_has_a_trace_alone(tmp_path: Path) -> None:
    parsed = graph("max-cut", MOST_VERTICES + 1)
    draw(result_of(parsed, np.zeros(MOST_VERTICES + 1, np.int8)), tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)


def test_an_empty_result_is_drawn(tmp_path: Path) -> None:
    draw(Result(termination=Termination(Reason.NO_SOLUTION, None)), tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("name", ["p", "p.nope", "p.json"])
def test_unknown_kinds_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidParams, match="png"):
        require(tmp_path / name)


@pytest.mark.parametrize(("name", "n"), [("uniform", 12), ("uniform", 310), ("sparse", 30)])
def test_distances_before_and_after_are_drawn(tmp_path, name, n):
    parsed = generate(f"{name}-distances", 0, n=n)
    result = result_of(parsed, closure(parsed.instance))
    draw(result, tmp_path / "metric.png")
    assert (tmp_path / "metric.png").read_bytes().startswith(PNG)
    axes = picture(result).axes
    matrices = parsed.instance.complete and n < 300
    assert len(axes[0].images) == (2 if matrices else 0)
    assert len(axes[0].collections) == (0 if matrices else 1)


def test_a_pool_has_a_histogram(tmp_path: Path) -> None:
    parsed = graph("maximum-independent-set")
    single = np.eye(parsed.instance.n, dtype=bool)
    nothing = np.zeros(parsed.instance.n, bool)
    everything = ~nothing
    given = replace(result_of(parsed, single[0]), pool=(single[1], nothing, everything))
    assert objectives(given) == [1.0, 1.0, 0.0]
    figure = picture(given)
    assert len(figure.axes) == 3
    assert sorted(bar.get_height() for bar in figure.axes[-1].patches) == [1, 2]
    draw(given, tmp_path / "pool.png")
    assert objectives(result_of(parsed, single[0])) == []
    histogram(figure.axes[-1], [0.25, 0.5, 900.0])


def test_an_edge_coloured_clustering(tmp_path: Path) -> None:
    parsed = generate("planted-colours", 1, n=30, m=40)
    result = result_of(parsed, np.zeros(30, np.int64))
    draw(result, tmp_path / "g.png")
    assert (tmp_path / "g.png").stat().st_size > 1000
    empty = families.get("edge-coloured-clustering").from_wire({"edges": [], "n": 2})
    draw(result_of(empty, np.zeros(2, np.int64)), tmp_path / "e.png")
    assert (tmp_path / "e.png").read_bytes().startswith(PNG)
