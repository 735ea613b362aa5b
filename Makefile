# Needs only Python 3.11 or newer (PYTHON=… names another one); uv is used where it is installed.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# What installs; UV= lets Python's own pip do it.
UV ?= $(shell command -v uv)

# Containers often forbid Python to keep what it compiled: every start would compile all packages.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run api test test-fast lint types seed migrate screenshots damage fuzz-api load-api bench bench-ui lock

help:  ## List these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .venv/run  ## Start the dashboard on http://localhost:8501 (PORT=… for another)
	@$(BIN)/python dashboard_app.py

api: .venv/run  ## Serve the API alone on http://localhost:8000
	@$(BIN)/python -m uvicorn analytics.api:app --port 8000

test: .venv/dev  ## Run the whole suite, in Chromium too where it is found
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: .venv/dev  ## Run the suite without the browser and the long random operations
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not browser and not slow" $(ARGS)

lint: .venv/dev types  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev  ## Check types
	$(BIN)/mypy

seed: .venv/run  ## Make sample data: make seed ARGS="--users 50 --database sample.db"
	$(BIN)/python -m seed $(ARGS)

migrate: .venv/run  ## Bring the database of DATABASE_URL up to date
	$(BIN)/python -m analytics migrate

screenshots: .venv/dev  ## Take pictures of every page into screenshots/, and the README's
	$(BIN)/python -m tests.screenshots screenshots

damage: .venv/dev  ## Ask every surface of damaged databases and with foreign characters
	$(BIN)/python -m tests.damage $(ARGS)

fuzz-api: .venv/dev  ## Send 10,000 generated requests to the API, on two databases
	$(BIN)/python -m tests.fuzz_api
	test ! -e ../shared/data/reference.db || $(BIN)/python -m tests.fuzz_api --database ../shared/data/reference.db

load-api: .venv/dev  ## Measure the API with 32 clients while rows are written
	$(BIN)/python -m tests.load_api

bench: .venv/dev  ## Compare with DuckDB and SQL up to ten million messages: make bench ARGS="--sizes S,M"
	$(BIN)/python -m tests.bench $(ARGS)

bench-ui: .venv/dev  ## Measure the dashboard's speed in Chromium and with 20 sessions
	$(BIN)/python -m tests.bench_ui $(ARGS)

lock: .venv/dev  ## Pin the requirements again
	$(BIN)/uv pip compile pyproject.toml --extra api --extra images --extra postgres --generate-hashes --no-strip-extras --universal --no-header --python-version 3.11 -q -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra api --extra images --extra postgres --group dev --generate-hashes --no-strip-extras --universal --no-header --python-version 3.11 -q -c requirements.txt -o requirements-dev.txt

# An environment is complete when its stamp is newer than its requirements.
.venv/run: requirements.txt
	$(call install,requirements.txt)

.venv/dev: requirements-dev.txt requirements.txt
	$(call install,requirements-dev.txt)
	@touch .venv/run

define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@test -x $(BIN)/python || { test -n "$(UV)" && $(UV) venv -q --python $(PYTHON) .venv; } || $(PYTHON) -m venv .venv
	@if test -n "$(UV)"; then $(UV) pip install -q --python $(BIN)/python --require-hashes -r $(1); \
	 else { $(BIN)/python -m pip --version || $(BIN)/python -m ensurepip; } > /dev/null 2>&1; \
	 $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1); fi
	@touch $@
endef
