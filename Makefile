# Broadsheet. Needs Python 3.11 or newer with venv, and GNU make; makes .venv by itself.
.DEFAULT_GOAL := help
.PHONY: help setup run test test-dynamodb simulate check audit fuzz hostile mutants fix bench soak lock deploy destroy
MAKEFLAGS += --no-print-directory

# The first Python that is new enough; `make PYTHON=...` names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && exit; done; echo python3)
endif
VENV := .venv/bin
PORT ?= 8000
AWS_PORT ?= 8001
SAMPLES ?= 1
DATA_DIR ?= .local/
TIME ?= 60
TARGETS ?= markdown text html json xml docx mail image svg feed opml profile takedown
SAMPLE ?= 500
SEED ?= 1
export PORT AWS_PORT SAMPLES DATA_DIR

help:
	@echo 'make run      the whole system here: PORT=8000 AWS_PORT=8001 SAMPLES=0 DATA_DIR=.local/'
	@echo 'make test     the whole test suite'
	@echo 'make test-dynamodb  what is promised of the table, on AWS'\''s own DynamoDB Local (Java 17, npm)'
	@echo 'make simulate a newsroom to which everything happens: HISTORIES=1000 SEED=1 JOBS=2 CLOUD=memory'
	@echo 'make check    format, lint, types, template; `make fix` formats'
	@echo 'make audit    whether templates are safe and packages free of known faults; installs its tools apart'
	@echo 'make fuzz     every reader against a coverage-guided fuzzer: TIME=60 (s), TARGETS="html mail"; apart, too'
	@echo 'make hostile  what becomes of the attacks that lie beside this checkout, as a table'
	@echo 'make mutants  one small mistake at a time in the code: which do the tests notice? SAMPLE=500 SEED=1'
	@echo 'make bench    every benchmark, as ratios; python -m bench.growth: newsrooms of up to 50,000 articles'
	@echo 'make soak     VIEWS=20000 UPLOADS=2000: a newsroom under load while all around it fails, held to its promises'
	@echo 'make lock     pins what requirements*.in name, with hashes; UPGRADE=1: to what is newest'
	@echo 'make deploy   STAGE=prod: infrastructure, code, smoke test; DRY_RUN=1, SMOKE=0'
	@echo 'make destroy  STAGE=prod: all of it but the data; DATA=1: that too'

setup:
	@command -v $(PYTHON) >/dev/null || { echo 'make: Python 3.11 or newer is needed: install it, or name it with make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) desk/venv.py

run: setup
	@$(VENV)/python -m desk run

test: setup
	@$(VENV)/python -m pytest -n auto

# Fetches the engine, once; starts it and ends it. Says what is missing, and fails, where it cannot.
test-dynamodb: setup
	@$(VENV)/python -m desk.dynamodb_local
	@$(VENV)/python -m pytest --engine dynamodb-local tests/aws/test_store.py tests/aws/test_story_rows.py \
		tests/aws/test_table.py tests/aws/test_units.py tests/test_calls.py tests/test_rebuild.py tests/test_fetch_feeds.py

simulate: setup
	@$(VENV)/python -m tests.simulation --histories $(or $(HISTORIES),1000) --seed $(or $(SEED),1) --jobs $(or $(JOBS),2) \
		--cloud $(or $(CLOUD),memory)

check: setup
	@$(VENV)/ruff format --check --quiet --output-format concise . || { echo 'make check: `make fix` formats these files' >&2; exit 1; }
	@$(VENV)/ruff check --quiet .
	@echo 'format and lint are clean; types and template ...'
	@$(VENV)/mypy --no-error-summary
	@$(VENV)/cfn-lint --include-checks I -- infra/*.yaml
	@echo 'types and template are clean'

audit: .venv-audit/made
	@.venv-audit/bin/checkov --config-file .ci/checkov.yaml
	@.venv-audit/bin/python desk/advisories.py

.venv-audit/made: requirements-audit.txt
	@echo 'Making .venv-audit (once, about half a minute) ...'
	@$(PYTHON) -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-audit.txt
	@touch $@

# What is found stays in .fuzz, and the next run goes on from there. A broken promise ends the run;
# the last lines name the file that breaks it.
fuzz: .venv-fuzz/made
	@set -e; for target in $(TARGETS); do echo "fuzzing $$target for $(TIME) s ..."; \
		.venv-fuzz/bin/python -m tests.fuzz $$target .fuzz/$$target -max_total_time=$(TIME) 2>.fuzz-log || \
			{ tail -n 40 .fuzz-log >&2; exit 1; }; \
		grep -E '^Done|^stat' .fuzz-log; done; rm -f .fuzz-log

.venv-fuzz/made: requirements.txt requirements-fuzz.txt
	@echo 'Making .venv-fuzz (once, about a minute) ...'
	@$(PYTHON) -m venv --clear .venv-fuzz
	@.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-fuzz.txt
	@mkdir -p .fuzz && touch $@

hostile: setup
	@$(VENV)/python -m pytest -n0 -s tests/core/test_hostile.py tests/test_hostile.py tests/core/test_metadata.py \
		tests/core/test_uploads.py -k 'case or vector or strings or shared or hostile' 2>/dev/null | grep -E 'cases|passed|failed'

# Each mistake becomes a line of .mutants as it is judged; at the end come the figures of every file.
mutants: setup
	@nice -n 5 $(VENV)/python -m tests.mutants --sample $(SAMPLE) --seed $(SEED)

fix: setup
	@$(VENV)/ruff check --quiet --fix . || true
	@$(VENV)/ruff format --quiet .

bench: setup
	@$(VENV)/python -m bench

soak: setup
	@$(VENV)/python -m bench.soak $(if $(VIEWS),--views $(VIEWS)) $(if $(UPLOADS),--uploads $(UPLOADS))

# In this order: the others are constrained to what requirements.txt pins.
LOCKS := requirements requirements-dev requirements-audit requirements-fuzz
lock: setup
	@for lock in $(LOCKS); do \
	  $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --annotation-style line --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) \
	    $$lock.in --output-file $$lock.txt || exit 1; \
	done

deploy: setup
	@test -n '$(STAGE)' || { echo 'make deploy: name the stage, as in make deploy STAGE=prod' >&2; exit 2; }
	@$(VENV)/python -m desk deploy --stage '$(STAGE)' $(if $(DRY_RUN),--dry-run) $(if $(filter 0,$(SMOKE)),--no-smoke)

destroy: setup
	@test -n '$(STAGE)' || { echo 'make destroy: name the stage, as in make destroy STAGE=prod' >&2; exit 2; }
	@$(VENV)/python -m desk destroy --stage '$(STAGE)' $(if $(DATA),--data)
