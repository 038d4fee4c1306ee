"""What SCIP calls during a solve: a listener, a heuristic that hands in solutions, a log file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from typing import Any, Protocol

from pyscipopt.scip import PY_SCIP_EVENTTYPE, PY_SCIP_RESULT, Eventhdlr, Heur


class Hears(Protocol):
    """The run that the plug-ins serve."""

    def tell_solution(self) -> None:
        """A new best solution exists."""
        ...

    def tell_bound(self) -> None:
        """The bound has moved."""
        ...

    def tell_log(self) -> None:
        """The log may have grown."""
        ...

    def obey(self) -> None:
        """A moment at which to stop if asked to."""
        ...

    def try_offers(self, heuristic: Any) -> bool:
        """A moment at which to hand in solutions; True if one was taken."""
        ...


class Teller(Eventhdlr):
    """Hears of incumbents and bounds."""

    def __init__(self, run: Hears, events: Sequence[int]) -> None:
        self.run: Hears | None = run
        self.events = events

    def eventinit(self) -> None:
        for event in self.events:
            self.model.catchEvent(event, self)

    def eventexit(self) -> None:
        for event in self.events:
            self.model.dropEvent(event, self)

    def eventexec(self, event: Any) -> dict[str, Any]:
        if self.run is None:
            return {}
        kind = event.getType()
        if kind == PY_SCIP_EVENTTYPE.BESTSOLFOUND:
            self.run.tell_solution()
        elif kind == PY_SCIP_EVENTTYPE.DUALBOUNDIMPROVED:
            self.run.tell_bound()
        self.run.tell_log()
        self.run.obey()
        return {}


class Taker(Heur):
    """A heuristic that finds what others found."""

    def __init__(self, run: Hears) -> None:
        self.run: Hears | None = run

    def heurexec(self, heurtiming: Any, nodeinfeasible: Any) -> dict[str, Any]:
        taken = self.run is not None and self.run.try_offers(self)
        return {"result": PY_SCIP_RESULT.FOUNDSOL if taken else PY_SCIP_RESULT.DIDNOTFIND}


class LogFile:
    """The file that SCIP writes its log to."""

    def __init__(self, model: Any) -> None:
        handle, self._path = tempfile.mkstemp(prefix="scip-", suffix=".log")
        os.close(handle)
        self._model, self._rest = model, ""
        model.setLogfile(self._path)
        self._file = open(self._path, encoding="utf-8", errors="replace")  # noqa: SIM115

    def lines(self) -> list[str]:
        """Whole lines written since the last call."""
        *whole, self._rest = (self._rest + self._file.read()).split("\n")
        return whole

    def close(self) -> None:
        self._model.setLogfile(None)
        self._file.close()
        os.unlink(self._path)
