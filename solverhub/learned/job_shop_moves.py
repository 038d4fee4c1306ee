"""The swaps of N5: first and last pairs of the blocks of one critical path.

A block is a longest run of operations on the path that follow each other on one machine.
Swapping inside a block cannot shorten the schedule, nor can the first pair of the first
block or the last pair of the last one: E. Nowicki and C. Smutnicki, A fast taboo search
algorithm for the job shop problem, Management Science 42 (1996),
doi:10.1287/mnsc.42.6.797.  The path goes backwards from the critical operation of least
index that ends last, over the machine where both predecessors are critical.

Swapping neighbours of a critical path never makes a cycle but for operations without
duration, whose swaps are left out where they might, and operations of one job.

There are two forms of equal answers: compiled, one schedule after the other, on the CPU, and
pointer doubling in torch on the device.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numba import njit


@dataclass(frozen=True, slots=True)
class Times:
    """Times of B schedules of N operations: `est`, `lst`, `duration` int32 (B, N)."""

    est: torch.Tensor
    lst: torch.Tensor
    duration: torch.Tensor
    makespan: torch.Tensor


@dataclass(frozen=True, slots=True)
class Arcs:
    """Neighbours of each operation in its job and on its machine, int64 (B, N), -1 for none."""

    job_before: torch.Tensor
    job_after: torch.Tensor
    before: torch.Tensor
    after: torch.Tensor


@dataclass(frozen=True, slots=True)
class Moves:
    """`path` bool (B, N); `pairs` int64 (B, K, 2) by falling index of v, padded with 0; `mask`."""

    path: torch.Tensor
    pairs: torch.Tensor
    mask: torch.Tensor


def moves_of(times: Times, arcs: Arcs) -> Moves:
    """The swaps (u, v) of each schedule, u directly before v on a machine; K is at least 1."""
    return _on_device(times, arcs) if times.est.is_cuda else _on_cpu(times, arcs)


def _on_cpu(times: Times, arcs: Arcs) -> Moves:
    size, n = times.est.shape
    path, allowed = np.zeros((size, n), np.bool_), np.zeros((size, n), np.bool_)
    mark_moves(
        times.est.numpy(),
        times.duration.numpy(),
        times.makespan.numpy(),
        arcs.job_before.numpy(),
        arcs.job_after.numpy(),
        arcs.before.numpy(),
        path,
        allowed,
    )
    return _listed(torch.from_numpy(path), torch.from_numpy(allowed), arcs)


@njit(cache=True, nogil=True)
def mark_moves(est, duration, makespan, job_before, job_after, before, path, allowed):
    """Mark operations of the path, and those v whose swap with `before[v]` is allowed."""
    size, n = est.shape
    steps = np.empty(n, np.int64)
    for b in range(size):
        v = 0
        while est[b, v] + duration[b, v] != makespan[b]:
            v += 1
        length = 0
        while v >= 0:
            path[b, v] = True
            steps[length] = v
            length += 1
            v = tight_before(v, est[b], duration[b], job_before[b], before[b])
        for k in range(length - 1):
            v, u = steps[k], steps[k + 1]
            if u != before[b, v]:
                continue
            later = steps[k - 1] if k > 0 else -1
            earlier = steps[k + 2] if k + 2 < length else -1
            last = k > 0 and before[b, later] != v
            first = earlier >= 0 and before[b, u] != earlier
            if (first or last) and safe(u, v, duration[b], job_before[b], job_after[b]):
                allowed[b, v] = True


@njit(cache=True, nogil=True)
def tight_before(v, est, duration, job_before, before):
    """The operation before v on the path, or -1."""
    u = before[v]
    if u >= 0 and est[u] + duration[u] == est[v]:
        return u
    u = job_before[v]
    if u >= 0 and est[u] + duration[u] == est[v]:
        return u
    return -1


@njit(cache=True, nogil=True)
def safe(u, v, duration, job_before, job_after):
    """False where another way may lead from u to v."""
    if job_before[v] == u:
        return False
    later, earlier = job_after[u], job_before[v]
    return later < 0 or earlier < 0 or duration[later] > 0 or duration[earlier] > 0


def _on_device(times: Times, arcs: Arcs) -> Moves:
    est, duration, before = times.est, times.duration, arcs.before
    n = est.shape[1]
    own = torch.arange(n, device=est.device).expand_as(before)
    end = est + duration
    by_machine = _tight(before, end, est)
    by_job = _tight(arcs.job_before, end, est)
    pointer = torch.where(by_machine, before, torch.where(by_job, arcs.job_before, own))
    is_last = end == times.makespan[:, None]
    last = torch.where(is_last, own, n).amin(1, keepdim=True)
    path = _chain(pointer, last)
    linked = path & by_machine
    u = before.clamp(min=0)
    opens = linked & ~linked.gather(1, u)  # u is the first of its block
    follower = arcs.after.clamp(min=0)
    closes = linked & ~((arcs.after >= 0) & linked.gather(1, follower) & path.gather(1, follower))
    starts = pointer.gather(1, u) == u
    allowed = (opens & ~starts) | (closes & (own != last))
    later, earlier = arcs.job_after.gather(1, u), arcs.job_before
    void = (later >= 0) & (duration.gather(1, later.clamp(min=0)) == 0)
    void &= (earlier >= 0) & (duration.gather(1, earlier.clamp(min=0)) == 0)
    return _listed(path, allowed & ~void & (earlier != before), arcs)


def _tight(neighbour: torch.Tensor, end: torch.Tensor, est: torch.Tensor) -> torch.Tensor:
    return (neighbour >= 0) & (end.gather(1, neighbour.clamp(min=0)) == est)


def _chain(pointer: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Mark all that the pointers reach from `last` (B, 1), in log N rounds."""
    marked = torch.zeros_like(pointer, dtype=torch.bool).scatter_(1, last, True)
    jump = pointer
    for _ in range(pointer.shape[1].bit_length()):
        marked = marked | marked.new_zeros(marked.shape).scatter_reduce_(1, jump, marked, "amax")
        jump = jump.gather(1, jump)
    return marked


def _listed(path: torch.Tensor, allowed: torch.Tensor, arcs: Arcs) -> Moves:
    """Pack the marked operations into K columns."""
    size, n = allowed.shape
    width = max(1, int(allowed.sum(1).max())) if size else 1
    own = torch.arange(n, device=allowed.device)
    v = torch.where(allowed, own, -1).topk(width, 1).values
    mask = v >= 0
    v = v.clamp(min=0)
    u = arcs.before.gather(1, v).clamp(min=0)
    pairs = torch.stack([torch.where(mask, u, 0), torch.where(mask, v, 0)], 2)
    return Moves(path, pairs, mask)
