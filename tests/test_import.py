"""What `import solverhub` costs, in a fresh interpreter."""

import json
import subprocess
import sys

import pytest

import solverhub

HEAVY = ("torch", "ortools", "highspy", "fastapi", "pydantic", "numba", "scipy", "networkx", "pulp")


def modules_after(code):
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    return set(json.loads(out.stdout.splitlines()[-1]))


def test_the_package_imports_nothing_heavy():
    assert not modules_after("import solverhub; dir(solverhub)") & {*HEAVY, "numpy"}


@pytest.mark.parametrize("name", ["Result", "Budget", "Event"])
def test_values_of_the_core_import_nothing_heavy(name):
    assert not modules_after(f"from solverhub import {name}") & set(HEAVY)


def test_the_client_imports_no_solver():
    found = modules_after("from solverhub import Client")
    assert not found & {"torch", "ortools", "highspy", "pulp", "fastapi"}


def test_solve_imports_no_engine_before_it_is_used():
    assert not modules_after("from solverhub import solve") & {"torch", "ortools", "highspy"}


def test_every_public_name_is_there():
    assert set(solverhub.__all__) == set(solverhub._NAMES)
    for name in solverhub.__all__:
        assert getattr(solverhub, name).__name__ == name
        assert name in dir(solverhub)
    assert solverhub.__version__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = solverhub.nothing
