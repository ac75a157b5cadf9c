# Each target makes ready what it needs, on a bare Debian 12 too; the second call is quick.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: demo test test-slow lint bench kill wheelhouse setup setup-dev setup-test clean

BIN := .venv/bin

# A whole run against the built-in reference, all on loopback.
demo: setup
	@rm -rf demo demo.cqsc.zip
	@$(BIN)/cqsc-conform demo -o demo
	@printf '\n报告 / report: %s\n' "$(CURDIR)/demo"

# Mutants whose row is out of date are run first; the laws then demand a whole, fresh matrix.
test: setup-test
	-@$(BIN)/cqsc-conform release kill
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" $(ARGS)

# Whole processes, real time and real machines, which tests/conftest.py lists by file.
test-slow: setup-test
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m slow $(ARGS)

lint: setup-dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python benchmarks/run.py $(ARGS)

# Every mutant against every requirement, whatever the committed matrix says.
kill: setup
	@$(BIN)/cqsc-conform release kill --all $(ARGS)

# All that a machine without a network installs the kit from; ARGS names another platform.
wheelhouse: setup
	@scripts/wheelhouse wheelhouse $(ARGS)

setup:
	@scripts/setup base

setup-dev:
	@scripts/setup dev

setup-test: setup-dev
	@scripts/setup node
	@scripts/setup wheels
	@scripts/setup apt

clean:
	rm -rf .venv .cache demo demo.cqsc.zip dist build wheelhouse
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
