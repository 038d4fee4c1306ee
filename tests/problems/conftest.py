"""Hypothesis without deadlines, since kernels compile on first use; shared cases by name."""

import sys
from pathlib import Path

from hypothesis import settings

settings.register_profile("problems", deadline=None)
settings.load_profile("problems")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
