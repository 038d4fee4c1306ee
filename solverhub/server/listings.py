"""What there is: problems, solvers, models; and what `auto` would choose."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from solverhub import assets, catalog, wire
from solverhub.problems import families
from solverhub.server.bodies import read_form
from solverhub.server.documents import problem_response
from solverhub.server.forms import RouteForm
from solverhub.server.jobs import SUBMIT_ERRORS, json_answer, json_body
from solverhub.service.service import Service

router = APIRouter(prefix="/v1", tags=["what there is"])


class FamilyDocument(BaseModel):
    """A problem family."""

    name: str
    title: str
    formats: list[str]
    solvers: list[str]


class SolverDocument(BaseModel):
    """A solver of one problem; `missing` names packages that it lacks here."""

    problem: str
    name: str
    title: str
    guarantee: str | None
    devices: list[str]
    missing: list[str]
    params: list[dict[str, Any]]


class ModelDocument(BaseModel):
    """A trained model: its configuration, its card (Markdown) and the size of its weights."""

    name: str
    config: dict[str, Any]
    card: str
    weights_bytes: int


class ArmDocument(BaseModel):
    """One solver of a plan, with the cores it gets."""

    solver: str
    params: dict[str, Any]
    threads: int


class PlanDocument(BaseModel):
    """What would solve the instance, and why."""

    problem: str
    arms: list[ArmDocument]
    why: str


@router.get(
    "/problems", summary="Problem families", responses={200: {"model": list[FamilyDocument]}}
)
async def problems() -> Response:
    """Every family with its formats and the names of its solvers."""
    return json_answer(await run_in_threadpool(_problems))


@router.get("/solvers", summary="Solvers", responses={200: {"model": list[SolverDocument]}})
async def solvers() -> Response:
    """Every solver of every family, with its parameters."""
    return json_answer(await run_in_threadpool(_solvers))


@router.get("/models", summary="Trained models", responses={200: {"model": list[ModelDocument]}})
async def models() -> Response:
    """The models that learned solvers load."""
    return json_answer(await run_in_threadpool(_models))


@router.post(
    "/route",
    summary="Choose a solver without solving",
    responses={200: {"model": PlanDocument}, **problem_response(*SUBMIT_ERRORS)},
    openapi_extra={"requestBody": json_body("RouteForm", "route")},
)
async def choose(request: Request) -> Response:
    """Which solver a job with this body would get, and why."""
    service: Service = request.app.state.service
    form = await read_form(request, RouteForm)
    return json_answer(await run_in_threadpool(_plan, service, form))


def _plan(service: Service, form: RouteForm) -> bytes:
    plan = service.plan(form.request())
    return wire.dump(
        {"problem": plan.problem, "arms": [asdict(arm) for arm in plan.arms], "why": plan.why}
    )


@cache
def _problems() -> bytes:
    found = [families.get(name) for name in families.names()]
    return wire.dump(
        [
            {
                "name": problem.name,
                "title": problem.title,
                "formats": list(problem.formats),
                "solvers": ["auto", *catalog.names(problem.name)],
            }
            for problem in found
        ]
    )


@cache
def _solvers() -> bytes:
    return wire.dump([_solver(entry.problem, entry.name) for entry in catalog.entries()])


def _solver(problem: str, name: str) -> dict[str, Any]:
    """One entry; a solver of another package that does not import is shown as lacking it."""
    try:
        found = catalog.solver_class(problem, name)
    except ImportError as error:
        return _entry(problem, name, name, missing=[error.name or str(error)])
    return _entry(
        problem,
        name,
        found.title,
        guarantee=found.guarantee.value,
        devices=list(found.devices),
        missing=catalog.missing(found),
        params=found.Params.describe(),
    )


def _entry(problem: str, name: str, title: str, **known: Any) -> dict[str, Any]:
    unknown: dict[str, Any] = {"guarantee": None, "devices": [], "missing": [], "params": []}
    return {"problem": problem, "name": name, "title": title, **unknown, **known}


def _models() -> bytes:
    folders = sorted(path.parent for path in assets.folder("models").glob("*/config.toml"))
    return wire.dump([_model(folder) for folder in folders])


def _model(folder: Path) -> dict[str, Any]:
    card, weights = folder / "card.md", folder / "weights.safetensors"
    return {
        "name": folder.name,
        "config": tomllib.loads((folder / "config.toml").read_text("utf-8")),
        "card": card.read_text("utf-8") if card.exists() else "",
        "weights_bytes": weights.stat().st_size if weights.exists() else 0,
    }
