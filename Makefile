# The scripts, for those who have make. Everything here works without it.
.PHONY: help setup demo demo-clean test check packages docs lock sim chaos interop conformance bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | column -t -s '	'

setup: ## make .venv with the berthline command and what tests it
	scripts/setup --dev

demo: ## two real servers that reach each other, on this machine
	scripts/demo

demo-clean: ## remove everything the demo made
	scripts/demo --clean

test: ## check and test everything
	scripts/test

check: ## format, lint, types, imports, lengths
	scripts/check

packages: ## a wheel, a source archive and a Debian package, in dist
	scripts/packages

docs: ## write the generated parts of docs/reference anew
	scripts/docs

lock: ## pin the dependencies anew
	scripts/lock

sim: ## simulate a cloud through faults: make sim SEEDS=1000
	scripts/sim --seeds $(or $(SEEDS),20)

chaos: ## kill a cloud's processes at random for three minutes: make chaos ARGUMENTS="--shape up"
	scripts/chaos $(ARGUMENTS)

bench: ## measure, and write docs/reference/performance.md: make bench ARGUMENTS="--only ports"
	scripts/bench --page $(ARGUMENTS)

bench-openstack: ## the same work on the real Neutron and Nova beside Berthline, and the ratios
	scripts/bench --openstack --page $(ARGUMENTS)

interop: ## run our compute against the real Neutron, installed aside
	scripts/interop

conformance: ## OpenStack's own tests against a cloud on simulated hosts: make conformance ARGUMENTS="--only flavors"
	scripts/conformance $(ARGUMENTS)

clean: ## remove .venv and all caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
