# Everything a person or a build machine does here. `make demo` and `make test` need only Python 3.11 or newer.

PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CODE := rooms courses scheduler migrations tests

.PHONY: install demo test lint lock soak bench
.DEFAULT_GOAL := demo

install: $(VENV)/installed

demo: install
	$(BIN)/chairtime demo --port $(PORT)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 3 --dist worksteal

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

soak: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m soak

bench: $(VENV)/installed-dev
	$(BIN)/python -m tests.benchmarks

# Writes both lock files anew: every version with its hashes, for every platform, and no address.
COMPILE = $(VENV)/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links pyproject.toml
lock:
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check install --quiet uv
	$(COMPILE) --all-extras --output-file requirements-dev.lock
	$(COMPILE) --constraints requirements-dev.lock --output-file requirements.lock
	rm -rf $(VENV)/lock

# The stamps stand for "these locks are installed": nothing is done again until a lock or the project itself changes.
$(VENV)/installed: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --editable .
	touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Chairtime needs Python 3.11 or newer: make PYTHON=python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo 'No virtual environment could be made; on Debian: apt-get install python3-venv'; exit 1; }
