"""CBC as a program of its own: the binary that PuLP ships, its log read line by line.

CBC tells objectives and bounds while it runs, but solutions only at its end.  Its own time
limit is looked at between steps and does not count reading and the first LP, so a run is also
stopped from outside: an interrupt, on which CBC ends its search and writes what it has, and
soon after it a kill, which loses the solution.

Words of CBC that are not taken literally (PuLP #649, #711, #876 and Cbc's own tracker):

- "Stopped on time" is printed with and without a solution; "(no integer solution ...)" tells.
- A claim to be optimal or infeasible by a run that was interrupted is no claim.
- "Integer infeasible" of a model that preprocessing calls "infeasible or unbounded" is neither.
- Numbers in the log are rounded to 6 or 8 digits, so bounds read from it are loosened by that.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import math
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from solverhub.core.errors import InvalidParams, MissingDependency, SolverFailed
from solverhub.engines import cbc_model
from solverhub.engines.ilp_answer import Answer, Status
from solverhub.problems.integer_program import IntegerProgram

KILL_AFTER_S = 0.3

_TUNABLE = """
    allowableGap clique combine combine2 constraint costStrategy crash crossover cutDepth cutLength
    cuts cutoff depthMiniBab dins divingSome divingCoefficient divingFractional
    divingGuided divingLineSearch divingPseudoCost divingVectorLength dualBound dualTolerance
    dwHeuristic factorization feasibilityPump flowCover forceSolution GMI gomory greedy heuristics
    hotStartMaxIts idiotCrash increment integerTolerance knapsack lagomory latwomir liftAndProject
    localTreeSearch maxFactor maxIterations maxNodes maxSolutions mixed nodeStrategy
    passCuts passFeasibilityPump passTreeCuts perturbation pivotAndComplement pivotAndFix
    preprocess presolve preTolerance primalTolerance primalWeight probing proximity pumpCutoff
    pumpTune randomCbcSeed randomizedRounding randomSeed ratioGap reduce reduce2 residual rens rins
    rounding scaling seconds slowCutPasses sosOptions sosPrioritize sprintCrash strategy strong
    threads trustPseudoCosts twoMirCuts vnd zeroHalf
"""

TUNABLE = frozenset(_TUNABLE.split())
"""Parameters of CBC that a user may set: none of those reads, writes or runs anything."""

_NUMBER = r"([-+]?[\d.]+(?:e[-+]?\d+)?)"
_INCUMBENT = re.compile(rf"Cbc00(?:04|12|16)I Integer solution of {_NUMBER} found")
_BOUND = re.compile(rf"Cbc00(?:05|10)I .*best possible {_NUMBER}")
_ROOT = re.compile(rf"Continuous objective value is {_NUMBER} -")
_REFUSAL = re.compile(
    r"String of .* is illegal for .* parameter .*|.* was provided for .* valid range.*"
    r"|Possible options for .*"
)
_INFINITE = 1e49
_OUTPUT = ("-solution", "out.sol", "-saveSolution", "out.bin")

_FIRST_WORDS = {
    "Optimal": Status.OPTIMAL,
    "Infeasible": Status.INFEASIBLE,
    "Integer infeasible": Status.INFEASIBLE,
    "Unbounded": Status.UNBOUNDED,
    "Stopped on time": Status.TIME,
    "Stopped on nodes": Status.ITERATIONS,
    "Stopped on iterations": Status.ITERATIONS,
    "Stopped on solutions": Status.ITERATIONS,
    "Stopped on ctrl-c": Status.STOPPED,
}


@cache
def binary() -> Path:
    """The CBC of PuLP; `MissingDependency` where PuLP or its CBC for this machine is absent."""
    try:
        from pulp.apis.coin_api import pulp_cbc_path
    except ImportError as error:
        raise MissingDependency("CBC comes with PuLP", remedy="pip install 'pulp<4'") from error
    found = Path(str(pulp_cbc_path)).resolve()
    if not os.access(found, os.X_OK):
        raise MissingDependency(
            f"PuLP has no CBC that runs on this machine ({found.name})",
            remedy="install a PuLP wheel for this platform, or choose another solver",
        )
    return found


@cache
def version() -> str:
    """Version of CBC, as it prints it."""
    done = subprocess.run([binary(), "-quit"], capture_output=True, text=True, timeout=20)
    found = re.search(r"Version:\s*(\S+)", done.stdout)
    return found[1] if found else "unknown"


def arguments(settings: Mapping[str, Any]) -> list[str]:
    """Settings as CBC's command line."""
    return [word for name, value in settings.items() for word in (f"-{name}", str(value))]


def native_arguments(native: Mapping[str, Any]) -> list[str]:
    """A user's own settings as CBC's command line.

    Raises `InvalidParams` for a name that CBC does not have or that is not for tuning, and for
    a value that is neither a number nor a word.
    """
    settings = {}
    for name, value in native.items():
        if name not in TUNABLE:
            raise InvalidParams(
                f"CBC has no tuning parameter {name!r}",
                remedy=f"one of {', '.join(sorted(TUNABLE))}",
            )
        word = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
        if not re.fullmatch(rf"{_NUMBER}|[A-Za-z]\w*", word):
            raise InvalidParams(f"CBC does not take {value!r} for {name}")
        settings[name] = word
    return arguments(settings)


def _silent(told: Any) -> None:
    """The listener that a run does without."""


