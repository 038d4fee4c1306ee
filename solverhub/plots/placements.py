"""Table placements as bars: what each device's time is made of, and how full its memory is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solverhub.problems.sharding_instance import ShardingInstance

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def device_bars(axes: Axes, instance: ShardingInstance, device: np.ndarray) -> None:
    """A bar a device of compute and communication in ms; `device` int64 (n,)."""
    k = instance.devices
    at = np.arange(k)
    total = instance.device_ms(device)
    sent = np.bincount(device, instance.loads[:, 2], k) + instance.model.latency_ms
    axes.bar(at, total - sent, color="#1f4e79", label="fused compute")
    axes.bar(at, sent, bottom=total - sent, color="#d9a441", label="communication")
    axes.axhline(float(total.max()), color="#b0b0b0", linewidth=0.8, linestyle="--")
    counts = np.bincount(device, minlength=k)
    full = [100 * needed / instance.memory_bytes for needed in instance.device_bytes(device)]
    axes.set_xticks(
        at, [f"{i}\n{c} in {f:.0f} %" for i, c, f in zip(at, counts, full, strict=True)]
    )
    axes.tick_params(axis="x", labelsize=7)
    axes.set_xlabel("device, its tables and the share of its memory they take")
    axes.set_ylabel("ms a step")
    axes.legend(loc="lower right", fontsize="small")
