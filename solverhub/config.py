"""What a deployment sets, read from `SOLVERHUB_*` environment variables.

A frozen dataclass, so that it imports wherever the library does; the server adds nothing
to it.  A field's variable is its name in capitals: `SOLVERHUB_MAX_JSON_BYTES=1000000`.
"""

from __future__ import annotations

import os
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

_LISTS = tuple[str, ...]


def _default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "solverhub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Configuration of a service.

    Where it lives: `data_dir` (job store, spool, sockets), `host`, `port` (0 picks a free one),
    `api_keys` (comma separated; needed when `host` is not loopback).
    What a job may take: `slots` (cores handed out at once; None: all), `default_time_limit_s`,
    `max_time_limit_s`, `memory_bytes` (resident size of a job; None: no limit), `max_attempts`.
    What a request may weigh: `max_json_bytes`, `max_file_bytes`, `max_decompressed_bytes`,
    `max_queued` jobs, `max_wait_s` of one `Prefer: wait`.
    How it keeps things: `lease_s`, `retention_s` of finished jobs, `cache_bytes`, `log_level`.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    api_keys: tuple[str, ...] = ()
    slots: int | None = None
    default_time_limit_s: float = 10.0
    max_time_limit_s: float = 3600.0
    memory_bytes: int | None = None
    max_attempts: int = 3
    max_json_bytes: int = 64 * 2**20
    max_file_bytes: int = 2 * 2**30
    max_decompressed_bytes: int = 4 * 2**30
    max_queued: int = 100_000
    max_wait_s: float = 60.0
    lease_s: float = 5.0
    retention_s: float = 7 * 86400.0
    cache_bytes: int = 2**30
    log_level: str = "INFO"

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, **overrides: Any
    ) -> Self:
        """Read the environment; `overrides` that are not None win (command-line options).

        Raises `ValueError` naming the variable whose text is not of its type.
        """
        environment = os.environ if environment is None else environment
        hints = typing.get_type_hints(cls)
        values: dict[str, Any] = {"data_dir": _default_data_dir()}
        for field in fields(cls):
            variable = f"SOLVERHUB_{field.name.upper()}"
            if variable in environment:
                values[field.name] = _read(variable, environment[variable], hints[field.name])
        values.update({name: value for name, value in overrides.items() if value is not None})
        return cls(**values)

    @property
    def loopback(self) -> bool:
        """True if only this machine can reach the service."""
        return self.host == "localhost" or self.host == "::1" or self.host.startswith("127.")


def _read(variable: str, text: str, hint: Any) -> Any:
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    if hint == _LISTS:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    kind = options[0] if options else hint
    if options and text.strip().lower() in ("", "none"):
        return None
    try:
        return kind(text)
    except ValueError as error:
        raise ValueError(f"{variable} is {text!r}: give a value of type {kind.__name__}") from error
