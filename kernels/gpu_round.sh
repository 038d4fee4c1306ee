#!/usr/bin/env bash
# The whole round on a machine with a GPU: tests marked gpu, then the rates of the kernels.
# Needs Python 3.11+, NumPy, SciPy, Numba, CuPy, pytest and pytest-timeout; torch where it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
export PYTHONPATH=$PWD

echo "commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader
"$PYTHON" -c 'import sys, numpy, numba, cupy; print("Python", sys.version.split()[0], "NumPy",
numpy.__version__, "Numba", numba.__version__, "CuPy", cupy.__version__)'

"$PYTHON" -m pytest -q --noconftest -m gpu -rs tests/ops
"$PYTHON" - <<'PYTHON'
from solverhub.bench import batch_qp

for line in batch_qp.measure():
    print("| " + " | ".join(line) + " |")
PYTHON
