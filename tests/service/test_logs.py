"""Logs are one JSON object a line, whatever is logged."""

import json
import logging

from solverhub.service.logs import JsonFormatter


def formatted(message, *args, extra=None, exc_info=None):
    logger = logging.getLogger("solverhub.test")
    record = logger.makeRecord("x", logging.INFO, "f", 1, message, args, exc_info, extra=extra)
    return json.loads(JsonFormatter().format(record))


def test_a_line_says_what_happened_to_which_job():
    found = formatted("run %s", "started", extra={"jobs": ("a",), "attempt": 2})
    assert found["message"] == "run started"
    assert found["jobs"] == ["a"]
    assert found["attempt"] == 2
    assert found["level"] == "info"
    assert found["time"].endswith("Z")


def test_line_breaks_and_foreign_values_stay_on_one_line():
    record = logging.makeLogRecord({"msg": "two\nlines", "thing": object()})
    assert "\n" not in JsonFormatter().format(record)


def test_an_exception_is_told():
    try:
        raise ZeroDivisionError("why")
    except ZeroDivisionError as error:
        found = formatted("bad", exc_info=(type(error), error, error.__traceback__))
    assert "ZeroDivisionError: why" in found["exception"]
