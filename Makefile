# `make` alone prints what there is. Everything runs in .venv, which `make setup` makes.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
# All at once, and each to its end
LINTS := lint-rules lint-format lint-types lint-layers lint-page
.PHONY: help setup demo up check doctor test test-random lint $(LINTS) bench clean
PARTS := ingest dialects storage orchestration dashboard spark insights
# Three lanes on two cores, since each waits now and then: tests/conftest.py says what goes where
PYTEST := $(PYTHON) -m pytest -n 3 --no-loadscope-reorder
SEED := $(shell date +%s)
# A run starts some hundred processes: what one of them has compiled, the next ones load
unexport PYTHONDONTWRITEBYTECODE
# The Python of .venv once that is made; to make it, the newest that the Functions runtime and Spark both support
BOOTSTRAP := $(shell for p in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)

help:    ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/'

setup:   ## install everything the local stack needs into this folder (again only when a pin changes)
	@test -n "$(BOOTSTRAP)" || { echo "Python is missing or too old: install Python 3.11, 3.12 or 3.13."; exit 1; }
	@$(BOOTSTRAP) -m local.toolchain setup

demo: setup ## show the whole chain once: landing to refreshed Customer Insights
	@$(PYTHON) -m local demo

up: setup  ## keep the local stack running until Ctrl-C
	@$(PYTHON) -m local up

check: setup ## check the stack of make up, end to end, with a canary
	@$(PYTHON) -m local check

doctor:  ## say what this machine lacks
	@test -n "$(BOOTSTRAP)" || { echo "Python is missing or too old: install Python 3.11, 3.12 or 3.13."; exit 1; }
	@$(BOOTSTRAP) -m local.toolchain doctor

lint: setup ## ruff, mypy, import-linter; the dashboard's libraries and types
	@$(MAKE) --no-print-directory --keep-going --jobs $(LINTS)

lint-rules:
	$(PYTHON) -m ruff check .
lint-format:
	$(PYTHON) -m ruff format --check .
lint-types:
	$(PYTHON) -m mypy
lint-layers:
	.venv/bin/lint-imports
lint-page:
	node dashboard/check.mjs

test: lint ## lint, then all tests
	$(PYTEST)

test-random: lint ## the properties on ten times as many examples, others each time; SEED=… repeats them
	@echo "Seed $(SEED): make test-random SEED=$(SEED) tries the same examples again"
	TEST_SEED=$(SEED) $(PYTEST) --hypothesis-profile=random --hypothesis-seed=$(SEED) tests/properties tests/contract/test_api.py

bench: setup ## the benchmark tables (one part: make bench PARTS=ingest)
	@for part in $(PARTS); do $(PYTHON) -m benchmarks.$$part || exit 1; done

clean:   ## remove all that set-up and runs made
	rm -rf .venv node_modules .local .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist *.egg-info spark-warehouse
