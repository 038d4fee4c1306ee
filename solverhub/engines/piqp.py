"""PIQP: a proximal interior point method for sparse quadratic programs.

Schwan, Jiang, Kuhn and Jones 2023, arXiv:2304.00290.  It keeps the interpreter to itself
while it runs and cannot be stopped, so `Run` is for programs whose solve is short, and
`piqp_process` runs the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any

import numpy as np
import piqp

from solverhub.core.errors import InvalidParams
from solverhub.engines.qp_answer import QpAnswer, QpForm, Status

_STATUS = {
    piqp.PIQP_SOLVED: Status.OPTIMAL,
    piqp.PIQP_PRIMAL_INFEASIBLE: Status.INFEASIBLE,
    piqp.PIQP_DUAL_INFEASIBLE: Status.UNBOUNDED,
    piqp.PIQP_MAX_ITER_REACHED: Status.ITERATIONS,
}

_FORBIDDEN = frozenset({"verbose", "kkt_solver"})


def version() -> str:
    """Version of the installed package."""
    return metadata.version("piqp")


def check(native: Mapping[str, Any]) -> None:
    """Raise `InvalidParams` unless PIQP takes these settings."""
    _apply(piqp.SparseSolver().settings, native)


class Run:
    """One solve, which `stop` cannot end.

    `eps` bounds residuals and gap relative to their scale plus 1.
    """

    def __init__(
        self,
        form: QpForm,
        *,
        eps: float,
        iterations: int | None = None,
        native: Mapping[str, Any] | None = None,
    ) -> None:
        self._form, self._eps, self._iterations = form, eps, iterations
        self._native = dict(native or {})

    def stop(self) -> None:
        """Nothing: PIQP does not look up."""

    def solve(self) -> QpAnswer:
        """Run to the end."""
        form, solver = self._form, piqp.SparseSolver()
        settings = solver.settings
        settings.eps_abs = settings.eps_rel = self._eps
        settings.eps_duality_gap_abs = settings.eps_duality_gap_rel = self._eps
        if self._iterations is not None:
            settings.max_iter = min(self._iterations, 2**31 - 1)
        _apply(settings, self._native)
        equal = (form.E, form.b) if len(form.b) else (None, None)
        rows = (form.G, form.low, form.high) if len(form.low) else (None, None, None)
        solver.setup(form.P, form.q, *equal, *rows, form.lower, form.upper)
        status = solver.solve()
        found = solver.result
        return QpAnswer(
            status=_STATUS.get(status, Status.FAILED),
            x=np.array(found.x),
            equal=np.array(found.y) if len(form.b) else np.zeros(0),
            rows=_signed(found.z_u, found.z_l, len(form.low)),
            bounds=_signed(found.z_bu, found.z_bl, form.n),
            iterations=int(found.info.iter),
            words=str(status).removeprefix("Status.PIQP_").lower(),
        )


def _signed(above: Any, below: Any, size: int) -> np.ndarray:
    return np.asarray(above) - np.asarray(below) if size else np.zeros(0)


def _apply(settings: Any, native: Mapping[str, Any]) -> None:
    for name, value in native.items():
        if name in _FORBIDDEN or name.startswith("_") or not hasattr(settings, name):
            raise InvalidParams(
                f"PIQP has no setting {name!r} to change", remedy="see the settings in its manual"
            )
        example = getattr(settings, name)
        try:
            typed = type(example)(value) if isinstance(value, str) else value
            setattr(settings, name, typed)
        except (TypeError, ValueError) as error:
            raise InvalidParams(
                f"PIQP does not take {value!r} for its setting {name}",
                remedy="see its type in the manual",
            ) from error
