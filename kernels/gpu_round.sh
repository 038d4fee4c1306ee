#!/usr/bin/env bash
# The whole round on a machine with a GPU: tests marked gpu, the rates of the kernels, and, where
# OUT names a folder, TRAIN_MINUTES (5) of training at full size of TRAIN (job-shop-policy, or
# gflownet for PROBLEM, maximum-independent-set by default), whose weights go there; a further
# round with the same OUT goes on with it.
# Needs Python 3.11+, NumPy, SciPy, Numba, CuPy, torch, pytest and pytest-timeout; training needs
# safetensors too.
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
from solverhub.bench import (
    batch_qp, langevin, min_plus, neighbour_aggregation, packing, schedules,
)

for measured in (batch_qp, packing, schedules, langevin, min_plus, neighbour_aggregation):
    print(measured.__name__)
    for line in measured.measure():
        print("| " + " | ".join(line) + " |", flush=True)
PYTHON

if [ -n "${OUT:-}" ]; then
    minutes=${TRAIN_MINUTES:-5}
    full=(--preset large --device cuda --minutes "$minutes")
    problem=${PROBLEM:-maximum-independent-set}
    case ${TRAIN:-job-shop-policy} in
    job-shop-policy)
        timeout $((60 * minutes + 120)) "$PYTHON" -m solverhub.training.job_shop_policy \
            "${full[@]}" --out "$OUT/job-shop-policy" ;;
    gflownet)
        timeout $((60 * minutes + 600)) "$PYTHON" -m solverhub.training.gflownet \
            --problem "$problem" "${full[@]}" --out "$OUT/gflownet-$problem" ;;
    *)
        echo "TRAIN is job-shop-policy or gflownet" >&2
        exit 2 ;;
    esac
fi
