"""How long reading takes and how much memory, against the size of the file.

Each reading runs in a fresh process, once to compile and then for the figure.  HiGHS reads
the same MPS file beside this package.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from solverhub.problems.generators import generate
from solverhub.problems.mps_write import write_mps

_EDGES = 1_000_000
_COLUMNS = 10_800
_ROUNDS = 5

_OURS = """
import resource, sys, time
from solverhub.problems.reading import read
from solverhub.problems import families, generators
small, path, problem = sys.argv[1:]
read(small, problem)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
parsed = read(path, problem)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
_HIGHS = """
import resource, sys, time
import highspy
small, path, problem = sys.argv[1:]
model = highspy.Highs()
model.silent()
model.readModel(small)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
model.readModel(path)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def measure() -> list[list[str]]:
    """Header and one line a reader: file size, median seconds, memory in sizes of the file."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        edges = (base / "small.txt", base / "edges.txt")
        mps = (base / "small.mps", base / "model.mps")
        _write_edges(edges[0], 100)
        _write_edges(edges[1], _EDGES)
        mps[0].write_bytes(_set_cover(50, 100))
        mps[1].write_bytes(_set_cover(5000, _COLUMNS))
        jobs = [
            ("edge list, 1,000,000 edges", "solverhub", _OURS, edges, "maximum-independent-set"),
            ("MPS", "solverhub", _OURS, mps, "ilp"),
            ("MPS", "HiGHS", _HIGHS, mps, "ilp"),
        ]
        found: list[list[tuple[float, float]]] = [[] for _ in jobs]
        for _ in range(_ROUNDS):
            for times, (_, _, program, paths, problem) in zip(found, jobs, strict=True):
                times.append(_run(program, *map(str, paths), problem))
        lines = [["file", "size", "reader", "median", "range", "peak memory / file"]]
        for times, (title, reader, _, paths, _) in zip(found, jobs, strict=True):
            lines.append(_line(title, reader, paths[1].stat().st_size, times))
    return lines


def _line(title: str, reader: str, size: int, times: list[tuple[float, float]]) -> list[str]:
    seconds = [wall_s for wall_s, _ in times]
    memory = statistics.median(kilobytes for _, kilobytes in times) * 1024 / size
    spread = f"{min(seconds):.3f} to {max(seconds):.3f} s"
    size_text = f"{size / 1e6:.1f} MB"
    return [
        title,
        size_text,
        reader,
        f"{statistics.median(seconds):.3f} s",
        spread,
        f"{memory:.1f}",
    ]


def _run(program: str, *arguments: str) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    wall_s, kilobytes = done.stdout.split()[-2:]
    return float(wall_s), float(kilobytes)


def _write_edges(path: Path, edges: int) -> None:
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, max(10, edges // 10), (edges, 2))
    np.savetxt(path, pairs[pairs[:, 0] != pairs[:, 1]], fmt="%d")


def _set_cover(rows: int, columns: int) -> bytes:
    """A set cover in MPS; 5,000 rows and 10,800 columns come to some 50 MB."""
    parsed = generate("set-cover", 0, problem="ilp", rows=rows, columns=columns)
    return write_mps(parsed.instance, parsed.naming)
