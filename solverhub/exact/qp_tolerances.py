"""Which tolerances an engine is asked for, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from solverhub.exact.qp_drive import QpParams

TIGHTEST = 1e-13
"""What double precision gives on well-scaled programs, and engines still end at."""


def tolerances(params: QpParams) -> Iterator[float]:
    """First a tenth of what is wanted, since an engine measures its own scaled problem, then
    the least that makes sense; an absolute criterion needs that at once."""
    if params.criterion == "relative" and params.eps > 10 * TIGHTEST:
        yield params.eps / 10
    yield TIGHTEST
