"""Structured logs: one JSON object a line on standard error."""

from __future__ import annotations

import json
import logging
import os
import sys
import time

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message, process, and whatever `extra` brought (`job`, `attempt`)."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        found = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": os.getpid(),
        }
        found |= {k: v for k, v in record.__dict__.items() if k not in _PLAIN}
        if record.exc_info:
            found["exception"] = self.formatException(record.exc_info)
        return json.dumps(found, default=str)


def configure(level: str = "INFO") -> None:
    """Send every logger of solverhub to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("solverhub")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
