"""Every error is a problem document from the one table."""

import asyncio
import errno
import os

import httpx
import pytest
from fastapi import FastAPI

from solverhub import wire
from solverhub.core import errors as core_errors
from solverhub.core.errors import ParseError, SolverhubError, StorageFull
from solverhub.server import errors

CLASSES = [
    kind
    for kind in vars(core_errors).values()
    if isinstance(kind, type) and issubclass(kind, SolverhubError)
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_of_the_core_has_a_document(kind):
    document = errors.document(kind("something"))
    assert document["type"] == wire.error_type(kind)
    assert 400 <= document["status"] < 600
    assert document["title"]
    assert type(wire.error_from_wire(document)) is kind


def test_input_errors_are_the_callers_to_mend():
    for kind in CLASSES:
        if issubclass(kind, core_errors.InputError):
            assert errors.row(kind).status < 500


def test_the_place_and_the_remedy_are_told():
    given = ParseError("bad edge", file="G1.txt", line=7, column=3, remedy="two vertices a line")
    document = errors.document(given)
    assert document["status"] == 422
    assert (document["file"], document["line"], document["column"]) == ("G1.txt", 7, 3)
    assert document["remedy"] == "two vertices a line"


def test_quoted_input_is_cut():
    document = errors.document(ParseError("x" * 100_000, file="y" * 100_000))
    assert len(wire.dump(document)) < 10_000


def test_a_full_disk_is_507_and_worth_another_try():
    answer = errors.respond(StorageFull())
    assert answer.status_code == 507
    assert answer.headers["retry-after"]
    assert answer.media_type == "application/problem+json"


def test_a_subclass_takes_the_row_of_its_base():
    class Odd(ParseError):
        """Something odd."""

    assert errors.row(Odd) is errors.TABLE[ParseError]


def ends_with(error):
    """Status of an app whose only route raises the error."""
    app = FastAPI()
    errors.install(app)

    @app.get("/")
    async def fail():
        raise error

    async def ask():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await client.get("/")

    return asyncio.run(ask()).status_code


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EIO, 500)])
def test_only_a_full_disk_is_told_as_one(number, status):
    assert ends_with(OSError(number, os.strerror(number))) == status
