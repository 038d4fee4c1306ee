"""What a running solve shows on standard error: a live bar on a terminal, else plain lines.

No thread draws: forking next to one is unsafe, so `tick` and `observe` redraw.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

from solverhub.cli.numbers import number, percent, seconds
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Number, relative_gap

_LINE_S = 0.5
_REDRAW_S = 0.1


class Progress:
    """Objective, bound and gap of one solve; a context manager, its `observe` an observer.

    `log` also prints the lines of the engine's log.  `quiet` shows nothing.
    """

    def __init__(self, time_limit: float, *, log: bool = False, quiet: bool = False) -> None:
        self.time_limit, self.log, self.quiet = time_limit, log, quiet
        self.objective: Number | None = None
        self.bound: Number | None = None
        self.source: str | None = None
        self.wall_s = 0.0
        self._started = time.monotonic()
        self._shown, self._pending = -_LINE_S, False
        self._bar: Any = None

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        if sys.stderr.isatty() and not self.quiet:
            self._bar = _bar()
            self._bar.start()
            self._bar.add_task("solving", total=self.time_limit, state="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self._pending:
            self._line()

    def observe(self, event: Event) -> None:
        """Take an event in."""
        if event.kind is EventKind.LOG:
            if self.log and event.message is not None:
                self.say(event.message)
            return
        if event.objective is not None:
            self.objective, self.source = event.objective, event.source
        if event.bound is not None:
            self.bound = event.bound
        self.wall_s, self._pending = event.wall_s, True
        self.tick()

    def tick(self) -> None:
        """Redraw if it is time to."""
        elapsed = time.monotonic() - self._started
        if self._bar is not None and elapsed >= self._shown + _REDRAW_S:
            self._shown = elapsed
            self._bar.update(
                0, completed=min(elapsed, self.time_limit), state=self._state(), refresh=True
            )
        elif self._bar is None and self._pending and elapsed >= self._shown + _LINE_S:
            self._shown = elapsed
            self._line()

    def say(self, text: str) -> None:
        """A line of its own, above the bar."""
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        elif not self.quiet:
            print(text, file=sys.stderr, flush=True)

    def _line(self) -> None:
        self._pending = False
        if not self.quiet:
            print(f"{seconds(self.wall_s):>9}  {self._state()}", file=sys.stderr, flush=True)

    def _state(self) -> str:
        gap = percent(relative_gap(self.objective, self.bound))
        found = f"objective {number(self.objective)}  bound {number(self.bound)}  gap {gap}"
        return f"{found}  ({self.source})" if self.source else found


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    return Bar(
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}"),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )
