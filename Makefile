# Liên Thông: `make run` starts a country, `make test` proves it, `make help` lists the rest.
#
# Every step leaves a stamp, so that a second run does only what has changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.lienthong-run
DEV_STAMP := $(VENV)/.lienthong-dev
FOREIGN := $(VENV)-foreign
FOREIGN_STAMP := $(FOREIGN)/.lienthong-foreign
SOURCES := src tests tools bench
# The Django plugin of mypy reads the settings: no node's secrets or database may be needed.
BARE := env LIENTHONG_TESTING=1 LIENTHONG_HOME=/nonexistent LIENTHONG_DATABASE_URL=postgresql://nobody@127.0.0.1:1/none

.PHONY: help setup setup-dev assets messages run shell test check lock docs wheel bench clean

help: ## Show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(RUN_STAMP) ## Environment with the locked packages a node needs

setup-dev: $(DEV_STAMP) $(FOREIGN_STAMP) # The same with the tools of developers

$(RUN_STAMP): requirements/runtime.txt requirements/build.txt pyproject.toml tools/setup
	@PYTHON=$(PYTHON) tools/setup $(VENV) requirements/build.txt requirements/runtime.txt
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) requirements/dev.txt
	@PYTHON=$(PYTHON) tools/setup $(VENV) requirements/build.txt requirements/dev.txt
	@touch $@

$(FOREIGN_STAMP): requirements/foreign.txt tools/setup | $(RUN_STAMP)
	@PYTHON=$(PYTHON) tools/setup --alone $(FOREIGN) requirements/foreign.txt
	@touch $@

assets: $(RUN_STAMP) ## Front-end files and fonts from npm
	@$(BIN)/python tools/assets/build.py

messages: $(RUN_STAMP) # Compile the translations
	@$(BIN)/python tools/messages.py compile

# What is told as the time of a start is what whoever typed it has waited.
run: export LIENTHONG_BEGAN := $(shell date +%s)
run: setup assets messages ## Start everything with the demo country
	@exec $(BIN)/lienthong up --demo

shell: setup ## A shell with the `lienthong` command on its path
	@PATH="$(CURDIR)/$(BIN):$$PATH" exec "$${SHELL:-/bin/bash}"

test: setup-dev assets messages ## The whole suite
	@$(BIN)/pytest -n auto

check: setup-dev assets messages ## Lint, types, import contract, licences, translations, migrations
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BARE) $(BIN)/mypy src/lienthong
	$(BIN)/lint-imports
	$(BIN)/reuse lint --quiet || $(BIN)/reuse lint
	$(BIN)/python tools/messages.py check
	$(BIN)/python tools/no_drift.py

lock: $(RUN_STAMP) ## Resolve the dependencies anew into requirements/*.txt
	@tools/lock.sh

docs: setup-dev ## Write the generated pages
	@$(BIN)/python tools/reference.py
	@$(BIN)/python tools/seed_page.py

wheel: setup assets messages ## Build the wheel, with assets, fonts and SQL inside
	@rm -rf dist
	@$(BIN)/python -m hatchling build -t wheel
	@ls -l dist

bench: setup assets messages ## Measure an exchange; the result goes under bench/
	@$(BIN)/lienthong bench gateway

clean: ## Remove what was made here; a node's state is not touched
	rm -rf $(VENV) $(FOREIGN) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf src/lienthong/web/assets/node_modules src/lienthong/web/static/web/dist src/lienthong/web/fonts
	find src -name '*.mo' -delete
