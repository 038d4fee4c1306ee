"""The models that `solverhub train` makes, and the module whose `main` makes each."""

from __future__ import annotations

MODELS = {
    "contrastive-lns": "solverhub.training.contrastive_lns",
    "gflownet": "solverhub.training.gflownet",
    "job-shop-policy": "solverhub.training.job_shop_policy",
    "surco-prior": "solverhub.training.surco_prior",
}