class Run:
    """One solve of one program in a process.  `stop` may be called from any thread.

    `on_objective` gets the objective of each new incumbent and `on_bound` bounds, both in the
    program's own sense and as rounded by CBC's log; `on_log` gets lines.  They are called from
    the thread of `solve` and must not raise.  `start` is a feasible point, float64 (n,).
    """

    def __init__(
        self,
        program: IntegerProgram,
        settings: list[str],
        *,
        start: np.ndarray | None = None,
        on_objective: Callable[[float], None] = _silent,
        on_bound: Callable[[float], None] = _silent,
        on_log: Callable[[str], None] = _silent,
        kill_after_s: Callable[[], float] = lambda: KILL_AFTER_S,
    ) -> None:
        self._kill_after_s = kill_after_s
        self._program, self._settings, self._start = program, settings, start
        self._on_objective, self._on_bound, self._on_log = on_objective, on_bound, on_log
        self._process: subprocess.Popen[bytes] | None = None
        self._stop = threading.Event()
        self._bound = -math.inf
        self._ambiguous = False

    def stop(self) -> None:
        """Ask CBC to end with what it has, and kill it soon after."""
        self._stop.set()
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            killer = threading.Timer(self._kill_after_s(), _kill, (process,))
            killer.daemon = True
            killer.start()

    def solve(self) -> Answer:
        """Run to the end.

        Raises `InvalidParams` for a setting that CBC refuses, `SolverFailed` if it cannot run.
        """
        with TemporaryDirectory(prefix="solverhub-cbc-") as name:
            folder = Path(name)
            with (folder / "model.mps").open("w") as file:
                for _ in cbc_model.write_model(self._program, file):
                    if self._stop.is_set():
                        return Answer(Status.STOPPED)
            settings = list(self._settings)
            if self._start is not None and self._program.integer.any():
                with (folder / "start.sol").open("w") as file:
                    cbc_model.write_start(self._start, file)
                settings += ["-mips", "start.sol"]
            self._listen(folder, ["model.mps", *settings, "-solve", *_OUTPUT])
            return self._answer(folder)

    def _listen(self, folder: Path, words: list[str]) -> None:
        # On a terminal CBC tells line by line, into a pipe only 4096 bytes at a time.
        reading, writing = os.openpty()
        try:
            self._process = process = subprocess.Popen(
                [str(binary()), *words],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            os.close(reading)
            raise SolverFailed(f"CBC could not be started: {error}") from error
        finally:
            os.close(writing)
        if self._stop.is_set():
            self.stop()
        try:
            for line in _lines(reading):
                self._hear(line)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()

    def _hear(self, line: str) -> None:
        self._on_log(line)
        if found := _INCUMBENT.search(line):
            self._on_objective(self._outside(float(found[1])))
        elif found := _BOUND.search(line):
            self._tell_bound(_loosened(found[1], digits=8))
        elif found := _ROOT.search(line):
            self._tell_bound(_loosened(found[1], digits=6))
        elif found := _REFUSAL.search(line):
            raise InvalidParams(f"CBC says: {found[0]}", remedy="see the parameters of CBC")
        elif line.startswith("** Current model not valid"):
            raise SolverFailed("CBC could not read the model")
        elif "infeasible or unbounded" in line:
            self._ambiguous = True

    def _tell_bound(self, bound: float) -> None:
        if abs(bound) < _INFINITE and bound > self._bound:
            self._bound = bound
            self._on_bound(self._outside(bound))

    def _outside(self, minimised: float) -> float:
        return self._program.sense.sign * minimised + self._program.offset

    def _answer(self, folder: Path) -> Answer:
        words = _first_line(folder / "out.sol")
        bound = None if math.isinf(self._bound) else self._outside(self._bound)
        if words is None:
            if self._stop.is_set():
                return Answer(Status.STOPPED, bound=bound, words="killed")
            return Answer(Status.FAILED, words=self._ending())
        status, value, solved = _read_words(words)
        if status is Status.INFEASIBLE and self._ambiguous:
            status = Status.UNBOUNDED_OR_INFEASIBLE
        claims = status in (Status.OPTIMAL, Status.INFEASIBLE, Status.UNBOUNDED)
        if claims and self._stop.is_set():
            status = Status.STOPPED
        found = cbc_model.read_solution(folder / "out.bin", self._program) if solved else None
        if status is Status.OPTIMAL and value is not None:
            bound = self._outside(value)
        values, dual = found if found is not None else (None, None)
        if self._program.integer.any():
            dual = None
        return Answer(status, values, bound, dual, words=words)

    def _ending(self) -> str:
        code = self._process.returncode if self._process else 0
        return f"crash, signal {-code}" if code < 0 else f"exit status {code} without a solution"


def _lines(terminal: int) -> Iterator[str]:
    with open(terminal, errors="replace") as file:
        try:
            for line in file:
                yield line.rstrip()
        except OSError as error:
            # How Linux says that the other side of a terminal is closed.
            if error.errno != errno.EIO:
                raise


def _read_words(line: str) -> tuple[Status, float | None, bool]:
    """Status, objective, and whether the values are those of a solution."""
    words, _, value = line.partition(" - objective value")
    has_solution = "no integer solution" not in words
    words = words.partition(" (")[0].strip()
    status = _FIRST_WORDS.get(words, Status.FAILED)
    if words == "Unbounded":
        # Also said where preprocessing cannot tell.
        status = Status.UNBOUNDED_OR_INFEASIBLE
    solved = has_solution and words not in ("Infeasible", "Integer infeasible", "Unbounded")
    try:
        return status, float(value), solved
    except ValueError:
        return status, None, solved


def _first_line(path: Path) -> str | None:
    try:
        with path.open() as file:
            return file.readline().strip() or None
    except OSError:
        return None


def _loosened(text: str, *, digits: int) -> float:
    """A lower limit of what was rounded to this text."""
    value = float(text)
    if value == 0:
        return 0.0
    return value - 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) + 1 - digits)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()


_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """In the child: be killed when the thread that started it ends, however it ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
