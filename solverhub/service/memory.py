"""How much memory a job may take where the deployment does not say."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_SHARE = 0.8
_CGROUP = Path("/sys/fs/cgroup/memory.max")


def default_limit() -> int:
    """Bytes: a share of what this host, or the control group of this process, has.

    It is there so that a job that allocates without bound is stopped by name before the
    kernel chooses a victim.
    """
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(_CGROUP.read_text()))
    return int(_SHARE * total)
