"""Small programs one after the other by solvers of single ones, to measure a batch against.

A user without a batch solver loops over setup and solve of the Python package; that is what is
timed, on one thread, over a part of the programs.  Reading them into the form of an engine is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np

from solverhub.problems.quadratic_program import QuadraticProgram

Pairs = list[tuple[np.ndarray, np.ndarray]]
Loop = Callable[[], Pairs]


def loops(programs: list[QuadraticProgram], eps: float) -> Iterator[tuple[str, Loop]]:
    """Names and loops of the installed ones."""
    if find_spec("osqp"):
        yield "OSQP, one by one", _osqp(programs, eps)
    if find_spec("clarabel"):
        yield "Clarabel, one by one", _clarabel(programs, eps)


def rate(loop: Loop, size: int, rounds: int) -> tuple[list[float], Pairs]:
    """Programs a second of every round, and the last answers."""
    found, rates = loop(), []
    for _ in range(rounds):
        start = time.perf_counter()
        found = loop()
        rates.append(size / (time.perf_counter() - start))
    return rates, found


def _osqp(programs: list[QuadraticProgram], eps: float) -> Loop:
    from solverhub.engines import osqp

    def loop() -> Pairs:
        pairs = []
        for program in programs:
            answer = osqp.Run(program, eps=eps, relative=True).solve()
            pairs.append(_pair(answer.x, answer.rows))
        return pairs

    return loop


def _clarabel(programs: list[QuadraticProgram], eps: float) -> Loop:
    from solverhub.engines import clarabel
    from solverhub.exact.qp_form import convert

    forms = [convert(program) for program in programs]

    def loop() -> Pairs:
        pairs = []
        for program, form in zip(programs, forms, strict=True):
            answer = clarabel.Run(form.form, eps=eps).solve()
            x = form.values(answer)
            pairs.append(_pair(x, form.multipliers(answer, program.P @ x + program.q)))
        return pairs

    return loop


def _pair(x: np.ndarray | None, y: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    if x is None or y is None:
        raise ValueError("a feasible program was not solved")
    return x, y
