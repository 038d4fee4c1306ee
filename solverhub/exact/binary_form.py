"""A quadratic program with integer columns, as the splitting heuristics work on it.

    minimise 1/2 x'P x + q'x   subject to   low <= G x <= high,  lower <= x <= upper

Bounds come apart from the other rows, and those of integer columns are rounded inward.  On
binary columns x^2 = x, so P - diag(d) and q + d/2 have the same objective at every binary
point.  For a program of binary columns alone P is made as little convex as a bound on its
least eigenvalue allows: the fewer convex it is, the nearer its relaxation is to binary points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array

from solverhub.problems.qp_curvature import diagonal_below
from solverhub.problems.quadratic_program import QuadraticProgram, variable_bounds

_NEARLY = 1e-9
_DENSE = 400


@dataclass(frozen=True, eq=False)
class DiscreteForm:
    """P csc (n, n), q (n,), G csr (k, n), low, high (k,), lower, upper (n,), integer bool (n,)."""

    P: csc_array
    q: np.ndarray
    G: csr_array
    low: np.ndarray
    high: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray

    @property
    def n(self) -> int:
        """Number of columns."""
        return int(self.q.size)

    @property
    def binary(self) -> bool:
        """True if every column takes 0 and 1 at most."""
        inside = (self.lower >= 0) & (self.upper <= 1)
        return bool(self.integer.all() and inside.all())

    @property
    def contradictory(self) -> bool:
        """True if the bounds of some column leave it no value."""
        return bool((self.lower > self.upper).any() or (self.low > self.high).any())

    def project(self, points: np.ndarray) -> np.ndarray:
        """The nearest points within the bounds with whole integer columns, (n, K)."""
        inside = np.clip(points, self.lower[:, None], self.upper[:, None])
        whole: np.ndarray = np.where(self.integer[:, None], np.rint(inside), inside)
        return whole


def discrete_form(program: QuadraticProgram) -> DiscreteForm:
    """The form of a program; linear time but for the least eigenvalue of up to 400 columns."""
    lower, upper, general = variable_bounds(program)
    whole = program.integer
    lower = np.where(whole, np.ceil(lower - _NEARLY), lower)
    upper = np.where(whole, np.floor(upper + _NEARLY), upper)
    form = DiscreteForm(
        P=program.P,
        q=program.q,
        G=csr_array(program.A.tocsr()[general]),
        low=program.l[general],
        high=program.u[general],
        lower=lower,
        upper=upper,
        integer=whole,
    )
    if not form.binary or form.n > _DENSE:
        return form
    excess = diagonal_below(program.P, np.ones(form.n, bool))
    return DiscreteForm(
        P=csc_array(program.P - diags_array(excess)),
        q=program.q + excess / 2,
        G=form.G,
        low=form.low,
        high=form.high,
        lower=lower,
        upper=upper,
        integer=whole,
    )
