"""The outcome of a solve as data: `Result`, `Termination`, `Provenance`.

One `Result` is given by the library, the client, the command line and the REST
form.  Its solution is always one NumPy array in the instance's internal order
(`Problem.solution_form` states dtype and shape); the ids of a file are mapped
outside, by `wire`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from solverhub.core.problem import Parsed

Number = int | float | Fraction


class Sense(StrEnum):
    """Whether smaller or larger objectives are better; it belongs to the instance."""

    MINIMISE = "minimise"
    MAXIMISE = "maximise"

    @property
    def sign(self) -> int:
        """1 for minimise, -1 for maximise: `sign * objective` is always minimised."""
        return 1 if self is Sense.MINIMISE else -1

    @property
    def worst(self) -> float:
        """The objective that any solution improves on: inf or -inf."""
        return self.sign * math.inf

    def better(self, left: Number, right: Number) -> bool:
        """True if `left` is strictly the better objective."""
        return left < right if self is Sense.MINIMISE else left > right


class Reason(StrEnum):
    """What is known of the instance when the solver stopped."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    NO_SOLUTION = "no_solution"


class Limit(StrEnum):
    """The part of the budget that stopped the solver."""

    TIME = "time"
    ITERATIONS = "iterations"
    TARGET = "target"
    MEMORY = "memory"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Termination:
    """Why a solve ended; `limit` is set only when a limit stopped it."""

    reason: Reason
    limit: Limit | None


class BoundCheck(StrEnum):
    """How far the bound was checked: by the judge itself, by a certificate, or not."""

    RECOMPUTED = "recomputed"
    CERTIFICATE = "certificate"
    CLAIMED = "claimed"


class Guarantee(StrEnum):
    """What a solver promises about its answers."""

    EXACT = "exact"
    BOUNDED = "bounded"
    HEURISTIC = "heuristic"


@dataclass(frozen=True, slots=True)
class Violation:
    """One constraint that a solution breaks: where, and by how much (0 if not a quantity)."""

    constraint: str
    amount: float
    message: str


@dataclass(frozen=True, slots=True)
class TracePoint:
    """Best objective and bound known `wall_s` seconds after the start of the solve."""

    wall_s: float
    objective: Number | None
    bound: Number | None


@dataclass(frozen=True, slots=True)
class InstanceReference:
    """Which instance was solved: its name and `sha256:...` digest."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where an answer comes from; enough to run it again.

    `engines` maps each foreign solver to its version; `weights` is the digest of a
    learned solver's weights and `training` names their training distribution;
    `route` says what `auto` chose and why; `deterministic` is False for races and
    multi-worker runs, whose answers may differ from run to run.
    """

    version: str
    engines: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    device: str = "cpu"
    threads: int = 1
    weights: str | None = None
    training: str | None = None
    route: str | None = None
    deterministic: bool = True
    cached: bool = False


def relative_gap(objective: Number | None, bound: Number | None) -> float | None:
    """|objective - bound| / max(1e-10, |objective|), or None when either is unknown."""
    if objective is None or bound is None or not math.isfinite(bound):
        return None
    if objective == bound:
        return 0.0
    return abs(float(objective - bound)) / max(1e-10, abs(float(objective)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a solve returns.

    A solver fills `termination`, `solution`, `objective`, `bound`, `evidence`,
    `pool`, `trace` and `engines`, a learned one `weights` and `training` (see `Provenance`);
    the judge (`problems.judge`) alone writes `verified`,
    `violations` and `bound_check`; the caller of the solver adds the rest.

    - `solution`: one array in internal order, or None.
    - `bound`: a proven limit on the objective: below it when minimising, above when maximising.
    - `evidence`: what the judge needs to recheck the bound, as JSON-ready mappings and arrays
      (for an LP `{"row_dual": float64 (n_rows,)}`), or None.
    - `pool`: further distinct feasible solutions, best first, without `solution` itself.
    - `log`: lines of the engine's raw log where it was asked for.
    - `warnings`: what the reader of the input had to say of it.
    """

    termination: Termination
    solution: np.ndarray | None = None
    objective: Number | None = None
    bound: Number | None = None
    evidence: Mapping[str, Any] | None = None
    pool: tuple[np.ndarray, ...] = ()
    trace: tuple[TracePoint, ...] = ()
    engines: Mapping[str, str] = field(default_factory=dict)
    weights: str | None = None
    training: str | None = None
    deterministic: bool = True
    log: tuple[str, ...] = ()
    wall_s: float = 0.0

    bound_check: BoundCheck | None = None
    verified: bool | None = None
    violations: tuple[Violation, ...] = ()

    problem: str = ""
    solver: str = ""
    instance: InstanceReference | None = None
    provenance: Provenance | None = None
    warnings: tuple[str, ...] = ()
    parsed: Parsed | None = field(default=None, repr=False, compare=False)

    @property
    def answer(self) -> Mapping[str, Any] | None:
        """The solution in the ids of the input, in the JSON form of its problem."""
        if self.solution is None or self.parsed is None:
            return None
        parsed = self.parsed
        return parsed.problem.solution_to_wire(parsed.instance, self.solution, parsed.naming)

    @property
    def gap(self) -> float | None:
        """Relative gap between objective and bound, None while either is unknown."""
        return relative_gap(self.objective, self.bound)

    def plot(self, path: str | PathLike[str] | None = None) -> Figure:
        """Draw the solution, where its family has a picture, and the trace.

        Returns the matplotlib figure, and writes it to `path` if that is given; the suffix
        tells the format (png, svg, pdf).  Raises `MissingDependency` without matplotlib and
        `InvalidParams` for an unknown suffix.
        """
        plots = import_module("solverhub.plots")
        if path is not None:
            plots.require(Path(path))
        figure: Figure = plots.picture(self)
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure
