"""`solverhub train MODEL`: hands its arguments on to the `main` of the model's training."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}


def train(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="What to train, such as job-shop-policy.")],
) -> None:
    """Train the model of a learned solver; `solverhub train MODEL -- --help` tells how."""
    from solverhub.core.errors import MissingDependency, UnknownName
    from solverhub.training.models import MODELS

    if model not in MODELS:
        raise UnknownName(f"no model {model!r} to train", remedy=f"one of {', '.join(MODELS)}")
    try:
        module = importlib.import_module(MODELS[model])
    except ImportError as error:
        raise MissingDependency(
            f"training cannot be loaded ({error})", remedy="pip install 'solverhub[solvers]'"
        ) from error
    raise typer.Exit(module.main(context.args))
