"""`solverhub serve`: the service and its HTTP interface in one process group."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to bind; 127.0.0.1 unless set.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port; 8080 unless set, 0 for any free one.", show_default=False
        ),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where jobs and files are kept.", show_default=False)
    ] = None,
    api_key: Annotated[
        list[str] | None,
        typer.Option(
            "--api-key",
            help="A key that clients must send; repeat it. Needed unless bound to loopback.",
            show_default=False,
        ),
    ] = None,
    slots: Annotated[
        int | None, typer.Option(min=1, help="Cores handed out at once.", show_default=False)
    ] = None,
    memory: Annotated[
        int | None,
        typer.Option(
            "--memory",
            min=1,
            metavar="MIB",
            help="Limit on the resident size of a job.",
            show_default=False,
        ),
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, ...", show_default=False)
    ] = None,
) -> None:
    """Start the service.  Every option also has a SOLVERHUB_... environment variable."""
    from solverhub.config import Settings
    from solverhub.core.errors import InvalidParams, MissingDependency

    try:
        from solverhub.server.serve import run
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f"the server needs {error.name}", remedy="pip install 'solverhub[server,solvers]'"
        ) from error
    try:
        settings = Settings.from_environment(
            host=host,
            port=port,
            data_dir=data_dir,
            api_keys=tuple(api_key) if api_key else None,
            slots=slots,
            memory_bytes=None if memory is None else memory * 2**20,
            log_level=log_level.upper() if log_level else None,
        )
    except ValueError as error:
        raise InvalidParams(str(error)) from error
    run(settings)
