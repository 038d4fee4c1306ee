"""Peaks of memory are those of the processes that a block starts, added up."""

import subprocess
import sys
import time

from solverhub.bench.memory import TICK_S, MemoryWatch

MIB = 2**20
HOLD = f"held = bytearray(b'x') * (60 * {MIB}); print(flush=True); input()"


def test_the_peak_is_of_all_processes_together():
    command, pipe = [sys.executable, "-c", HOLD], subprocess.PIPE
    with MemoryWatch() as watch:
        both = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(2)]
        for process in both:
            process.stdout.readline()
        time.sleep(5 * TICK_S)
        for process in both:
            process.communicate(b"\n")
    assert 120 * MIB < watch.peak_bytes < 240 * MIB


def test_neither_this_process_nor_the_watch_counts():
    with MemoryWatch() as watch:
        time.sleep(3 * TICK_S)
    assert watch.peak_bytes == 0
