# Every target is one plain command in an environment built from a lock file; `make` lists them.

PYTHON ?= python3#           a Python 3.11, 3.12 or 3.13
UV_VERSION := 0.13.9
PIP_AUDIT_VERSION := 2.10.1
LOCK ?= requirements.lock#   requirements-gpu.lock on a machine with a CUDA GPU
STUDY ?= full#               the study that `make publish` publishes
SHELF ?= build/shelf#        environment of `make cards`, with PyTorch, JAX, Flax, Haiku and Equinox
DATA ?= data#                folder of MNIST's files, for `make contradictions`
CONFIG ?=#                   overlays of config.yaml, for `make plan` and `make scorecard`
BIN := .venv/bin
BNLAB := PYTHONPATH=workflow/scripts $(BIN)/python -m bnlab
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo $(BIN)/uv)

SUPPORTED := import sys; v = sys.version.split()[0]; \
  sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else \
  f"Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is {v}. Name another: make PYTHON=python3.12")
LOCKED = { code=$$?; ! ls .snakemake/locks/*.lock >/dev/null 2>&1 || echo 'If no other Snakemake runs here, an earlier \
  one was cut off. Type `make unlock`, and then the same command again.'; exit $$code; }
SNAKEMAKE = echo "$(BIN)/snakemake $(1)"; $(BIN)/snakemake $(1) || $(LOCKED)
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url \
  --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE) --group dev --group docs pyproject.toml

# A docstring is an imperative or a noun phrase. Ruff has no rule for that, and grep reads .smk files as well.
OPENINGS = grep -rnE '^ *[rf]*"""(What|Whether|Which|How|Where)\b' --include='*.py' --include='*.smk' \
  --include=Snakefile Snakefile workflow docs tests

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo plan study unlock publish test test-weekly contradictions faults test-method same score references cards check-cards \
  test-layers test-network new-experiment test-experiment judge scorecard lint docstrings bench interval-coverage \
  schema docs lock upgrade audit environment

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

demo: environment  ## the whole study in minutes, on data that need no download
	@$(call SNAKEMAKE,--configfile workflow/studies/demo.yaml)

plan: environment  ## core-minutes and memory of a study on this machine, CONFIG=overlays
	@echo 'Measuring what this machine takes; the first time that is up to two minutes.'
	@$(BIN)/snakemake plan --quiet all $(if $(CONFIG),--configfile $(CONFIG))

study: environment  ## the full study of config.yaml
	@$(call SNAKEMAKE,--cores all)

unlock: environment  ## after a power cut or kill -9, before the same command again
	$(BIN)/snakemake --unlock

publish: environment  ## a finished study, STUDY=name, to reports/published and the README
	$(BIN)/python workflow/scripts/publish.py $(STUDY)

test: environment  ## all tests but those of test-weekly
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

test-weekly: environment  ## tests that run several whole workflows each, minutes
	$(BIN)/pytest -n auto --maxprocesses 4 -m weekly

test-method: environment  ## tests of a normalizer, METHOD=file.py:Class OPTIONS='p=1'
	$(BIN)/python workflow/scripts/test_method.py '$(METHOD)' $(OPTIONS)

same: environment  ## two implementations of a normalizer, A=ln B='keras.layers:LayerNormalization epsilon=1e-3'
	@$(BNLAB) same $(A) $(B)

score: environment  ## the card of a normalizer, METHOD=file.py:Class OPTIONS='p=1 --quick'
	@$(BNLAB) score '$(METHOD)' $(OPTIONS)

references: environment  ## what a card stands beside, after an edit of bnlab/card/trainings.yaml
	PYTHONPATH=workflow/scripts $(BIN)/python -m bnlab.card.references

cards: $(SHELF)/made  ## cards/ and its index by cards/shelf.yaml: those that are missing, or CARDS=keras/rmsnormalization
	PYTHONPATH=workflow/scripts $(SHELF)/bin/python -m shelf make $(CARDS)

check-cards: $(SHELF)/made  ## a few cards measured again, by the week, or CARDS=keras/rmsnormalization
	PYTHONPATH=workflow/scripts $(SHELF)/bin/python -m shelf check $(CARDS)

$(SHELF)/made: cards/shelf.yaml requirements.lock | environment
	$(UV) venv --quiet --allow-existing --python $(BIN)/python $(SHELF)
	$(UV) pip install --quiet --python $(SHELF)/bin/python -r requirements.lock
	$(UV) pip install --quiet --python $(SHELF)/bin/python --torch-backend cpu \
	  $$(PYTHONPATH=workflow/scripts $(BIN)/python -m shelf packages)
	touch $@

test-layers: $(SHELF)/made  ## tests of layers of PyTorch, Flax, Haiku and Equinox, in the environment of `make cards`
	$(SHELF)/bin/pytest tests/test_torch_modules.py tests/test_jax_modules.py

test-network: environment  ## tests of a network, NETWORK=residual OPTIONS='depth=3'
	$(BIN)/python workflow/scripts/test_network.py '$(NETWORK)' $(OPTIONS)

new-experiment: environment  ## the files of an experiment, NAME=weight_decay, that runs as it is
	$(BIN)/python workflow/scripts/new_experiment.py '$(NAME)'

test-experiment: environment  ## an experiment on made-up rows, NAME=weight_decay CONFIG=overlays with its runs
	$(BIN)/python workflow/scripts/test_experiment.py '$(NAME)' $(CONFIG)

judge: environment  ## verdicts on claims of your own by a finished study, CLAIMS=mine.yaml STUDY=published
	$(BIN)/python workflow/scripts/judge.py '$(CLAIMS)' '$(if $(filter command line,$(origin STUDY)),$(STUDY),published)'

scorecard: environment  ## a normalizer beside base, BN and LN: METHOD=file.py:Class OPTIONS='p=1'
	@overlay=$$($(BIN)/python workflow/scripts/scorecard.py '$(METHOD)' $(OPTIONS)) && { \
	  $(call SNAKEMAKE,--configfile $(CONFIG) workflow/studies/scorecard.yaml $$overlay); }

contradictions: $(SHELF)/made  ## refuted claims of primary papers computed a second time, DATA=folder of MNIST's files
	$(SHELF)/bin/python tests/contradictions --data '$(DATA)'

faults: environment  ## thousands of damaged files and of mistakes in configs, half an hour
	$(BIN)/pytest -n auto --maxprocesses 4 --many tests/faults

lint: environment docstrings  ## format, style, types, and Snakemake's own advice
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/mypy

docstrings:  ## no docstring opens with What, Whether, Which, How or Where
	@! $(OPENINGS) || { echo 'No docstring may open with What, Whether, Which, How or Where.'; exit 1; }

bench: environment  ## growth of the cost with each size, beside keras.Model.fit and this machine's limit
	PYTHONPATH=workflow/scripts $(BIN)/python -m bench

interval-coverage: environment  ## the simulation behind docs/coverage.md, again
	PYTHONPATH=workflow/scripts $(BIN)/python docs/scripts/interval_coverage.py

schema: environment  ## JSON schemas and pages of docs/reference, after an edit of a model or docstring
	$(BIN)/python workflow/scripts/export_schemas.py
	PYTHONPATH=workflow/scripts $(BIN)/python docs/scripts/reference.py

docs: environment  ## the documentation as pages, in build/docs/site
	$(BIN)/python docs/scripts/build_site.py

lock: environment $(filter $(BIN)/%,$(UV))  ## lock files and conda environment from pyproject.toml
	$(COMPILE) -o requirements.lock
	$(COMPILE) -o requirements-gpu.lock -c requirements.lock --extra gpu \
	  --no-emit-package tensorflow-cpu
	$(BIN)/python workflow/envs/pin.py

upgrade: UPGRADE := --upgrade
upgrade: lock  ## the newest version of each package that fits the others, in lock files and conda environment

audit: $(filter $(BIN)/%,$(UV))  ## known vulnerabilities of the locked packages
	$(PYTHON) workflow/envs/audit.py $(UV) tool run pip-audit==$(PIP_AUDIT_VERSION)

# .venv/lock is a copy of the lock file that .venv was last built from.
environment: $(BIN)/python $(filter $(BIN)/%,$(UV))  ## .venv as the lock file says, the others do it first
	@cmp -s $(LOCK) .venv/lock || { set -ex; \
	  $(UV) pip sync --python $(BIN)/python --require-hashes --compile-bytecode $(LOCK); \
	  cp $(LOCK) .venv/lock; }

$(BIN)/python:
	@$(PYTHON) -c '$(SUPPORTED)'
	$(PYTHON) -m venv .venv

$(BIN)/uv: | $(BIN)/python
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
