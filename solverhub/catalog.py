"""Which solvers there are, keyed by (problem, solver) and imported on first use.

The table holds literal strings, so that listing the solvers imports none of them.  A
package outside this tree adds solvers by entry points of the group `solverhub.solvers`,
named `problem/solver`:

    [project.entry-points."solverhub.solvers"]
    "max-cut/mine" = "mypackage.solver:MaxCutSolver"

`auto` is not here: it chooses among these (`routing`).
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from solverhub.core.errors import MissingDependency, UnknownName
from solverhub.core.solver import Solver
from solverhub.problems import families

_SUBSET_FAMILIES = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
)
_GRAPH_SOLVERS = {
    "gflownet": "solverhub.learned.gflownet:GFlowNetSolver",
    "cp-sat": "solverhub.exact.graph_cp_sat:GraphCpSatSolver",
    "highs": "solverhub.exact.reduced:ReducedHighsSolver",
    "scip": "solverhub.exact.reduced:ReducedScipSolver",
}
_SURCO_SOLVERS = {
    "surco-zero": "solverhub.learned.surco_zero:SurcoZeroSolver",
    "surco-prior": "solverhub.learned.surco_prior:SurcoPriorSolver",
    "surco-hybrid": "solverhub.learned.surco_prior:SurcoHybridSolver",
}
_PEER_MODULE = "solverhub.exact.graph_peers"
_GRAPH_PEERS = {
    **{
        (problem, name): f"{_PEER_MODULE}:{kind}"
        for problem in _SUBSET_FAMILIES[:3]
        for name, kind in (("redumis", "ReduMisSolver"), ("branch-reduce", "BranchReduceSolver"))
    },
    ("maximum-independent-set", "online-mis"): f"{_PEER_MODULE}:OnlineMisSolver",
    ("maximum-independent-set", "chils"): f"{_PEER_MODULE}:ChilsSolver",
    **{
        (problem, "networkx"): f"{_PEER_MODULE}:NetworkxSolver"
        for problem in (*_SUBSET_FAMILIES, "max-cut")
    },
    ("max-cut", "chszlab-max-cut"): f"{_PEER_MODULE}:ChszlabMaxCutSolver",
}

_CLUSTERING_PEERS = {
    ("correlation-clustering", name): f"solverhub.exact.clustering_peers:{kind}"
    for name, kind in (
        ("chszlab-clustering", "ChszlabClusteringSolver"),
        ("chszlab-clustering-evolution", "ChszlabEvolutionSolver"),
        ("bioimage-multicut", "BioimageMulticutSolver"),
    )
}

SOLVERS: dict[tuple[str, str], str] = {
    ("ilp", "highs"): "solverhub.exact.ilp_highs:HighsSolver",
    ("ilp", "highs-interior-point"): "solverhub.exact.lp_highs:HighsInteriorPointSolver",
    ("ilp", "pdlp"): "solverhub.exact.lp_pdlp:PdlpSolver",
    ("ilp", "cp-sat"): "solverhub.exact.ilp_cp_sat:CpSatSolver",
    ("ilp", "scip"): "solverhub.exact.ilp_scip:ScipSolver",
    ("ilp", "cbc"): "solverhub.exact.ilp_cbc:CbcSolver",
    ("ilp", "contrastive-lns"): "solverhub.learned.contrastive_lns:ContrastiveLnsSolver",
    ("ilp", "structure-search"): "solverhub.search.structure_search:StructureSearchSolver",
    ("ilp", "lns"): "solverhub.search.ilp_lns:LnsSolver",
    ("ilp", "local-mip"): "solverhub.search.ilp_lns:LocalMipSolver",
    ("ilp", "random-lns"): "solverhub.search.ilp_lns:RandomLnsSolver",
    ("qp", "admm"): "solverhub.exact.admm:AdmmSolver",
    ("qp", "interior-point"): "solverhub.exact.qp_interior:InteriorPointSolver",
    ("qp", "clarabel"): "solverhub.exact.qp_clarabel:ClarabelSolver",
    ("qp", "piqp"): "solverhub.exact.qp_piqp:PiqpSolver",
    ("qp", "binary-admm"): "solverhub.exact.binary_admm:BinaryAdmmSolver",
    ("qp", "scip"): "solverhub.exact.qp_scip:QpScipSolver",
    ("qp", "osqp"): "solverhub.exact.qp_peers:OsqpSolver",
    ("qp", "proxqp"): "solverhub.exact.qp_peers:ProxQpSolver",
    ("qp", "scs"): "solverhub.exact.qp_peers:ScsSolver",
    **{
        (problem, "vertex-cover-search"): (
            "solverhub.search.vertex_cover_search:VertexCoverSearchSolver"
        )
        for problem in _SUBSET_FAMILIES[:3]
    },
    ("minimum-dominating-set", "dominating-set-search"): (
        "solverhub.search.dominating_set_search:DominatingSetSearchSolver"
    ),
    ("correlation-clustering", "clustering-search"): (
        "solverhub.search.clustering_search:ClusteringSearchSolver"
    ),
    ("correlation-clustering", "pivot"): "solverhub.search.pivot:PivotSolver",
    ("correlation-clustering", "cycle-packing"): (
        "solverhub.exact.cycle_packing:CyclePackingSolver"
    ),
    ("correlation-clustering", "conflict-cycle-cuts"): (
        "solverhub.exact.clustering_cuts:ClusteringCutsSolver"
    ),
    ("correlation-clustering", "project-forget"): (
        "solverhub.exact.clustering_project_forget:ClusteringProjectForgetSolver"
    ),
    ("cubic-correlation-clustering", "cubic-branch-and-bound"): (
        "solverhub.exact.cubic_branch:CubicBranchSolver"
    ),
    ("cubic-correlation-clustering", "cubic-search"): (
        "solverhub.search.cubic_search:CubicSearchSolver"
    ),
    ("min-max-correlation-clustering", "min-max-search"): (
        "solverhub.search.min_max_search:MinMaxSearchSolver"
    ),
    ("min-max-correlation-clustering", "min-max-branching"): (
        "solverhub.exact.min_max_branching:MinMaxBranchingSolver"
    ),
    ("min-max-correlation-clustering", "correlation-metric"): (
        "solverhub.search.correlation_metric:CorrelationMetricSolver"
    ),
    ("metric-nearness", "metric-closure"): "solverhub.exact.metric_closure:MetricClosureSolver",
    ("metric-nearness", "cycle-cuts"): "solverhub.exact.metric_cuts:MetricCutsSolver",
    ("metric-nearness", "triangle-fixing"): (
        "solverhub.exact.triangle_fixing:TriangleFixingSolver"
    ),
    ("metric-nearness", "project-forget"): ("solverhub.exact.project_forget:ProjectForgetSolver"),
    ("edge-coloured-clustering", "colour-search"): (
        "solverhub.search.coloured_search:ColourSearchSolver"
    ),
    ("edge-coloured-clustering", "colour-lp"): "solverhub.exact.coloured_lp:ColouredLpSolver",
    ("edge-coloured-clustering", "majority-vote"): (
        "solverhub.search.coloured_baselines:MajorityVoteSolver"
    ),
    ("edge-coloured-clustering", "pitt-colouring"): (
        "solverhub.search.coloured_baselines:PittColouringSolver"
    ),
    ("edge-coloured-clustering", "match-colouring"): (
        "solverhub.search.coloured_baselines:MatchColouringSolver"
    ),
    ("job-shop", "cp-sat"): "solverhub.exact.job_shop_cp_sat:JobShopCpSatSolver",
    ("job-shop", "job-shop-tabu"): "solverhub.search.job_shop_tabu:JobShopTabuSolver",
    ("job-shop", "job-shop-policy"): "solverhub.learned.job_shop_policy:JobShopPolicySolver",
    ("job-shop", "cp-sat-plain"): ("solverhub.exact.job_shop_cp_sat_plain:JobShopPlainCpSatSolver"),
    ("route-planning", "parametric-paths"): "solverhub.exact.route_exact:RouteExactSolver",
    ("route-planning", "least-expected-time"): (
        "solverhub.search.route_heuristics:LeastExpectedTimeSolver"
    ),
    ("route-planning", "mean-plus-deviation"): (
        "solverhub.search.route_heuristics:MeanPlusDeviationSolver"
    ),
    ("photonic-design", "surco-zero"): "solverhub.learned.surco_zero:SurcoDesignSolver",
    ("photonic-design", "surco-prior"): "solverhub.learned.surco_prior:SurcoDesignPriorSolver",
    ("photonic-design", "surco-hybrid"): "solverhub.learned.surco_prior:SurcoDesignHybridSolver",
    ("photonic-design", "pass-through"): "solverhub.learned.pass_through:PassThroughSolver",
    ("table-sharding", "sharding-search"): "solverhub.search.sharding_search:ShardingSearchSolver",
    ("table-sharding", "sharding-branching"): (
        "solverhub.exact.sharding_branching:ShardingBranchingSolver"
    ),
    **{
        (problem, name): target
        for problem in ("route-planning", "table-sharding")
        for name, target in _SURCO_SOLVERS.items()
    },
    ("table-sharding", "greedy"): "solverhub.search.sharding_heuristics:GreedySolver",
    ("table-sharding", "balance-by-dimension"): (
        "solverhub.search.sharding_heuristics:BalanceByDimensionSolver"
    ),
    ("max-cut", "binary-admm"): "solverhub.exact.binary_reduced:ReducedBinaryAdmmSolver",
    ("minimum-dominating-set", "binary-admm"): (
        "solverhub.exact.binary_reduced:ReducedBinaryAdmmSolver"
    ),
    ("max-cut", "max-cut-search"): "solverhub.search.max_cut_search:MaxCutSearchSolver",
    ("max-cut", "odd-cycle-cuts"): "solverhub.exact.max_cut_odd_cycle:OddCycleCutsSolver",
    **{
        (problem, name): target
        for problem in (*_SUBSET_FAMILIES, "max-cut")
        for name, target in _GRAPH_SOLVERS.items()
    },
    **_GRAPH_PEERS,
    **{
        (problem, "langevin"): "solverhub.search.langevin:LangevinSolver"
        for problem in (*_SUBSET_FAMILIES[:3], "max-cut")
    },
    **_CLUSTERING_PEERS,
}

PEERS = frozenset(
    {
        *(("qp", name) for name in ("osqp", "proxqp", "scs")),
        ("ilp", "random-lns"),
        ("metric-nearness", "triangle-fixing"),
        ("job-shop", "cp-sat-plain"),
        ("min-max-correlation-clustering", "correlation-metric"),
        *_GRAPH_PEERS,
        ("edge-coloured-clustering", "majority-vote"),
        ("edge-coloured-clustering", "pitt-colouring"),
        ("edge-coloured-clustering", "match-colouring"),
        *_CLUSTERING_PEERS,
    }
)
"""Solvers of others to be measured against, which `auto` never chooses."""

_EXTRAS = {
    **dict.fromkeys(("bioimage_cpp", "chszlablib", "osqp", "proxsuite", "scs"), "peers"),
    "pyscipopt": "scip",
    "cupy": "cuda",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalog; `target` is `module:Class`."""

    problem: str
    name: str
    target: str

    @property
    def peer(self) -> bool:
        """True if `auto` must not choose it."""
        return (self.problem, self.name) in PEERS


