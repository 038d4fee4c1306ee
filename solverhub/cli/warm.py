"""`python -m solverhub.cli.warm`: compile and cache the kernels, so that first solves are not slow.

Reads every shipped instance and solves it for a moment with `auto`, and the first instance of
each family with every solver, which runs each parser, judge and solver once; Numba keeps what
it compiles on disk.
"""

from __future__ import annotations

from pathlib import Path

from solverhub import assets

_MOMENT_S = 0.5


def shipped_instances() -> list[Path]:
    """The instance files that come with the installation, by family and name."""
    folder = assets.folder("instances")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".toml" and path.name != "README.md"
    )


def main() -> None:
    """Read and solve each shipped instance once, binary programs, and one batch."""
    import numpy as np
    from scipy.sparse import csr_array

    from solverhub import catalog
    from solverhub.core.budget import Budget
    from solverhub.core.errors import InvalidInstance, MissingDependency
    from solverhub.local import solve_parsed
    from solverhub.ops.batch_qp import solve_batch
    from solverhub.ops.sparse_qp import NormalEquations
    from solverhub.problems.generators import generate
    from solverhub.problems.reading import read

    warmed = set()
    for path in shipped_instances():
        parsed = read(path)
        family = parsed.problem.name
        solvers = ["auto"] if family in warmed else ["auto", *catalog.available(family)]
        warmed.add(family)
        for solver in solvers:
            try:
                solve_parsed(parsed, solver, Budget.start(_MOMENT_S, threads=1))
            except (InvalidInstance, MissingDependency) as error:
                print(f"{path.name}, {solver}: {error}")
    budget = Budget.start(_MOMENT_S, iterations=8, threads=1)
    solve_parsed(generate("sparse-portfolio", assets=6, chosen=3), "binary-admm", budget)
    solve_parsed(generate("binary-least-squares", n=6, chosen=3), "binary-admm", budget)
    one = np.ones((1, 1))
    solve_batch(one[None], one, one[None], -one, one)
    system = NormalEquations(csr_array(one), csr_array(one))
    system.prepare(one[0], one[0])
    system.solve(one[0], one[0], exact=True)
    _branch_on_triples()
    _pack_conflicts()


def _pack_conflicts() -> None:
    """All kinds of rows of sparse and complete clusterings, whole and fractional."""
    from solverhub.exact.conflict_packing import ConflictPacking
    from solverhub.problems.graph import Graph
    from solverhub.problems.signed_graph import SignedGraph
    from solverhub.search.clustering_reduced import Reduced

    u, v, weights = [0, 0, 0, 1, 2, 1], [1, 2, 3, 2, 3, 3], [2, 2, 2, -1, -1, -1]
    instances = [SignedGraph.of(Graph.from_edges(4, u[:3], v[:3]), True)]
    for scale in (1, 0.5):
        scaled = [scale * weight for weight in weights]
        instances.append(SignedGraph.of(Graph.from_edges(4, u, v, None, scaled), False))
    for instance in instances:
        Reduced.of(instance)
        packing = ConflictPacking(instance, 0)
        for _ in range(6):
            packing.round()


def _branch_on_triples() -> None:
    """Reduce, bound and contract five vertices, with whole costs and with others."""
    import numpy as np

    from solverhub.exact.cubic_node import Node, lifts
    from solverhub.exact.cubic_strong import StrongBound
    from solverhub.problems.cubic_instance import CubicInstance
    from solverhub.reductions.cubic_dense import DenseCubic
    from solverhub.reductions.kernel_cubic import EDGE_CUT, reduce_cubic

    for cost in (-3, -3.5):
        triples = [[0, 0, 1, 2], [1, 2, 2, 3], [2, 3, 4, 4]]
        costs = [cost, 2.0, cost, 2.0]
        instance = CubicInstance.of(5, [[0, 3], [1, 4]], [cost, cost], triples, costs)
        reduce_cubic(instance, lambda part: np.zeros(len(part.members), np.int64))
        reduce_cubic(instance, tests=(EDGE_CUT,))
        dense = DenseCubic.of(instance)
        pairs = np.zeros((5, 5), np.bool_)
        node = Node.root(dense.pair, dense.triple, pairs, np.zeros((5, 5, 5), np.bool_))
        node.tighten(1)
        lifts(node.pair, node.message, node.triple)
        strong = StrongBound(node)
        strong.tighten(lambda: False)
        strong.lifts(lambda: False)
        pairs[0, 1] = pairs[1, 0] = True
        node.joined(pairs)


if __name__ == "__main__":
    main()
