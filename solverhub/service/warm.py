"""What the supervisor does once, so that no job has to: imports, and kernels compiled.

Nothing here may start a thread, run a parallel kernel or touch a GPU: workers are forked
from this process.
"""

from __future__ import annotations

import gc
import importlib
import logging
import time

from solverhub import catalog
from solverhub.core.errors import SolverhubError
from solverhub.problems import families, reading
from solverhub.routing.process import fork_is_safe

_SMALL = (
    ("max-cut", {"n": 3, "edges": [[0, 1, 1], [1, 2, 1]]}),
    ("maximum-independent-set", {"n": 3, "edges": [[0, 1], [1, 2]]}),
    ("metric-nearness", {"distances": [[0, 3, 1], [3, 0, 1], [1, 1, 0]]}),
    ("job-shop", {"jobs": [[[0, 1], [1, 2]], [[1, 1], [0, 2]]]}),
)
_log = logging.getLogger("solverhub.supervisor")


def up() -> None:
    """Import and load every solver of this package and run the readers once."""
    began = time.monotonic()
    for target in sorted(set(catalog.SOLVERS.values())):
        try:
            importlib.import_module(target.partition(":")[0])
        except ImportError as error:
            _log.info("%s is not available: %s", target, error)
    for (problem, name), target in catalog.SOLVERS.items():
        try:
            getattr(catalog.solver(problem, name), "load", int)()
        except (ImportError, SolverhubError) as error:
            _log.info("%s is not loaded: %s", target, error)
    for problem, instance in _SMALL:
        try:
            parsed = reading.read(instance, problem)
            parsed.problem.digest(parsed.instance)
            parsed.problem.summary(parsed.instance)
        except SolverhubError as error:
            _log.warning("warming %s failed: %s", problem, error)
    families.get("ilp")
    gc.collect()
    gc.freeze()
    if not fork_is_safe():
        _log.error("an import started threads: forked workers may hang")
    _log.info("warm", extra={"seconds": round(time.monotonic() - began, 3)})
