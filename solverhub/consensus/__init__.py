"""Separable convex problems over a graph of agents: minimise sum_i f_i(x), f_i private.

    from solverhub import consensus

    agents = {"a": consensus.LeastSquares(A, b), "b": consensus.LeastSquares(C, d)}
    network = consensus.Network(agents, consensus.ring(agents))
    outcome = consensus.solve(network, runner="threads")

Agents exchange vectors with their neighbours alone.  `node` has the method and its theory,
`monitor` the certificate by which a run counts as converged.
"""

from solverhub.consensus.delays import (
    Constant,
    Cycle,
    Delays,
    Growing,
    Pareto,
    Pause,
    Starve,
    Uniform,
)
from solverhub.consensus.losses import Lasso, LeastSquares, Logistic
from solverhub.consensus.network import Network, complete, penalty, ring, star
from solverhub.consensus.outcome import Outcome, Point, Residuals, Status
from solverhub.consensus.proximal import Operator, Proximal
from solverhub.consensus.quadratic import Quadratic
from solverhub.consensus.solve import solve

__all__ = [
    "Constant",
    "Cycle",
    "Delays",
    "Growing",
    "Lasso",
    "LeastSquares",
    "Logistic",
    "Network",
    "Operator",
    "Outcome",
    "Pareto",
    "Pause",
    "Point",
    "Proximal",
    "Quadratic",
    "Residuals",
    "Starve",
    "Status",
    "Uniform",
    "complete",
    "penalty",
    "ring",
    "solve",
    "star",
]
