"""solverhub: combinatorial problems in, checked answers out.

    import solverhub

    result = solverhub.solve("instances/job-shop/ft06.jsp", time_limit=5)

The names below are imported when they are first used, so that importing the package
costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solverhub.client import AsyncClient, Client
    from solverhub.core.budget import Budget
    from solverhub.core.errors import SolverhubError
    from solverhub.core.events import Event
    from solverhub.core.problem import Parsed
    from solverhub.core.result import Limit, Provenance, Reason, Result, Termination
    from solverhub.exact.qp_session import QpSession
    from solverhub.exact.session import Session
    from solverhub.local import solve
    from solverhub.problems.reading import read
    from solverhub.pulp_solver import PulpSolver

_NAMES = {
    "AsyncClient": "solverhub.client",
    "Budget": "solverhub.core.budget",
    "Client": "solverhub.client",
    "Event": "solverhub.core.events",
    "Limit": "solverhub.core.result",
    "Parsed": "solverhub.core.problem",
    "Provenance": "solverhub.core.result",
    "PulpSolver": "solverhub.pulp_solver",
    "QpSession": "solverhub.exact.qp_session",
    "Reason": "solverhub.core.result",
    "Result": "solverhub.core.result",
    "Session": "solverhub.exact.session",
    "SolverhubError": "solverhub.core.errors",
    "Termination": "solverhub.core.result",
    "read": "solverhub.problems.reading",
    "solve": "solverhub.local",
}

__all__ = [
    "AsyncClient",
    "Budget",
    "Client",
    "Event",
    "Limit",
    "Parsed",
    "Provenance",
    "PulpSolver",
    "QpSession",
    "Reason",
    "Result",
    "Session",
    "SolverhubError",
    "Termination",
    "read",
    "solve",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        return metadata.version("solverhub")
    if name not in _NAMES:
        raise AttributeError(f"module 'solverhub' has no attribute {name!r}")
    value = getattr(importlib.import_module(_NAMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES, "__version__"})
