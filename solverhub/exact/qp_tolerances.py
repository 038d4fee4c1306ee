"""Which tolerances an engine is asked for, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from solverhub.exact.qp_drive import QpParams

TIGHTEST = 1e-13
"""What double precision gives on well-scaled programs, and engines still end at."""


def tolerances(params: QpParams, *, quick: bool = True) -> Iterator[float]:
    """First a tenth of what is wanted, since an engine measures its own scaled problem, then
    the least that makes sense.

    An absolute criterion mostly needs that at once; where a run is not `quick`, the chance
    that it does not is taken.
    """
    if params.eps > 10 * TIGHTEST and (params.criterion == "relative" or not quick):
        yield params.eps / 10
    yield TIGHTEST
