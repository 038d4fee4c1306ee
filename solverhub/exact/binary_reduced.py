"""Maximum cut and dominating sets by ADMM on their binary quadratic programs."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solverhub.core.result import Guarantee
from solverhub.core.solver import Params
from solverhub.exact.binary_admm import BinaryAdmmSolver
from solverhub.exact.reduced import ReducedSolver
from solverhub.problems.graph import Graph
from solverhub.reductions import graph_to_qp


class ReducedBinaryAdmmSolver(ReducedSolver):
    """`binary_admm` through `reductions.graph_to_qp`."""

    name: ClassVar[str] = BinaryAdmmSolver.name
    title: ClassVar[str] = "ADMM on the binary quadratic program"
    guarantee: ClassVar[Guarantee] = Guarantee.HEURISTIC
    requires: ClassVar[tuple[str, ...]] = BinaryAdmmSolver.requires
    Params: ClassVar[type[Params]] = BinaryAdmmSolver.Params
    target: ClassVar[str] = "qp"
    inner = BinaryAdmmSolver

    def reduced(self, instance: Graph, incumbent: np.ndarray | None) -> Any:
        """The quadratic program, which no incumbent makes smaller."""
        return graph_to_qp.reduce(self.problem.name, instance)
