# Chatsite: `make run` to use it, `make test` and `make check` before a change is handed in.

HOST ?= 127.0.0.1
PORT ?= 8000
ARGS ?=
WORKERS ?= 2
BIN := .venv/bin
INSTALLED := .venv/.installed
INSTALLED_DEV := .venv/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Prints what a command said only if it failed.
quietly = @output=$$($(1) 2>&1) || { echo "$$output"; echo "failed: $(strip $(2))"; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help run test check bench format messages browser

help:  ## what can be done here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED)  ## set up what is missing and serve on http://$(HOST):$(PORT)
	@exec $(BIN)/python manage.py serve --host "$(HOST)" --port "$(PORT)"

test: $(INSTALLED_DEV) browser  ## all tests, on SQLite and again on PostgreSQL (ARGS="tests/accounts -k link" for some)
	@$(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)
	@echo "Again on PostgreSQL, what touches the database:"
	@TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

check: $(INSTALLED_DEV)  ## lint, format, types, layers, migrations, settings, templates
	$(call quietly, $(BIN)/ruff check ., ruff check)
	$(call quietly, $(BIN)/ruff format --check ., formatting: make format mends it)
	$(call quietly, $(BIN)/mypy, types)
	$(call quietly, $(BIN)/lint-imports, layers)
	$(call quietly, $(BIN)/python manage.py makemigrations --check --dry-run, migrations: one is missing)
	$(call quietly, $(BIN)/python manage.py check --fail-level WARNING, system checks)
	$(call quietly, $(BIN)/djlint --lint templates, templates)
	@echo "All checks passed."

bench: $(INSTALLED_DEV)  ## measure the hot path
	@$(BIN)/python -m tests.benchmarks $(ARGS)

format: $(INSTALLED_DEV)  ## put the code into its form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

messages: $(INSTALLED_DEV)  ## bring the catalogue of translations in line with the texts of the code
	@$(BIN)/python -m tests.translations

browser: $(INSTALLED_DEV)
	@$(BIN)/python -m tests.servers.find_browser

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making .venv with $$($$python --version)"; \
	    $$python -m venv .venv && exit 0; \
	    echo "$$python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	    rm -rf .venv; exit 1; \
	  fi; \
	done; \
	echo "Chatsite needs Python 3.11 or newer, and none was found. Install one, or say where it is:" >&2; \
	echo "  make $(or $(firstword $(MAKECMDGOALS)),run) PYTHON=/path/to/python3" >&2; exit 1

$(INSTALLED): requirements.txt | $(BIN)/python
	@echo "Installing what requirements.txt names"
	@$(PIP) install -r requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing what requirements-dev.txt names"
	@$(PIP) install -r requirements-dev.txt
	@touch $(INSTALLED) $@
