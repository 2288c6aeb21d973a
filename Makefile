# Everything runs in .venv, which the first target that needs it creates.
#
#   make demo             the whole job on one model, results in out/demo
#   make test             fast tests and doctests            make slow    the slow ones
#   make lint             style, types, import contracts     make format  mend the style
#   make generate         emit generated/ anew               make check-generated  ... must change nothing
#   make bench            timings                            make bench-check  ... and their bounds
#   make wheel            dist/*.whl
#   make clean            remove what can be made again (distclean: .venv too)
#
# Another interpreter: make PYTHON=python3.12 ...

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The first interpreter that starts and is new enough; a stub on the path does not count.
ENOUGH := -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
ifndef PYTHON
PYTHON := $(shell python3.11 $(ENOUGH) && echo python3.11 || echo python3)
endif

VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
PIP_INSTALL := $(RUN) pip install -qq --disable-pip-version-check -c constraints.txt
JOBS ?= 2

# The test workers are the parallelism: no thread pools inside them.
THREADS := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1 MPLBACKEND=Agg
PYTEST := $(THREADS) $(RUN) pytest -q

.PHONY: help venv venv-dev demo test slow bench bench-check lint format generate check-generated wheel clean distclean
.DEFAULT_GOAL := help

help:
	@sed -n '/^#   make/s/^#//p' Makefile

# --- the environment: two stamps, one .venv; the second adds the tools and reinstalls nothing else ---

venv: $(VENV)/.stamp ; @:
venv-dev: $(VENV)/.stamp-dev ; @:

$(VENV)/.stamp: pyproject.toml constraints.txt
	@$(PYTHON) $(ENOUGH) || { echo "derive needs Python 3.11 or newer with venv; try make PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/python || { echo "creating $(VENV) with $(PYTHON)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "installing derive into $(VENV) (about half a minute the first time)"
	@$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp
	@echo "installing the test and lint tools into $(VENV)"
	@$(PIP_INSTALL) -e ".[test,lint,cluster,rigor,fuzz]"
	@touch $@

# --- use ---

demo: $(VENV)/.stamp
	@$(BIN)/derive demo -o out/demo

# --- tests ---

test: $(VENV)/.stamp-dev
	@$(PYTEST) -n $(JOBS) --dist worksteal -m "not slow and not benchmark"

# SLOW names folders or files; all of tests/ without it.
slow: $(VENV)/.stamp-dev
	@$(PYTEST) -n $(JOBS) --dist worksteal -m "slow and not benchmark" $(SLOW)

# PAGE=docs/BENCHMARKS.md writes the page too.
bench: $(VENV)/.stamp-dev
	@$(THREADS) $(RUN) tests.benchmarks.page $(PAGE)

bench-check: $(VENV)/.stamp-dev
	@$(PYTEST) -m benchmark --benchmark-enable --benchmark-columns=min,median,rounds --benchmark-sort=name

# --- style ---

lint: $(VENV)/.stamp-dev
	@echo "ruff check";  $(BIN)/ruff check --quiet .
	@echo "ruff format"; $(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check . || true; echo "mend with: make format" >&2; exit 1; }
	@echo "mypy";        $(RUN) mypy
	@echo "lint-imports"; $(BIN)/lint-imports

format: $(VENV)/.stamp-dev
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

# --- generated/ ---

generate: $(VENV)/.stamp
	@$(BIN)/derive build --all

# Built afresh in an empty folder, so that a stale file counts and a failed build harms nothing.
check-generated: $(VENV)/.stamp
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	$(BIN)/derive build --all --generated "$$fresh"; \
	diff -r -q -x __pycache__ -x README.md generated "$$fresh" \
	  || { echo "generated/ is not what the engine emits: make generate" >&2; exit 1; }; \
	git diff --exit-code --stat -- generated \
	  || { echo "generated/ has changes that are not committed" >&2; exit 1; }; \
	new=$$(git ls-files --others --exclude-standard -- generated); \
	test -z "$$new" || { echo "generated/ has files that are not committed:" >&2; echo "$$new" >&2; exit 1; }; \
	echo "generated/ is up to date"

# --- release ---

wheel: $(VENV)/.stamp
	@rm -rf dist
	@$(RUN) pip wheel -qq --disable-pip-version-check --no-deps -w dist .
	@ls -1 dist

clean:
	@rm -rf out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	@find derive tests generated -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean
	@rm -rf $(VENV)
