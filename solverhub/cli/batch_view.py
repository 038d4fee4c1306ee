"""Progress of a batch on standard error: what is done, what runs and how well, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from solverhub.cli.numbers import number, percent, seconds
from solverhub.core.events import Event, EventKind
from solverhub.core.result import Number, relative_gap

_REDRAW_S = 0.1


class BatchView:
    """A live display on a terminal, a line for each finished file elsewhere.

    `slots` files run at once, each for at most `time_limit` seconds.
    """

    def __init__(self, total: int, slots: int, time_limit: float, *, quiet: bool = False) -> None:
        self.total, self.slots, self.time_limit, self.quiet = total, slots, time_limit, quiet
        self.done = 0
        self._spent = 0.0
        self._started: dict[str, float] = {}
        self._best: dict[str, tuple[Number | None, Number | None]] = {}
        self._shown = 0.0
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self.quiet:
            self._bar = _bar()
            self._bar.start()
            self._tasks[""] = self._bar.add_task("", total=self.total, state="", elapsed="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def start(self, name: str) -> None:
        """A file is being solved."""
        self._started[name] = time.monotonic()
        self._best[name] = (None, None)
        if self._bar is not None:
            self._tasks[name] = self._bar.add_task(
                name, total=self.time_limit, state="", elapsed=""
            )

    def observe(self, name: str, event: Event) -> None:
        """Something was found for a running file."""
        if event.kind is not EventKind.LOG and name in self._best:
            objective, bound = self._best[name]
            self._best[name] = (
                objective if event.objective is None else event.objective,
                bound if event.bound is None else event.bound,
            )

    def finish(self, name: str, row: Mapping[str, Any]) -> None:
        """A file is done."""
        self.done += 1
        self._spent += time.monotonic() - self._started.pop(name, time.monotonic())
        self._best.pop(name, None)
        line = f"[{self.done}/{self.total}] {name}: {_summary(row)}"
        if self._bar is not None:
            self._bar.remove_task(self._tasks.pop(name))
            self._bar.console.print(line, markup=False, highlight=False)
        elif not self.quiet:
            print(f"{line}  ({seconds(self.left_s)} left)", file=sys.stderr, flush=True)

    @property
    def left_s(self) -> float:
        """Seconds to the end, if the rest takes as long as what is done."""
        mean = self._spent / self.done if self.done else self.time_limit
        now = time.monotonic()
        running = sum(self._rest_s(mean, now - start) for start in self._started.values())
        waiting = self.total - self.done - len(self._started)
        return (running + mean * waiting) / max(1, min(self.slots, waiting + len(self._started)))

    def _rest_s(self, mean: float, age: float) -> float:
        """What is left of a running file: to the mean, or, past it, half way to the limit."""
        return mean - age if age < mean else max(0.0, self.time_limit - age) / 2

    def tick(self) -> None:
        """Redraw if it is time to."""
        now = time.monotonic()
        if self._bar is None or now < self._shown + _REDRAW_S:
            return
        self._shown = now
        state = f"{len(self._started)} running, {seconds(self.left_s)} left"
        self._bar.update(self._tasks[""], completed=self.done, state=state)
        for name, started in self._started.items():
            objective, bound = self._best[name]
            gap = percent(relative_gap(objective, bound))
            self._bar.update(
                self._tasks[name],
                completed=min(now - started, self.time_limit),
                state=f"objective {number(objective)}  gap {gap}",
            )
        self._bar.refresh()


def _summary(row: Mapping[str, Any]) -> str:
    if row.get("error"):
        return f"error: {row['error']['detail']}"
    reason = row["termination"]["reason"].replace("_", " ")
    found = f"objective {number(row['objective'])}  gap {percent(row['gap'])}"
    return f"{reason}  {found}  {seconds(row['wall_s'])}"


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    class Count(MofNCompleteColumn):
        """Files done, for the first line alone."""

        def render(self, task: Any) -> Any:
            return super().render(task) if not task.description else ""

    return Progress(
        BarColumn(bar_width=20),
        Count(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[state]}", markup=False),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )
