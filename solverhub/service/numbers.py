"""Objectives and bounds as JSON text, which holds integers of any size exactly."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np

from solverhub.core.result import Number


def to_text(value: Number | None) -> str | None:
    """JSON text of a finite number, None for anything else; fractions that are not whole round."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Fraction):
        value = value.numerator if value.denominator == 1 else float(value)
    if value is None or not math.isfinite(value):
        return None
    return json.dumps(value)


def from_text(text: Any) -> Number | None:
    """The number of a JSON text."""
    if text is None:
        return None
    value: int | float = json.loads(text)
    return value
