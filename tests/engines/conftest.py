"""Makes `mixed_programs` importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from solverhub.engines.qp_answer import QpForm


@pytest.fixture
def bounded_form():
    """min 1/2 |x|^2 - x1 - 3 x2 over x1 + x2 = 1, x2 - x3 <= 0.2, 0 <= x."""
    return QpForm(
        P=csc_matrix(np.eye(3)),
        q=np.array([-1.0, -3.0, 0.0]),
        E=csc_matrix([[1.0, 1.0, 0.0]]),
        b=np.array([1.0]),
        G=csc_matrix([[0.0, 1.0, -1.0]]),
        low=np.array([-np.inf]),
        high=np.array([0.2]),
        lower=np.zeros(3),
        upper=np.array([np.inf, 0.9, np.inf]),
    )
