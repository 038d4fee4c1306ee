"""Many walks over schedules at once: states stay on the device, one swap a walk and step.

A state is the array `after` (the operation after each on its machine).  A swap of neighbours
changes three entries of it; the evaluator op then gives all times anew.  A swap may not be
undone for `tenure` steps (a recency mask, as in tabu search and not in arXiv:2211.10936,
where walks go in circles); a walk whose swaps are all barred may make any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from solverhub.learned.job_shop_features import Evaluated, features_of
from solverhub.learned.job_shop_links import Links
from solverhub.learned.job_shop_moves import Arcs, Times, moves_of
from solverhub.ops.schedules import evaluate
from solverhub.problems.job_shop import ShopInstance


@dataclass(frozen=True, slots=True)
class Shops:
    """B shops of equal job lengths, on one device.

    - `duration`: int32 (B, N); `job_before`, `job_after`: int64 (B, N), -1 for none.
    - `indptr`: int64 NumPy (n_jobs + 1,).
    """

    duration: torch.Tensor
    job_before: torch.Tensor
    job_after: torch.Tensor
    indptr: np.ndarray

    @classmethod
    def of(cls, duration: np.ndarray, indptr: np.ndarray, device: str = "cpu") -> Shops:
        """From durations int (B, N) of a total below 2**31 a row."""
        before = np.arange(duration.shape[1]) - 1
        after = before + 2
        filled = np.flatnonzero(np.diff(indptr) > 0)
        before[indptr[:-1][filled]] = -1
        after[indptr[1:][filled] - 1] = -1
        shape = duration.shape
        return cls(
            torch.tensor(duration.astype(np.int32), device=device),
            torch.tensor(before, device=device).expand(shape).contiguous(),
            torch.tensor(after, device=device).expand(shape).contiguous(),
            indptr,
        )

    @classmethod
    def copies(cls, shop: ShopInstance, size: int, device: str = "cpu") -> Shops:
        """One shop `size` times."""
        return cls.of(np.tile(shop.duration, (size, 1)), shop.indptr, device)

    def to(self, device: str) -> Shops:
        """The same shops on a device."""
        return replace(
            self,
            duration=self.duration.to(device),
            job_before=self.job_before.to(device),
            job_after=self.job_after.to(device),
        )

    def rows(self, rows: slice) -> Shops:
        """Some of the shops."""
        return replace(
            self,
            duration=self.duration[rows],
            job_before=self.job_before[rows],
            job_after=self.job_after[rows],
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """What the network takes; `pairs` and `mask` as in `Evaluated`."""

    features: torch.Tensor
    jobs: Links
    machines: Links
    pairs: torch.Tensor


def assess(shops: Shops, after: torch.Tensor) -> Evaluated:
    """Times, critical path and legal swaps of schedules `after`, int64 (B, N)."""
    found: Any = evaluate(shops.duration, shops.indptr, after)
    before = torch.full_like(after, -1).scatter_reduce_(
        1, after.clamp(min=0), torch.where(after >= 0, _own(after), -1), "amax"
    )
    times = Times(found.est, found.lst, shops.duration, found.makespan)
    moves = moves_of(times, Arcs(shops.job_before, shops.job_after, before, after))
    return Evaluated(
        before, after, found.est, found.lst, found.makespan, moves.path, moves.pairs, moves.mask
    )


def rows_of(state: Evaluated, rows: slice) -> Evaluated:
    """Some walks of a state."""
    return Evaluated(*(getattr(state, field.name)[rows] for field in fields(state)))


def observe(kind: str, shops: Shops, state: Evaluated) -> Observation:
    """The network's view of a state, with features of `kind`."""
    duration = shops.duration
    features = features_of(kind, state, duration, shops.job_before, shops.job_after)
    return Observation(
        features,
        Links.of(shops.job_before, shops.job_after),
        Links.of(state.before, state.after),
        state.pairs,
    )


def swap(state: Evaluated, action: torch.Tensor) -> torch.Tensor:
    """The next `after`, where swap `action` int64 (B,) is made; -1 makes none."""
    after = state.after.clone()
    moved = (action >= 0).nonzero()[:, 0]
    after[moved] = swap_rows(state, moved, action[moved])
    return after


def swap_rows(state: Evaluated, walk: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
    """`after` of walks `walk` once the swaps in `column` are made, int64 (len(walk), N)."""
    after = state.after[walk]
    row = torch.arange(len(walk), device=walk.device)
    u, v = state.pairs[walk, column].unbind(1)
    left, right = state.before[walk, u], state.after[walk, v]
    after[row, v], after[row, u] = u, right
    inside = left >= 0
    after[row[inside], left[inside]] = v[inside]
    return after


class Recency:
    """The last swaps of each walk, which may not be undone for a while."""

    def __init__(self, size: int, tenure: int, device: torch.device | str) -> None:
        self.tenure = tenure
        self._last = torch.full((size, max(1, tenure), 2), -1, device=device)
        self._count = 0

    def mask(self, state: Evaluated) -> torch.Tensor:
        """`state.mask` without barred swaps, or as it is where all are; bool (B, K)."""
        if self.tenure == 0:
            return state.mask
        same = (state.pairs[:, :, None, :] == self._last[:, None]).all(3).any(2)
        free = state.mask & ~same
        return torch.where(free.any(1, keepdim=True), free, state.mask)

    def note(self, state: Evaluated, action: torch.Tensor) -> None:
        """Bar the way back of swaps `action` int64 (B,); -1 bars nothing."""
        if self.tenure == 0:
            return
        row = torch.arange(len(action), device=action.device)
        back = state.pairs[row, action.clamp(min=0)].flip(1)
        slot = self._count % self.tenure
        self._last[:, slot] = torch.where((action >= 0)[:, None], back, -1)
        self._count += 1

    def forget(self, rows: torch.Tensor) -> None:
        """Start anew in some walks, int64 or bool."""
        self._last[rows] = -1

    def tensors(self) -> dict[str, torch.Tensor]:
        """What is barred, and since when."""
        return {"barred": self._last.cpu(), "count": torch.tensor(self._count)}

    def restore(self, saved: Mapping[str, torch.Tensor]) -> None:
        """Go on from `tensors`."""
        self._last = saved["barred"].to(self._last.device)
        self._count = int(saved["count"])


def choose(
    logits: torch.Tensor, mask: torch.Tensor, generator: torch.Generator, temperature: float = 1.0
) -> torch.Tensor:
    """A swap of each walk, drawn from softmax(logits / temperature) within the mask; -1 for none.

    Temperature 0 takes the likeliest.
    """
    noise = torch.rand(logits.shape, generator=generator, device=generator.device)
    gumbel = -(-noise.clamp(1e-10, 1 - 1e-7).log()).log().to(logits.device)
    value = (logits + temperature * gumbel).masked_fill(~mask, -torch.inf)
    return torch.where(mask.any(1), value.argmax(1), -1)


def _own(after: torch.Tensor) -> torch.Tensor:
    return torch.arange(after.shape[1], device=after.device).expand_as(after)
