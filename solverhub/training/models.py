"""The models that `solverhub train` makes, and the module whose `main` makes each."""

from __future__ import annotations

MODELS = {"job-shop-policy": "solverhub.training.job_shop_policy"}
