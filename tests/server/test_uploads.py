"""Files: sent in a form, or uploaded once and named by digest."""

import gzip
import hashlib
import json

import pytest

SHOP = b"2 2\n0 3 1 2\n1 4 0 1\n"


def test_a_form_submits_a_file(api):
    fields = {"problem": "job-shop", "solver": "cp-sat", "budget": '{"time_s": 20}', "seed": "3"}
    answer = api.post(
        "/v1/jobs",
        files={"file": ("tiny.jsp", SHOP)},
        data=fields,
        headers={"prefer": "wait=30"},
    )
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert job["name"].startswith("tiny")
    assert job["result"]["objective"] == 6
    assert job["result"]["provenance"]["seed"] == 3


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_upload_is_named_by_its_digest(api, pack):
    data = pack(SHOP)
    name = "tiny.jsp" if pack is bytes else "tiny.jsp.gz"
    answer = api.put("/v1/instances", params={"name": name}, content=data)
    assert answer.status_code == 201
    kept = answer.json()
    assert kept["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert kept["size_bytes"] == len(data)
    assert api.get(answer.headers["location"]).json() == kept
    body = {"problem": "job-shop", "instance_digest": kept["digest"], "budget": {"time_s": 20}}
    job = api.post("/v1/jobs", json=body, headers={"prefer": "wait=30"}).json()
    assert job["result"]["objective"] == 6


def test_a_large_upload_is_streamed_through_the_disk(api):
    data = b"c padding\n" * 400_000
    answer = api.put("/v1/instances", params={"name": "big.txt"}, content=iter([data] * 4))
    assert answer.json()["size_bytes"] == 4 * len(data)


FIELDS = [
    ({"budget": "{"}, "budget"),
    ({"budget": '{"time_s": -1}'}, "budget.time_s"),
    ({"seed": "x"}, "seed"),
    ({"colour": '"red"'}, "colour"),
    ({"instance": "{}"}, "instance"),
    ({"problem": "x" * 10_000}, "problem"),
]


@pytest.mark.parametrize(("fields", "named"), FIELDS, ids=[named for _, named in FIELDS])
def test_a_wrong_field_is_named(api, fields, named):
    answer = api.post("/v1/jobs", files={"file": ("tiny.jsp", SHOP)}, data=fields)
    assert answer.status_code == 422
    assert named in json.dumps(answer.json())


FORMS = {
    "no file": b'--b\r\nContent-Disposition: form-data; name="problem"\r\n\r\nilp\r\n--b--\r\n',
    "two files": b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\n2\r\n--b--\r\n',
    "cut": b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1',
    "no boundary in it": b"plain text",
    "empty": b"",
    "twice": b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' * 2 + b"--b--\r\n",
    "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n",
    "long header": b"--b\r\nContent-Disposition: " + b"x" * 100_000 + b"\r\n\r\n1\r\n--b--\r\n",
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
def test_a_broken_form_is_refused(api, body):
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = api.post("/v1/jobs", content=body, headers=headers)
    assert answer.status_code in (413, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_without_boundary_is_refused(api):
    answer = api.post("/v1/jobs", content=b"x", headers={"content-type": "multipart/form-data"})
    assert answer.status_code == 422


@pytest.mark.parametrize("name", ["x" * 10_000, ""])
def test_an_upload_with_an_impossible_name_is_refused(api, name):
    assert api.put("/v1/instances", params={"name": name}, content=SHOP).status_code == 422


def test_an_empty_upload_is_refused(api):
    answer = api.put("/v1/instances", content=b"")
    assert answer.status_code == 422
    assert "empty" in answer.json()["detail"]


def test_an_upload_with_content_encoding_is_refused(api):
    answer = api.put("/v1/instances", content=SHOP, headers={"content-encoding": "gzip"})
    assert answer.status_code == 415
    assert answer.json()["remedy"]


def test_a_digest_that_nobody_uploaded_is_404(api):
    body = {"problem": "ilp", "instance_digest": "sha256:" + "0" * 64}
    assert api.post("/v1/jobs", json=body).status_code == 404
