# Liti: what one does here. `make help` lists it.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CONSOLE_SOURCES := $(shell find console/src console/public console/index.html console/package-lock.json console/vite.config.ts 2>/dev/null -type f)

.PHONY: help setup demo test check bench lock clean
.DEFAULT_GOAL := help

help: ## list what can be made
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/installed-dev ## make .venv with everything: Liti, its tests and its tools

demo: $(VENV)/installed ## set up and fly one patrol over an invented district; prints the console's address
	$(BIN)/liti demo $(ARGS)

test: setup ## set up and pass the tests (Chromium is used for the console's)
	$(BIN)/python tests/need_browser.py
	$(BIN)/python -m pytest $(ARGS)
	$(BIN)/python -m console.npm test

check: setup ## ruff, strict types, the house's import rules, the console's types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m console.npm run check

bench: $(VENV)/installed ## measure the hot paths beside the peers a user would pick instead
	$(BIN)/liti bench $(ARGS)

lock: setup ## renew the pinned dependencies (names, versions and hashes only)
	$(BIN)/python requirements/lock.py

clean: ## remove what was made here
	rm -rf $(VENV) console/dist console/node_modules build dist var

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Liti needs Python 3.11 or newer with venv (on Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/dependencies: requirements/run.txt | $(VENV)/bin/python
	@echo "installing the pinned dependencies (a few minutes the first time)"
	$(PIP) install --require-hashes --no-deps -r requirements/run.txt
	@touch $@

console/dist/index.html: $(CONSOLE_SOURCES) | $(VENV)/dependencies
	@$(BIN)/python -m console.npm --version >/dev/null 2>&1 \
	|| { echo "installing Node.js to build the console"; $(PIP) install --require-hashes --no-deps -r requirements/node.txt; }
	$(BIN)/python -m console.build

$(VENV)/installed: pyproject.toml console/dist/index.html | $(VENV)/dependencies
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements/dev.txt $(VENV)/installed
	$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@touch $@
