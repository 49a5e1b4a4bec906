# TumorDesk. `make run` opens it, `make test` tests it; both make what they need first.
# Another Python:   make run PYTHON=python3.12
# Other scans:      make run ARGS=/data/scans/patient
# Some tests only:  make test ARGS="tests/unit -k geometry"

PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(if $(shell command -v $(p) 2>/dev/null),$(p))) python3)
BOOTSTRAP := $(PYTHON) -B installer/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help run test lint bench setup pins clean installer installer-test pictures

help: ## this list
	@grep -hE '^[a-z-]+: ## ' $(MAKEFILE_LIST) | sed 's/: ## /\t/' | expand -t 16

run: ## open TumorDesk with the sample study (without a display: write the demo picture)
	@$(BOOTSTRAP) run --args='$(ARGS)'

test: ## lint, types, import contracts and all tests
	@$(BOOTSTRAP) test --args='$(ARGS)'

lint: ## lint, types and import contracts only
	@$(BOOTSTRAP) lint

bench: ## the benchmarks, one after the other
	@$(BOOTSTRAP) bench

installer: ## build the packages for this system into dist/ (ARGS="--variant gpu")
	@$(BOOTSTRAP) installer --args='$(ARGS)'

installer-test: ## the release gate: install what make installer built, and try it (needs root)
	@$(BOOTSTRAP) installer-test --args='$(ARGS)'

pictures: ## make the pictures of the manual anew, from the program itself
	@$(BOOTSTRAP) pictures

setup: ## only make the environment, with the development tools
	@$(BOOTSTRAP) setup

pins: ## resolve the versions in constraints.txt anew
	@$(BOOTSTRAP) pins

clean: ## remove the environment and the tools' caches
	@$(BOOTSTRAP) clean
