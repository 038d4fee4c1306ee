"""Makes `spinning`, the targets and toy solvers of these tests, importable in fresh processes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
