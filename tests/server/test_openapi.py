"""The OpenAPI document: as committed, complete, independent of what is installed."""

import json
from pathlib import Path

import pytest

from solverhub import assets, catalog
from solverhub.problems import families
from solverhub.server import openapi
from solverhub.server.app import routes_only
from solverhub.server.forms import BatchForm, JobForm, RouteForm

EXAMPLES = sorted((assets.folder("api") / "examples").glob("*.json"))


@pytest.fixture(scope="module")
def document():
    return routes_only().openapi()


def test_the_committed_document_is_that_of_the_app():
    committed = (assets.folder("api") / "openapi.json").read_text("utf-8")
    assert committed == openapi.text(routes_only()), "run python -m solverhub.server.openapi"


def test_enums_come_from_the_literal_tables(document):
    properties = document["components"]["schemas"]["JobForm"]["properties"]
    text = json.dumps(properties)
    assert json.dumps(families.names()) in text
    solvers = ["auto", *sorted({name for _, name in catalog.SOLVERS})]
    assert json.dumps(solvers) in text


def test_every_reference_leads_somewhere(document):
    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in set(references(document)):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_every_operation_tells_its_errors_as_problem_documents(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if status == "default" or int(status) >= 400:
                    place = f"{method} {path} {status}"
                    assert list(answer["content"]) == ["application/problem+json"], place
            assert "default" in operation["responses"]
            if path.startswith("/v1"):
                assert "401" in operation["responses"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_fit_their_forms(path: Path):
    form = {"batch": BatchForm, "route": RouteForm}.get(path.stem, JobForm)
    form.model_validate(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_answered(api, path: Path):
    target = {"batch": "/v1/batches", "route": "/v1/route"}.get(path.stem, "/v1/jobs")
    body = json.loads(path.read_text("utf-8"))
    answer = api.post(target, json=body, headers={"prefer": "wait=30"})
    assert answer.status_code in (200, 202), answer.text
    if target == "/v1/jobs":
        assert answer.json()["result"]["termination"]["reason"] == "optimal"


def test_the_app_serves_its_document(api, document):
    assert api.get("/openapi.json").json() == json.loads(json.dumps(document))
