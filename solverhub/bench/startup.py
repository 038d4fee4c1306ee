"""How long it takes to import the package and to see the help, in fresh interpreters."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

_COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "import solverhub": ("-c", "import solverhub"),
    "solverhub --help": ("-m", "solverhub.cli.main", "--help"),
}
_ROUNDS = 9


def measure() -> list[list[str]]:
    """Header and one line a command: median and range in seconds, interleaved rounds."""
    times: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for _ in range(_ROUNDS):
        for name, arguments in _COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - start)
    lines = [["command", "median", "range"]]
    for name, found in times.items():
        lines.append(
            [name, f"{statistics.median(found):.3f} s", f"{min(found):.3f} to {max(found):.3f} s"]
        )
    return lines
