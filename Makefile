# Every target that has a `##` comment is listed by `make` alone.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

BIN := .venv/bin
STAMP := .venv/.installed
PYTHON ?= $(shell command -v python3.11 || command -v python3)
AS_ROOT = $(if $(filter 0,$(shell id -u)),,sudo)
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# A login shell exports MAIL (the user's mailbox), so only `make demo MAIL=…` counts, never the environment.
DEMO_MAIL = $(if $(filter command,$(origin MAIL)),$(MAIL))
ON = $(filter-out 0 no false,$(1))

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name text; do printf '%-15s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: $(STAMP) ## Install everything into .venv (leaves .venv/bin/weir)

.PHONY: demo
demo: export DEMO_MAIL_PATH := $(DEMO_MAIL)
demo: setup ## Run the whole pipeline on real input and show it (KEEP=1, MAIL=path, EMBEDDED=1)
	$(BIN)/weir demo $(if $(call ON,$(KEEP)),--keep) $(if $(call ON,$(EMBEDDED)),--embedded) $(if $(DEMO_MAIL),--mail "$$DEMO_MAIL_PATH")

.PHONY: test
test: setup ## Run the whole test suite against the real services, which it starts and stops
	@# Two at a time, each with services of its own: much of a test's time is waiting for them.
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

.PHONY: kill-learner
kill-learner: setup ## Kill the learner again and again, and compare what it learned (KILLS=50)
	$(BIN)/python -m pytest tests/e2e/test_learner_kill.py --kills $(or $(KILLS),50)

.PHONY: lint
lint: setup ## Check style, formatting, types and the layering of the packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: setup ## Format the code and repair what can be repaired safely
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: setup ## Renew the lock files with the newest versions that pyproject.toml allows
	$(COMPILE) --upgrade pyproject.toml --output-file requirements.lock
	$(COMPILE) --upgrade pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	echo hatchling | $(COMPILE) --upgrade - --constraint requirements-dev.lock --output-file requirements-build.lock

.PHONY: docs
docs: setup ## Make the generated documents anew
	$(BIN)/weir settings > docs/settings.md
	$(BIN)/weir features list --markdown > docs/features.md

.PHONY: bench-features
bench-features: setup ## Cost of the features in both stores, beside pipelined sorted sets (5 minutes)
	$(BIN)/python bench/feature_cost.py

.PHONY: bench-enforcer
bench-enforcer: setup ## Verdicts that an enforcer folds, beside plainly reading them (2 minutes)
	$(BIN)/python bench/enforcer.py

.PHONY: bench-rules
bench-rules: setup ## 500 rules on an event, beside CEL and rule-engine (2 minutes)
	@# Apart from .venv: rule-engine wants an old python-dateutil.
	$(BIN)/uv pip install --quiet --target build/bench common-expression-language==0.10.0 rule-engine==5.1.0
	PYTHONPATH=build/bench $(BIN)/python bench/rules.py

.PHONY: bench-scorers
bench-scorers: setup ## Scoring and learning of the shipped models, beside plain River calls (2 minutes)
	$(BIN)/python bench/scorers.py

.PHONY: bench-backtest
bench-backtest: setup ## Events a second that a backtest judges, recorded and recomputed (2 minutes)
	$(BIN)/python bench/backtest.py

.PHONY: bench-models
bench-models: setup ## Quality of the models, beside bogofilter and River (6 minutes; ARGS="--mail PATH --from DATE")
	$(BIN)/python bench/model_quality.py $(ARGS)

.PHONY: bench-gate
bench-gate: setup ## How soon the gate finds a better challenger, and how often it takes an equal one for better (2 minutes)
	$(BIN)/python bench/gate.py

.PHONY: bench-promise
bench-promise: setup ## What becomes of a promised false positive rate while the traffic changes (3 minutes)
	$(BIN)/python bench/promise.py

.PHONY: bench-rba
bench-rba: setup ## How often honest people are asked again, on the RBA data set (RBA=path/to/rba-dataset.csv)
	@test -n "$(RBA)" || { echo 'say where the data set is: make bench-rba RBA=path/to/rba-dataset.csv (docs/rba.md)' >&2; exit 2; }
	$(BIN)/python bench/rba.py "$(RBA)" $(ARGS)

.PHONY: bench-swap
bench-swap: setup ## Micro-batches beside the compiling and swapping of 500 rules (2 minutes)
	$(BIN)/python bench/swap.py

.PHONY: bench-drift
bench-drift: setup ## Alarms of a stationary fortnight, and the delay until changes are noticed (10 minutes)
	$(BIN)/python bench/drift.py

.PHONY: services-up
services-up: setup ## Start Kafka, Redis and Elasticsearch on this machine
	$(BIN)/weir services up

.PHONY: services-down
services-down: setup ## Stop what services-up started
	$(BIN)/weir services down

.PHONY: build
build: setup ## Build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

.PHONY: clean
clean: ## Remove build outputs and caches (the services' data and .venv stay)
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

# The stamp is written last, and a .venv without a working pip is made anew: an interrupted setup is simply run again.
$(STAMP): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'Weir needs Python 3.11 or newer: sudo apt-get install python3' >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Weir needs Python 3.11 or newer: make setup PYTHON=/path/to/python3.11' >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(AS_ROOT) apt-get update -qq && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3-venv; }
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@# Where Python may not write compiled modules on demand, every process would compile for seconds: done once here.
	@$(BIN)/python -m compileall -q -j 0 -x '/tests?/|lib2to3|bad_' $(BIN)/../lib features models streams infra
	@touch $(STAMP)
