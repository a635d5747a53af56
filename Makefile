# Everything a developer does. `make` alone lints and tests. uv is used where it can be had, venv and pip otherwise.
.DEFAULT_GOAL := test
SHELL := /bin/bash
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
LOCK := requirements/test.txt
RUNTIME := requirements/runtime.txt
DOCS_LOCK := requirements/docs.txt

.PHONY: help setup demo test programs lint docs docs-renew bench bench-hunt fuzz kills pack hunt-million lock catalog-data clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready ## make the virtual environment with everything that tests and docs need

$(VENV)/.runtime: $(RUNTIME) pyproject.toml tools/environment.sh
	tools/environment.sh $(VENV) "$(PYTHON)" $(RUNTIME)
	@touch $@

$(VENV)/.ready: $(LOCK) $(DOCS_LOCK) pyproject.toml tools/environment.sh
	tools/environment.sh $(VENV) "$(PYTHON)" $(LOCK) $(DOCS_LOCK)
	@touch $@ $(VENV)/.runtime

demo: $(VENV)/.runtime ## review the example workload: its code, and in an embedded account that is broken and reviewed again
	@tools/demo.sh $(BIN)/mainstay

lint: setup ## formatting, lint, types and floors
	$(BIN)/ruff format --check src tests tools benchmarks
	$(BIN)/ruff check src tests tools benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup ## build the documentation into site/
	$(BIN)/python tools/build_docs.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs-renew: setup ## run the commands of README and guides again and put in what they print now
	$(BIN)/python tools/run_docs.py

test: lint docs programs ## lint, docs and the test suite
	$(BIN)/pytest -q -n 2 --dist loadfile

programs:
	@tools/programs.sh

bench: setup ## measure against checkov (paths in BENCH_PATHS); figures go to docs/benchmarks.md
	$(BIN)/python benchmarks/run.py $(BENCH_PATHS)

bench-hunt: setup ## measure detection: HUNT is stream, memory, archive, peers or profile with its options, HUNT_RULES a folder of rules
	$(BIN)/python -m benchmarks.hunt $(or $(firstword $(HUNT)),stream) $(HUNT_RULES) $(wordlist 2,99,$(HUNT))

fuzz: setup ## fuzz every reader for FUZZ_SECONDS (default 300)
	$(BIN)/python -m benchmarks.fuzz --seconds $(or $(FUZZ_SECONDS),300)

kills: setup ## kill processes that write a ledger, an archive or a state file, MAINSTAY_KILLS times (default 100)
	MAINSTAY_KILLS=$(or $(MAINSTAY_KILLS),100) $(BIN)/pytest -q -k kill tests/evidence/test_killed.py tests/state tests/archive tests/cli/test_watching.py

pack: setup ## judge simulated companies of SEEDS (default 201-205) by the pack: attacks touched, decoys, noise
	$(BIN)/python -m benchmarks.pack --seeds $(or $(SEEDS),201-205)

hunt-million: setup ## one million events through the stream, DuckDB and a Spark cluster: the same findings
	MAINSTAY_EVENTS=1000000 $(BIN)/pytest -q tests/archive/test_engines.py tests/archive/test_same_findings.py

lock: setup ## write the lock files anew
	tools/lock.sh $(BIN)

catalog-data: setup ## write the schema archive anew from the pinned cfn-lint
	$(BIN)/python tools/build_shapes.py
	$(BIN)/python tools/build_registry.py

clean: ## remove everything that make made
	rm -rf $(VENV) site build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache docs/controls docs/detections
