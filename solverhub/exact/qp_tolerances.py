"""Which tolerances an engine is asked for, one after the other.

First a tenth of what is wanted, since an engine measures its own scaled problem, then the
least that makes sense.  An absolute criterion mostly needs that at once.
"""

from __future__ import annotations

from solverhub.exact.qp_drive import QpParams

LEAST = {"clarabel": 1e-15, "piqp": 1e-13}
"""Clarabel ends by itself where it makes no more progress; PIQP goes on to its last iteration."""


def tolerances(params: QpParams, engine: str, *, quick: bool = True) -> tuple[float, ...]:
    """What to ask of the engine.

    Where a run is not `quick`, the chance is taken that an absolute criterion does not need the
    least: unless the engine is Clarabel, which gives the point that it has at the deadline.
    """
    least = LEAST[engine]
    at_once = params.criterion == "absolute" and (quick or engine == "clarabel")
    if at_once or params.eps <= 10 * least:
        return (least,)
    return params.eps / 10, least
