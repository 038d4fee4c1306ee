"""Peaks of memory are those of the processes that a block starts, added up."""

import subprocess
import sys

from solverhub.bench.memory import TICK_S, MemoryWatch

MIB = 2**20
HOLD = f"import time; held = bytearray(b'x') * (60 * {MIB}); time.sleep({6 * TICK_S})"


def test_the_peak_is_of_all_processes_together():
    with MemoryWatch() as watch:
        both = [subprocess.Popen([sys.executable, "-c", HOLD]) for _ in range(2)]
        assert [process.wait() for process in both] == [0, 0]
    assert 120 * MIB < watch.peak_bytes < 180 * MIB


def test_neither_this_process_nor_the_watch_counts():
    held = bytearray(b"x") * (60 * MIB)
    with MemoryWatch() as watch:
        subprocess.run(["sleep", str(3 * TICK_S)], check=True)
    assert 0 < watch.peak_bytes < 20 * MIB < len(held)
