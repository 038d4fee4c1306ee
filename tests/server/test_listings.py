"""What there is, and what would be chosen."""

import pytest

from solverhub import catalog
from solverhub.problems import families


def test_every_problem_is_listed(api):
    found = {each["name"]: each for each in api.get("/v1/problems").json()}
    assert list(found) == families.names()
    assert found["job-shop"]["solvers"][0] == "auto"
    assert all(each["title"] and each["formats"] for each in found.values())


def test_every_solver_is_listed(api):
    found = api.get("/v1/solvers").json()
    assert {(each["problem"], each["name"]) for each in found} >= set(catalog.SOLVERS)
    params = next(each for each in found if each["name"] == "cp-sat")["params"]
    assert {"name", "type", "default"} <= set(params[0])


def test_models_are_a_list(api):
    assert isinstance(api.get("/v1/models").json(), list)


def test_the_route_says_which_solver_and_why(api, easy_shop):
    plan = api.post("/v1/route", json={"instance": easy_shop}).json()
    assert plan["problem"] == "job-shop"
    assert plan["arms"][0]["solver"] in catalog.names("job-shop")
    assert plan["why"]
    named = api.post("/v1/route", json={"instance": easy_shop, "solver": "cp-sat"}).json()
    assert [arm["solver"] for arm in named["arms"]] == ["cp-sat"]


def test_the_route_of_a_large_upload(api):
    edges = "".join(f"e {i} {i + 1}\n" for i in range(1, 40_000))
    text = f"p edge 40000 39999\n{edges}".encode()
    digest = api.put("/v1/instances", params={"name": "path.clq"}, content=text).json()["digest"]
    body = {"problem": "maximum-clique", "instance_digest": digest}
    assert api.post("/v1/route", json=body).json()["problem"] == "maximum-clique"


@pytest.mark.parametrize("path", ["/v1/nothing", "/", "/v1/jobs/a/b", "/v2/jobs"])
def test_an_unknown_path_is_a_problem_document(api, path):
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_method_that_is_not_taken_is_a_problem_document(api):
    answer = api.patch("/v1/jobs")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert answer.headers["content-type"] == "application/problem+json"