@cache
def entries() -> tuple[Entry, ...]:
    """Every solver of this package and of installed packages that add some."""
    found = dict(SOLVERS)
    for point in entry_points(group="solverhub.solvers"):
        problem, _, name = point.name.partition("/")
        found.setdefault((problem, name), point.value)
    return tuple(Entry(problem, name, target) for (problem, name), target in sorted(found.items()))


def names(problem: str) -> list[str]:
    """Names of the problem's solvers, installed or not."""
    return [entry.name for entry in entries() if entry.problem == problem]


def available(problem: str) -> list[str]:
    """Names of the problem's solvers whose requirements are installed."""
    return [name for name in names(problem) if not missing(solver_class(problem, name))]


def missing(solver: Any) -> list[str]:
    """Import names that the solver (or its class) requires and that are not installed."""
    return [name for name in solver.requires if importlib.util.find_spec(name) is None]


def solver_class(problem: str, name: str) -> type[Solver]:
    """The class, without a check of its requirements; `UnknownName` lists the choices."""
    families.get(problem)
    for entry in entries():
        if (entry.problem, entry.name) == (problem, name):
            module, _, attribute = entry.target.partition(":")
            loaded: type[Solver] = getattr(importlib.import_module(module), attribute)
            return loaded
    raise UnknownName(
        f"no solver {name!r} for {problem}", remedy=f"one of {', '.join(['auto', *names(problem)])}"
    )


@cache
def solver(problem: str, name: str) -> Solver:
    """The solver, ready to use; `MissingDependency` names the extra to install."""
    found = solver_class(problem, name)
    lacking = missing(found)
    if lacking:
        extra = _EXTRAS.get(lacking[0], "solvers")
        raise MissingDependency(
            f"solver {name!r} needs {', '.join(lacking)}",
            remedy=f"pip install 'solverhub[{extra}]'",
        )
    return found(families.get(problem))
