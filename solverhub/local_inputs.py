"""Whatever a Python user holds, as an instance.

Objects of other packages are told by their class without importing the package.
Positions of a solution array follow the object's own order: `list(graph)` for networkx,
node numbers for PyTorch Geometric and matrices, `problem.variables()` for PuLP.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidInstance
from solverhub.core.problem import Parsed
from solverhub.problems import families
from solverhub.problems.graph import as_weights
from solverhub.problems.graph_family import GraphFamily
from solverhub.problems.graph_formats.raw import RawGraph
from solverhub.problems.reading import read

_INSTANCES = {
    "IntegerProgram": "ilp",
    "QuadraticProgram": "qp",
    "ShopInstance": "job-shop",
    "RouteInstance": "route-planning",
    "PhotonicInstance": "photonic-design",
    "ShardingInstance": "table-sharding",
}


def to_parsed(
    x: Any, problem: str | None = None, *, signs: bool = False, symmetrise: bool = False
) -> Parsed:
    """The instance that `x` is or names.

    - A path, bytes of a file, or a mapping in JSON form: as `problems.reading.read` has it.
    - A `Parsed`; an `IntegerProgram`, `QuadraticProgram`, `ShopInstance`, `RouteInstance`,
      `ShardingInstance` or (with `problem`) `Graph`.
    - A networkx graph: edge attribute `weight` for max-cut, node attribute `weight` for
      the other families; absent ones count as 1, parallel edges add up.
    - A PyTorch Geometric `Data`: an edge given in both directions is one edge; weights
      are `edge_weight` or one column of `edge_attr`, and `node_weight`.
    - A square NumPy or SciPy matrix: the symmetric adjacency matrix, entries as weights; with the
      problem metric-nearness a NumPy matrix of distances.
    - A PuLP problem; a CVXPY problem that is a quadratic program.
    - A tuple (P, q, A, l, u), then r and `integer` if wanted, of a quadratic program: dense or
      sparse matrices and flat vectors, None for what is absent.
    - Jobs of (machine, duration) pairs, as nested sequences or an array (n_jobs, k, 2).

    Raises `InvalidInstance` where the type is none of these or needs `problem`.
    """
    if isinstance(x, Parsed):
        _require(problem, x.problem.name)
        return x
    if isinstance(x, str | os.PathLike | bytes | Mapping):
        return read(x, problem, signs=signs, symmetrise=symmetrise)
    kinds = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(x).__mro__}
    if "solverhub.Graph" in kinds:
        return Parsed(_graph_family(problem, x), x)
    for name, family in _INSTANCES.items():
        if f"solverhub.{name}" in kinds:
            _require(problem, family)
            return Parsed(families.get(family), x)
    if "pulp.LpProblem" in kinds:
        from solverhub.pulp_model import parsed_of

        _require(problem, "ilp")
        return parsed_of(x)
    if "cvxpy.Problem" in kinds:
        from solverhub.cvxpy_model import parsed_of as quadratic

        _require(problem, "qp")
        return quadratic(x)
    if problem in (None, "qp") and isinstance(x, tuple) and 5 <= len(x) <= 7:
        return _from_arrays(x)
    if problem == "metric-nearness" and "numpy.ndarray" in kinds:
        return families.get(problem).from_wire({"distances": x, "symmetrise": symmetrise})
    return _from_structure(x, kinds, problem, signs)


def _from_arrays(parts: tuple[Any, ...]) -> Parsed:
    from solverhub.problems.qp_formats.arrays import model_of_arrays

    fields = dict(zip(("P", "q", "A", "l", "u", "r", "integer"), parts, strict=False))
    if fields["q"] is None:
        raise InvalidInstance("q is None", remedy="give (P, q, A, l, u), with zeros for no q")
    model = model_of_arrays(fields)
    return Parsed(families.get("qp"), model.program, warnings=model.warnings)


def _from_structure(x: Any, kinds: set[str], problem: str | None, signs: bool) -> Parsed:
    if "networkx.Graph" in kinds:
        family = _graph_family(problem, x)
        return family.build(_networkx(x, family), x.name or "graph", signs=signs)
    if "torch_geometric.BaseData" in kinds:
        family = _graph_family(problem, x)
        return family.build(_geometric(x, family), "graph", signs=signs)
    if any(kind.startswith("scipy.") and hasattr(x, "tocoo") for kind in kinds):
        return _graph_family(problem, x).build(_matrix(x.tocoo()), "matrix", signs=signs)
    if "numpy.ndarray" in kinds and x.ndim == 2:
        from scipy.sparse import coo_array

        return _graph_family(problem, x).build(_matrix(coo_array(x)), "matrix", signs=signs)
    if problem == "job-shop" and ("numpy.ndarray" in kinds or isinstance(x, Sequence)):
        return families.get("job-shop").from_wire({"jobs": _nested(x)})
    raise InvalidInstance(
        f"an object of type {type(x).__name__} is no instance"
        + (f" of {problem}" if problem else ""),
        remedy="give a path, an instance, a graph of networkx or PyTorch Geometric, "
        "a PuLP or CVXPY problem, (P, q, A, l, u), an adjacency matrix, or the JSON form",
    )


def _require(problem: str | None, family: str) -> None:
    if problem not in (None, family):
        raise InvalidInstance(
            f"the instance is one of {family}, not of {problem}", remedy="leave the problem out"
        )


def _graph_family(problem: str | None, x: Any) -> GraphFamily:
    kind = type(x).__name__
    if problem is None:
        raise InvalidInstance(
            f"a {kind} fits several problems",
            remedy="name one with problem=, such as max-cut or maximum-independent-set",
        )
    family = families.get(problem)
    if not isinstance(family, GraphFamily):
        raise InvalidInstance(
            f"{problem} has no instances of type {kind}", remedy="name a problem on graphs"
        )
    return family


def _networkx(graph: Any, family: GraphFamily) -> RawGraph:
    if graph.is_directed():
        raise InvalidInstance("the graph is directed", remedy="pass graph.to_undirected()")
    nodes = list(graph)
    place = {node: i for i, node in enumerate(nodes)}
    edges = list(graph.edges(data="weight"))
    u = np.array([place[edge[0]] for edge in edges], dtype=np.int64)
    v = np.array([place[edge[1]] for edge in edges], dtype=np.int64)
    edge_weights = vertex_weights = None
    if family.edge_weighted:
        edge_weights = _weights([edge[2] for edge in edges], "edge weights")
        if edge_weights is None and graph.is_multigraph():
            edge_weights = np.ones(len(edges), dtype=np.int64)
    else:
        given = [weight for _, weight in graph.nodes(data="weight")]
        vertex_weights = _weights(given, "node weights")
    return RawGraph(len(nodes), u, v, edge_weights, vertex_weights, _ids(nodes))


def _weights(given: list[Any], what: str) -> np.ndarray | None:
    """None where no weight is given; one that is missing among others is 1."""
    if all(weight is None for weight in given):
        return None
    return as_weights([1 if weight is None else weight for weight in given], what, len(given))


def _ids(nodes: list[Any]) -> list[int | str] | None:
    """Integers and strings stand for themselves, other nodes for their text."""
    if all(type(node) is int and node == i for i, node in enumerate(nodes)):
        return None
    ids = [_id(node) for node in nodes]
    if len(set(ids)) < len(ids):
        raise InvalidInstance(
            "two nodes have the same text",
            remedy="name the nodes by distinct integers or strings",
        )
    return ids


def _id(node: Any) -> int | str:
    if isinstance(node, np.integer):
        return int(node)
    return node if type(node) in (int, str) else str(node)


def _geometric(data: Any, family: GraphFamily) -> RawGraph:
    if data.edge_index is None:
        raise InvalidInstance("the Data has no edge_index", remedy="set data.edge_index")
    u, v = _array(data.edge_index).astype(np.int64)
    n = int(data.num_nodes)
    if u.size and not (min(u.min(), v.min()) >= 0 and max(u.max(), v.max()) < n):
        raise InvalidInstance(f"edge_index has ids outside 0..{n - 1}", remedy="set data.num_nodes")
    if not family.edge_weighted:
        given = getattr(data, "node_weight", None)
        weights = None if given is None else as_weights(_array(given), "node_weight", n)
        return RawGraph(n, u, v, None, weights)
    given = getattr(data, "edge_weight", None)
    given = data.edge_attr if given is None else given
    if given is None:
        return RawGraph(n, u, v)
    flat = _array(given)
    if flat.size != u.size:
        raise InvalidInstance(
            f"edge_attr has shape {flat.shape}", remedy="give one weight an edge in edge_weight"
        )
    return _one_direction(n, u, v, as_weights(flat.reshape(-1), "edge_weight", u.size))


def _array(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach().cpu().numpy())


def _one_direction(n: int, u: np.ndarray, v: np.ndarray, w: np.ndarray) -> RawGraph:
    """Each edge once, of lists that have one or both directions of it."""
    low, high = np.minimum(u, v), np.maximum(u, v)
    order = np.lexsort((v, u, high, low))
    low, high, u, w = low[order], high[order], u[order], w[order]
    again = np.zeros(u.size, dtype=bool)
    again[1:] = (low[1:] == low[:-1]) & (high[1:] == high[:-1])
    if (w[1:] != w[:-1])[again[1:]].any():
        at = int(np.flatnonzero(again)[(w[1:] != w[:-1])[again[1:]]][0])
        raise InvalidInstance(
            f"edge ({low[at]}, {high[at]}) has different weights in its two directions",
            remedy="give both directions of an edge the same weight",
        )
    return RawGraph(n, low[~again], high[~again], w[~again])


def _matrix(entries: Any) -> RawGraph:
    rows, columns = (np.asarray(each, dtype=np.int64) for each in (entries.row, entries.col))
    n = entries.shape[0]
    if entries.shape != (n, n):
        raise InvalidInstance(f"the matrix is {entries.shape}", remedy="give a square matrix")
    if (abs(entries - entries.T)).nnz:
        raise InvalidInstance("the matrix is not symmetric", remedy="give (A + A.T) / 2")
    upper = (rows < columns) & (entries.data != 0)
    weights = np.asarray(entries.data)[upper]
    weights = weights.astype(np.int64) if weights.dtype == bool else weights
    return RawGraph(n, rows[upper], columns[upper], as_weights(weights, "entries", weights.size))


def _nested(jobs: Any) -> Any:
    """Nested lists of plain numbers, from sequences or an array."""
    if isinstance(jobs, np.ndarray | np.integer):
        return jobs.tolist()
    if isinstance(jobs, list | tuple):
        return [_nested(each) for each in jobs]
    return jobs
