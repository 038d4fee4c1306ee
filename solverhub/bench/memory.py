"""Peak memory of a solve: a process beside it looks at all that the solve runs."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Self

from solverhub.routing import family_tree
from solverhub.routing.channel import Channel
from solverhub.routing.process import Child, wait

TICK_S = 0.1


class MemoryWatch:
    """Watches the descendants of this process while its block runs.

    - `peak_bytes`: the most that they held together, pages that they share among them and with
      this process split among their users; looked at every 0.1 s.  Known once the block is left.
    """

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._child = Child(_watch, name="memory watch")

    def __enter__(self) -> Self:
        self._child.start(os.getpid())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        with self._child:
            self._child.cancel()
            while not self._child.ended:
                wait([self._child], 1.0)
                self._child.pump()
            self.peak_bytes = self._child.result or 0


def _watch(channel: Channel, root: int) -> int:
    peak, aside = 0, {root, os.getpid()}
    while not channel.cancel.is_set():
        pids = [pid for pid in family_tree.members(root) if pid not in aside]
        peak = max(peak, family_tree.proportional_bytes(pids))
        time.sleep(TICK_S)
    return peak
