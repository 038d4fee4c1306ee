# Everything runs from a virtual environment in the checkout: nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
BIN := .venv/bin
EXTRAS ?= solvers,server,scip,test

.PHONY: install demo test test-slow lint serve clean

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	$(BIN)/python -m solverhub.cli.warm
	touch $@

demo: install
	$(BIN)/python -m solverhub.cli.demo

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: lint
	$(BIN)/python -m pytest -m 'not slow and not gpu' -n 2

test-slow: install
	$(BIN)/python -m pytest -m 'slow and not gpu'

serve: install
	$(BIN)/solverhub serve

clean:
	rm -rf .venv build dist
