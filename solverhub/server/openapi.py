"""The OpenAPI document: what FastAPI gathers, the forms read by hand, examples and keys.

`python -m solverhub.server.openapi` writes it to `api/openapi.json`; a test compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from solverhub import assets
from solverhub.core.errors import Unauthorised
from solverhub.server.documents import PROBLEM_CONTENT, ProblemDocument, problem_response
from solverhub.server.forms import BatchForm, JobForm, RouteForm
from solverhub.server.keys import OPEN_PATHS

TITLE = "solverhub"
VERSION = "1"
_SCHEMA = "#/components/schemas/{model}"


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document, independent of what is installed."""
    found = get_openapi(
        title=TITLE,
        version=VERSION,
        summary="Combinatorial problems in, checked answers out.",
        routes=app.routes,
    )
    components = found.setdefault("components", {})
    components.setdefault("schemas", {}).update(_forms())
    components["examples"] = _examples()
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for path, operations in found["paths"].items():
        for operation in operations.values():
            _complete(path, operation)
    return found


def _forms() -> dict[str, Any]:
    models = (JobForm, BatchForm, RouteForm, ProblemDocument)
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_SCHEMA)
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _examples() -> dict[str, Any]:
    files = sorted((assets.folder("api") / "examples").glob("*.json"))
    return {file.stem: {"value": json.loads(file.read_text("utf-8"))} for file in files}


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Keys are needed where configured; validation errors are problem documents like the rest."""
    responses = operation["responses"]
    if path not in OPEN_PATHS:
        operation["security"] = [{}, {"bearer": []}, {"apiKey": []}]
        responses |= {str(code): told for code, told in problem_response(Unauthorised).items()}
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
    told = {"description": "Any other error", "content": PROBLEM_CONTENT}
    operation["responses"] = {**dict(sorted(responses.items())), "default": told}


def install(app: FastAPI) -> None:
    """Make the app serve this document at /openapi.json."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def text(app: FastAPI) -> str:
    """The document as it lies in `api/openapi.json`."""
    return json.dumps(app.openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the document of a fresh app."""
    from solverhub.server.app import routes_only

    target = Path(sys.argv[1]) if len(sys.argv) > 1 else assets.folder("api") / "openapi.json"
    target.write_text(text(routes_only()), "utf-8")


if __name__ == "__main__":
    main()
