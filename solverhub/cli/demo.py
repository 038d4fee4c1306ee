"""`make demo`: a service with a temporary database solves every shipped instance, twice.

The second pass is answered from the cache.  Everything is real: the server is its own
process on a free loopback port, and the batches go through the client.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from solverhub import assets

_PROGRAM = (sys.executable, "-m", "solverhub.cli.main")
_TIME_LIMIT_S = 5
_STOP_S = 20


@contextmanager
def serving(data_dir: Path) -> Iterator[str]:
    """Base URL of a service on a free port, stopped at the end."""
    command = [*_PROGRAM, "serve", "--port", "0", "--data-dir", str(data_dir)]
    command += ["--log-level", "warning"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            if not line:
                raise SystemExit("error: the service did not start; its log is above")
            yield line.split()[-1]
        finally:
            server.terminate()
            try:
                server.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                server.kill()


def run_pass(title: str, url: str, out: Path) -> int:
    """One batch over the shipped instances; its exit status."""
    print(f"\n{title}\n", flush=True)
    command = [*_PROGRAM, "batch", str(assets.folder("instances")), "--server", url]
    command += ["--time-limit", str(_TIME_LIMIT_S), "--out", str(out)]
    start = time.monotonic()
    status = subprocess.run(command, check=False).returncode
    print(f"{time.monotonic() - start:.1f} s in all", flush=True)
    return status


def main() -> None:
    """Serve, solve, solve again from the cache, stop."""
    with tempfile.TemporaryDirectory(prefix="solverhub-demo-") as folder:
        base = Path(folder)
        with serving(base / "service") as url:
            print(f"The service is at {url}, its documentation at {url}/docs.", flush=True)
            first = run_pass("First pass: solved", url, base / "first.jsonl")
            second = run_pass("Second pass: from the cache", url, base / "second.jsonl")
    print("\nThe service has stopped and its files are gone.")
    raise SystemExit(max(first, second))


if __name__ == "__main__":
    main()
