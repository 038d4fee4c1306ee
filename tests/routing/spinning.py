"""Targets that misbehave in a child process."""

import faulthandler
import hashlib
import os
import re
import subprocess
import sys
import time

import numpy as np

from solverhub.core.budget import Budget
from solverhub.core.errors import InvalidParams, ParseError
from solverhub.core.events import Event, EventKind


def incumbent(objective, n=1000, at=0.0):
    return Event(EventKind.INCUMBENT, at, objective=objective, solution=np.full(n, objective))


def spin_holding_the_gil():
    """Minutes in one C call that never lets another Python thread run."""
    pattern = "(a+)+$"

    re.match(pattern, "a" * 40 + "b")


def spin_without_the_gil():
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1_000_000_000)


def echo(channel, value):
    channel.observe(incumbent(3.0))
    return value


def join(channel, first, second):
    return first + second


def improve_then_spin(channel, how):
    for objective in (5.0, 4.0, 3.0):
        channel.observe(incumbent(objective))
    channel.observe(Event(EventKind.BOUND, 0.0, bound=1.0))
    {"gil": spin_holding_the_gil, "free": spin_without_the_gil}[how]()


def start_programs_then_spin(channel):
    """Leave one grandchild in our group and one in a session of its own."""
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    for apart in (False, True):
        subprocess.Popen(sleeper, start_new_session=apart)
    channel.observe(incumbent(3.0))
    spin_without_the_gil()


def leave_a_program_behind(channel):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    while not channel.cancel.is_set():
        time.sleep(0.002)
    return "left"


def hog(channel):
    channel.observe(incumbent(7.0))
    blocks = []
    while True:
        blocks.append(np.ones(1 << 20))
        time.sleep(0.005)


def crash(channel, signal_number):
    channel.observe(incumbent(2.0))
    faulthandler.disable()
    os.kill(os.getpid(), signal_number)
    time.sleep(60)


def leave(channel):
    os._exit(7)


def obey(channel):
    budget = channel.budget(Budget.start(60))
    while budget.reached() is None:
        time.sleep(0.005)
    return "obeyed"


def raise_it(channel, which):
    if which == "ours":
        raise ParseError("bad row", file="a.mps", line=3, remedy="mend it")
    if which == "remedy":
        raise InvalidParams("x is 3", remedy="give 4")
    raise ZeroDivisionError("a foreign one")


def flood(channel, count):
    for objective in range(count, 0, -1):
        channel.observe(incumbent(float(objective), n=10))
        channel.observe(Event(EventKind.LOG, 0.0, message="x" * 500))
    return "done"


def relay(channel):
    """Return the first incumbent and bound that come in."""
    budget = channel.budget(Budget.start(30))
    found = {}
    while len(found) < 2 and budget.reached() is None:
        for event in budget.incoming():
            found[event.kind.value] = (event.objective, event.bound, event.solution, event.source)
        time.sleep(0.002)
    return found


def announce_then_spin(channel):
    channel.started(Budget.start(0.2))
    channel.observe(incumbent(1.0))
    spin_without_the_gil()


def finish_late(channel):
    channel.solved()
    time.sleep(2)
    return "late"


def write_forever(channel, n):
    """Incumbents whose entries all equal the objective, as fast as they can be written."""
    objective = 0.0
    while True:
        objective -= 1.0
        channel.observe(incumbent(objective, n=n))


class Unloadable:
    """Pickles, but cannot be read back."""

    def __reduce__(self):
        return int, ("not a number",)
