"""The client is light: no solver, no torch, no server comes with it."""

import subprocess
import sys

HEAVY = ("torch", "ortools", "highspy", "pulp", "pyscipopt", "fastapi", "pydantic", "uvicorn")
HEAVY += ("solverhub.service", "solverhub.server", "solverhub.routing", "solverhub.catalog")


def test_the_client_imports_no_solver_and_no_server():
    code = f"import sys, solverhub.client; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
