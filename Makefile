# `make demo` and `make test` need only Python 3.11 or newer (and node for some tests): everything else they set up
# themselves, in .venv. Stamp files in there make reruns quick; delete them with `make clean`.

PYTHON ?= python3
BIN := .venv/bin
LOCK_FLAGS ?=
# What the long campaigns counted.
export FIGURES := .reconciler/campaigns.json
# How often each threat was tried.
export THREAT_FIGURES := .reconciler/threats.json

# The steps share one .venv, so -j would only let them trip over each other.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help demo test test-long figures check security sbom dist bench bench-check mutate pictures docs lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.runtime .venv/.project ## see it work: plan and apply the sample fleet against the embedded API
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/demo.sh

test: .venv/.dev .venv/.project tests/node/node_modules/.stamp ## run every check, then the tests but the long ones
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/test.sh quick

test-long: .venv/.dev .venv/.project tests/node/node_modules/.stamp ## run every check, then all tests, and print what the campaigns counted
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/test.sh long

figures: .venv/.dev .venv/.project ## write what the last test-long counted into docs/explanation/reliability.md and docs/security.md
	@$(BIN)/python scripts/campaign_figures.py $(FIGURES)
	@$(BIN)/python -m scripts.security_figures $(THREAT_FIGURES)

check: .venv/.dev .venv/.project ## lint, format, types, imports, schemas, workflows, bandit, secrets and shell scripts
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/check.sh

security: .venv/.dev .venv/.project tests/node/node_modules/.stamp ## take away each defence of docs/security.md in a copy, and see that a test notices: some minutes
	@$(BIN)/python tests/breaks/break_and_see.py --of security

sbom: .venv/.dev .venv/.project ## write the bill of materials, CycloneDX: dist/sbom.cdx.json
	@$(BIN)/python -m scripts.sbom dist/sbom.cdx.json

dist: .venv/.dev .venv/.project ## build what a release is made of from the commit that is checked out: dist/
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/dist.sh

bench: .venv/.dev .venv/.project .venv-bench/.made ## measure everything at full size, and write docs/explanation/performance.md: takes twenty minutes
	@$(BIN)/python -m benchmarks --small --keep
	@$(BIN)/python -m benchmarks

bench-check: .venv/.dev .venv/.project ## measure small sizes, and say what has become much slower than docs/explanation/performance.json has it
	@$(BIN)/python -m benchmarks check

mutate: .venv/.dev .venv/.project ## change planning and applying line by line and see whether a test notices
	@rm -rf mutants
	@echo "This takes a while; mutmut.log tells how far it is."
	@PATH="$(CURDIR)/$(BIN):$$PATH" mutmut run >mutmut.log 2>&1 || { tail -n 30 mutmut.log; exit 1; }
	@PATH="$(CURDIR)/$(BIN):$$PATH" python scripts/mutation_score.py

pictures: .venv/.dev .venv/.project ## draw the pictures in docs/images from real runs
	@$(BIN)/python -m scripts.pictures
	@$(BIN)/python -m scripts.picture_terminal
	@$(BIN)/python -m scripts.picture_comment
	@$(BIN)/python -m scripts.threat_model

docs: .venv/.dev .venv/.project ## write what is generated in the docs, and build their site: build/site/index.html
	@$(BIN)/python -m scripts.reference
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/site.sh

lock: .venv/.dev ## write requirements/*.txt afresh; LOCK_FLAGS=--upgrade moves to newer versions
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/lock.sh $(LOCK_FLAGS)

clean: ## remove everything that the other targets make, the sandbox's state included
	rm -rf .venv .venv-bench .reconciler .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
	  .hypothesis build dist mutants mutmut.log tests/node/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.made:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the PATH; Python 3.11 or newer is needed." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit( \
	  f"Python 3.11 or newer is needed; $(PYTHON) is {v[0]}.{v[1]}. Try: make PYTHON=python3.13 ...")'
	$(PYTHON) -m venv .venv
	@touch $@

# The locks are whole, so pip must not resolve: for a package that another one asks for with an extra, it takes the
# newest release, which the lock has no hash of. Hence --no-deps, and `pip check`.
.venv/.runtime: requirements/runtime.txt | .venv/.made
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -m pip check >/dev/null || { $(BIN)/python -m pip check; exit 1; }
	@touch $@

# dev.txt holds all of runtime.txt in the same versions (scripts/lock.sh sees to it), hence both stamps.
.venv/.dev: requirements/dev.txt requirements/runtime.txt | .venv/.made
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip check >/dev/null || { $(BIN)/python -m pip check; exit 1; }
	@touch .venv/.runtime $@

# What the benchmarks hold us against. An environment of its own: nothing in it may change what is tested or shipped.
.venv-bench/.made: requirements/bench.txt | .venv/.made
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/bench.txt
	@.venv-bench/bin/python -m pip check >/dev/null || { .venv-bench/bin/python -m pip check; exit 1; }
	@touch $@

# Editable, so only what pip itself records (name, scripts, dependencies, version) makes this stale.
.venv/.project: pyproject.toml reconciler/__init__.py | .venv/.runtime
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

tests/node/node_modules/.stamp: tests/node/package.json tests/node/package-lock.json
	@if command -v npm >/dev/null && command -v node >/dev/null; then \
	  echo "npm ci in tests/node"; npm ci --prefix tests/node --ignore-scripts --silent && touch $@; \
	elif [ "$${CI:-}" = true ]; then echo "node and npm are needed in CI" >&2; exit 1; \
	else echo "node or npm is missing: the tests that need them will be skipped"; fi
