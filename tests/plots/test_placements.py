import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.figure import Figure

from solverhub.plots.placements import device_bars
from solverhub.problems.generators import generate


def test_the_bars_of_a_device_add_up_to_its_time():
    instance = generate("random-tables", 1, tables=9).instance
    device = np.arange(9) % 4
    axes = Figure().subplots()
    device_bars(axes, instance, device)
    compute, sent = (np.array([bar.get_height() for bar in bars]) for bars in axes.containers)
    assert compute + sent == pytest.approx(instance.device_ms(device))
    assert (compute > 0).all()
