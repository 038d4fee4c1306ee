"""Peaks of memory are those of the processes that a block starts, added up.

Each test has a process of its own: servers of other tests descend from this one.
"""

import subprocess
import sys

from solverhub.bench.memory import TICK_S

MIB = 2**20
WATCH = f"""
import subprocess, sys, time
from solverhub.bench.memory import MemoryWatch
hold = "held = bytearray(b'x') * (60 * {MIB}); print(flush=True); input()"
pipe = subprocess.PIPE
with MemoryWatch() as watch:
    children = [
        subprocess.Popen([sys.executable, "-c", hold], stdin=pipe, stdout=pipe)
        for _ in range(int(sys.argv[1]))
    ]
    for child in children:
        child.stdout.readline()
    time.sleep({5 * TICK_S})
    for child in children:
        child.communicate(b"\\n")
print(watch.peak_bytes)
"""


def peak_bytes(children):
    command = [sys.executable, "-c", WATCH, str(children)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_peak_is_of_all_processes_together():
    assert 120 * MIB < peak_bytes(2) < 240 * MIB


def test_neither_this_process_nor_the_watch_counts():
    assert peak_bytes(0) == 0
