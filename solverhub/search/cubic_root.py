"""The bound by messages of a whole instance: message passing on each independent subproblem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solverhub.core.recorder import Recorder
from solverhub.core.result import Number
from solverhub.problems.cubic_instance import CubicInstance, keys
from solverhub.problems.triple_bound import negative_total, triple_messages
from solverhub.reductions.cubic_dense import LARGEST, DenseCubic
from solverhub.reductions.cubic_messages import bound, evidence, sweep
from solverhub.reductions.kernel_cubic import components

_SWEEPS = 5
_STALLED = 1e-4
"""Relative rise of the bound below which so many sweeps are the last."""


class Root:
    """Messages of the subproblems of at most `LARGEST` vertices."""

    def __init__(self, instance: CubicInstance) -> None:
        self.instance = instance
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        for vertices in components(instance):
            if 2 < vertices.size <= LARGEST:
                costs = DenseCubic.of(instance, vertices)
                triple = costs.triple.astype(np.float64)
                part = (vertices, costs.pair.astype(np.float64), np.zeros_like(triple), triple)
                self.parts.append(part)
        self._last = -np.inf

    def run(self, recorder: Recorder, over: Callable[[], bool], rounds: int) -> None:
        """Pass messages until that is of little use, `over` or after so many rounds; record.

        What the judge makes of them is asked for at the end, and when it may be a proof.
        """
        for _ in range(rounds):
            if over() or not self._improve():
                break
            known = recorder.objective
            if known is not None and self._last > float(known) - 1.0 - 1e-6 * abs(float(known)):
                recorder.bound(self.value())
        if self.parts and not recorder.proved():
            recorder.bound(self.value())

    def _improve(self) -> bool:
        """A round of sweeps; False once that is of little use."""
        total = 0.0
        for _, pair, message, triple in self.parts:
            for _ in range(_SWEEPS):
                sweep(pair, message, triple)
            total += bound(pair, message, triple)
        rise, self._last = total - self._last, total
        return bool(self.parts) and rise > _STALLED * abs(total)

    def value(self) -> Number:
        """What the messages prove of the instance, as the judge sees it."""
        proved = triple_messages(self.instance, self.evidence())
        return negative_total(self.instance) if proved is None else proved

    def evidence(self) -> dict[str, np.ndarray]:
        """The messages of all parts, in the ids of the instance."""
        told = [
            (vertices[own["triples"]], own["messages"])
            for vertices, _, message, _ in self.parts
            for own in (evidence(message),)
        ]
        triples = np.concatenate([np.zeros((3, 0), np.int64), *(ids for ids, _ in told)], axis=1)
        messages = np.concatenate([np.zeros((3, 0)), *(values for _, values in told)], axis=1)
        order = np.argsort(keys(self.instance.n, triples))
        return {"triples": triples[:, order], "messages": messages[:, order]}
