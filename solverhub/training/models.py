"""The models that `solverhub train` makes, and the module whose `main` makes each."""

from __future__ import annotations

MODELS = {
    "gflownet": "solverhub.training.gflownet",
    "job-shop-policy": "solverhub.training.job_shop_policy",
}
