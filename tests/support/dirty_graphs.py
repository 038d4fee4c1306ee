"""Graph files as they come: each name with its text, and the graph that it means.

The number of a case is the name of its file; ids that are not 0..n-1 are in `ids`.
"""

import json
from dataclasses import dataclass, field

from brute_force import graph_optimum

from solverhub.problems.graph import Graph

HUGE = 2**53 + 1
FAR = 30_000


@dataclass(frozen=True)
class Dirty:
    file: str
    text: str
    graph: Graph
    ids: list = field(default_factory=list)


def _graph(n, edges=(), weights=None):
    edges = list(edges)
    u, v = zip(*edges, strict=True) if edges else ((), ())
    return Graph.from_edges(n, u, v, weights)


def _json(n, edges, weights=None):
    given = {} if weights is None else {"weights": weights}
    return json.dumps({"n": n, "edges": edges, **given})


def _weighted(weights):
    edges = [[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]]
    return _json(4, edges, weights), _graph(4, edges, weights)


def _pieces():
    """Too many vertices for any dense form: paths of three vertices side by side."""
    left = list(range(0, FAR, 3))
    u = left + [x + 1 for x in left]
    v = [x + 1 for x in u]
    return json.dumps({"n": FAR, "edges": {"u": u, "v": v}}), _graph(FAR, zip(u, v, strict=True))


_COMPLETE = [[a, b] for a in range(9) for b in range(a)]

CASES = (
    Dirty("loops.edges", "0 0\n0 1\n1 2\n2 2\n", _graph(3, [(0, 1), (1, 2)])),
    Dirty("repeated.edges", "0 1\n1 0\n0 1\n1 2\n2 1\n", _graph(3, [(0, 1), (1, 2)])),
    Dirty("isolated.json", _json(5, [[0, 1]]), _graph(5, [(0, 1)])),
    Dirty("empty.json", _json(0, []), _graph(0)),
    Dirty("one.json", _json(1, []), _graph(1)),
    Dirty("apart.json", _json(6, [[0, 1], [1, 2], [3, 4]]), _graph(6, [(0, 1), (1, 2), (3, 4)])),
    Dirty(
        "from-one.col",
        "c comment\np edge 4 3\ne 1 2\ne 2 3\ne 3 4\n",
        _graph(4, [(0, 1), (1, 2), (2, 3)]),
        [1, 2, 3, 4],
    ),
    Dirty("gaps.edges", "10 20\n20 999\n", _graph(3, [(0, 1), (1, 2)]), [10, 20, 999]),
    Dirty("negative.json", *_weighted([-2, 3, -1, 4])),
    Dirty("fractions.json", *_weighted([0.5, 2.25, 0.125, -1.75])),
    Dirty("huge.json", *_weighted([HUGE, HUGE + 1, 2**60, 3])),
    Dirty("complete.json", _json(9, _COMPLETE), _graph(9, _COMPLETE)),
    Dirty("far.json", *_pieces()),
)


def optimum_of(case, problem):
    """By brute force, or as is plain of the paths of three."""
    if case.graph.n < FAR:
        return graph_optimum(problem, case.graph)
    return {"maximum-clique": 2, "maximum-independent-set": 2 * FAR // 3}.get(problem, FAR // 3)


def check(case, problem, answer):
    """The answer in JSON form is verified, optimal, exact, and in the ids of the file."""
    optimum = optimum_of(case, problem)
    assert answer["verified"] is True, case.file
    assert answer["objective"] == optimum, case.file
    assert isinstance(answer["objective"], type(optimum)), case.file
    known = set(case.ids or range(case.graph.n))
    selected = answer["solution"]["selected"]
    assert len(set(selected)) == len(selected)
    assert set(selected) <= known, case.file
