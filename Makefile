# Two commands matter: `make reports` and `make test`. Both set up .venv from the lock first.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?=
export OUTCOMES_WORKERS = $(WORKERS)

.PHONY: help reports test test-notebooks quick simulate lab explore learn lint bench notebooks data lock clean
.PHONY: docs licences matrix audit html privacy lowest canary mutate baselines architecture
.DEFAULT_GOAL := help

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

# The lock is whole: pip is to look for no package itself, as it does for one wanted with an extra.
# A lock that is newer than the stamp installs again, and nothing else does.
# A .venv of an older Python, or one that was left without pip, is made anew.
# Pages need half of them: no JupyterLab, and nothing that tests or writes documents.
.venv/installed: LOCK = requirements.lock
.venv/reports: LOCK = reports.lock
.venv/installed: requirements.lock pyproject.toml
.venv/reports: reports.lock pyproject.toml
.venv/installed .venv/reports:
	@$(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11 …")' && \
		$(PYTHON) -m venv --clear .venv; }
	@echo "Installing the locked packages into .venv (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --no-deps --require-hashes -r $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m compileall -q -j 0 .venv/lib lib >/dev/null || true
	@touch $@

# What was installed for work has all of it.
reports: $(if $(wildcard .venv/installed),.venv/installed,.venv/reports)  ## build every page of reports.toml into site/latest
	@$(BIN)/outcomes build $(if $(WORKERS),--workers $(WORKERS))

test: .venv/installed  ## run everything: units, notebooks by nbval, collection rules, site and browser checks
	@$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder
	@$(MAKE) --no-print-directory test-notebooks

test-notebooks: .venv/installed  ## re-run every notebook and compare with its stored outputs (nbval)
	@$(BIN)/python -m pytest --nbval notebooks -n 2 --dist loadfile -p no:cacheprovider

quick: .venv/installed  ## the unit tests of what you changed (BASE=main: since then), and of changed notebooks
	@$(BIN)/python tests/quick.py $(BASE)

simulate: .venv/installed  ## the slow lane: coverage and false alarms by simulation, properties on fresh examples
	@$(BIN)/python -m pytest tests/simulate -o python_files="simulate_*.py"
	@$(BIN)/python -m pytest -q --hypothesis-profile=full $$(grep -rl --include="test_*.py" "from hypothesis" tests)

baselines: .venv/installed  ## build every page and store what it found in tests/baselines (or PAGES="op-warrior …")
	@$(BIN)/python tests/baselines_tool.py $(PAGES)

lab: .venv/installed  ## open JupyterLab with the controls of notebooks/explore
	@$(BIN)/outcomes lab

explore: .venv/installed  ## serve the controls in a browser, to look and download (no Jupyter, no code)
	@$(BIN)/outcomes explore

learn: .venv/installed  ## write a learner's copy of the lessons into DIR (lessons)
	@$(BIN)/outcomes learn $(or $(DIR),lessons)

docs: .venv/installed  ## build the documentation (guides, lessons, data, library) into build/docs
	@$(BIN)/python docs/sphinx/assemble.py build/docs-source
	@OUTCOMES_ROOT=$(CURDIR) $(BIN)/python -m sphinx -q -W --keep-going -b html build/docs-source build/docs
	@echo "Open build/docs/index.html"

lint: .venv/installed  ## style, types and the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/basedpyright --pythonpath $(BIN)/python

architecture: .venv/installed  ## write the picture and the modules of docs/architecture.md anew
	@$(BIN)/python tests/architecture_tool.py

bench: .venv/installed  ## measure; the last figures are in benchmarks/README.md
	@for b in benchmarks/bench_*.py; do $(BIN)/python $$b || exit 1; done

notebooks: .venv/installed  ## run the notebooks in place and store their outputs, normalised
	@$(BIN)/outcomes notebooks

data: .venv/installed  ## rebuild data/clean from SOURCE=folder of downloads
	@$(BIN)/outcomes data build $(SOURCE)

lock:  ## make requirements.lock and reports.lock anew from pyproject.toml (needs uv)
	@uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --all-extras --universal \
		--python-version 3.11 pyproject.toml --output-file requirements.lock
	@uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --no-annotate \
		--python-version 3.11 -c requirements.lock --extra build pyproject.toml \
		--output-file reports.lock

licences: .venv/installed  ## list the licence of every package in docs/licences.csv
	@$(BIN)/python tests/licences_tool.py

audit: .venv/installed  ## hold the lock and what is installed to docs/advisories.toml, and ask for newer advisories
	@$(BIN)/python tests/audit.py

html: .venv/installed  ## ask the Nu HTML checker about the built pages (needs java and VNU=path/to/vnu.jar)
	@VNU="$(VNU)" $(BIN)/python tests/conformance.py

privacy: .venv/installed  ## search data, notebooks and stored outputs for what points to a person
	@$(BIN)/python -m outcomes.data.privacy

# An environment of its own, of the versions that uv resolves to: lowest-direct or highest.
build/%/bin/python: pyproject.toml
	@mkdir -p build
	@uv pip compile --quiet --upgrade --resolution $* --no-emit-index-url --no-header --all-extras \
		--python-version 3.11 pyproject.toml --output-file build/$*.txt
	@uv venv --quiet --clear --python 3.11 build/$*
	@uv pip install --quiet --python $@ --requirement build/$*.txt
	@uv pip install --quiet --python $@ --no-deps --editable .

lowest: build/lowest-direct/bin/python  ## unit tests on the lowest versions pyproject.toml allows (needs uv)
	@PATH="$(CURDIR)/build/lowest-direct/bin:$$PATH" $< -m pytest -q -m "not browser and not build"

canary:  ## everything at its newest version, and the unit tests on it (needs uv)
	@rm -rf build/highest
	@$(MAKE) --no-print-directory build/highest/bin/python
	@PATH="$(CURDIR)/build/highest/bin:$$PATH" build/highest/bin/python -m pytest -q -m "not browser and not build"

PYTHONS ?= 3.11 3.12 3.13 3.14
matrix:  ## unit tests of the locked packages on each version of Python in PYTHONS (needs uv)
	@for v in $(PYTHONS); do \
		uv venv --quiet --clear --python $$v build/py$$v && \
		uv pip install --quiet --python build/py$$v/bin/python --require-hashes --requirement requirements.lock && \
		uv pip install --quiet --python build/py$$v/bin/python --no-deps --editable . && \
		echo "Python $$v" && \
		PATH="$(CURDIR)/build/py$$v/bin:$$PATH" build/py$$v/bin/python -m pytest -q -m "not browser and not build" \
		|| exit 1; \
	done

# mutmut wants the library in src/; what it changes and runs is a copy.
MUTMUT = PYTHONPATH=$(CURDIR)/build/mutmut OUTCOMES_DATA=$(CURDIR)/data MPLBACKEND=agg \
	nice -n 15 $(CURDIR)/$(BIN)/python -m mutmut run --max-children 1
SEED ?= 1
mutate: .venv/installed  ## how many changes to MODULE the tests TESTS notice, or of SAMPLE of them; see docs/mutation.md
	@test -d build/mutmut || $(BIN)/python -m pip install --quiet --target build/mutmut mutmut==3.8.1
	@rm -rf build/mutate && mkdir -p build/mutate && cp -r lib build/mutate/src
	@cp -r tests pyproject.toml requirements.lock reports.toml collection.toml Makefile build/mutate
	@ln -s $(CURDIR)/data $(CURDIR)/docs $(CURDIR)/notebooks $(CURDIR)/benchmarks build/mutate
	@printf '[mutmut]\nsource_paths=src\nonly_mutate=src/outcomes/%s\nmutate_only_covered_lines=true\n' $(MODULE) >build/mutate/setup.cfg
	@printf 'timeout_multiplier=2.0\ntimeout_constant=3.0\nuse_git_change_detection=false\n' >>build/mutate/setup.cfg
	@printf 'also_copy=reports.toml\n  collection.toml\n  requirements.lock\n  Makefile\n  docs\n' >>build/mutate/setup.cfg
	@printf 'pytest_add_cli_args=-q\n  -x\npytest_add_cli_args_test_selection=\n' >>build/mutate/setup.cfg
	@printf '  %s\n' $(TESTS) >>build/mutate/setup.cfg
ifdef SAMPLE
	@cd build/mutate && $(MUTMUT) no.such.mutant >made 2>&1; $(CURDIR)/$(BIN)/python tests/sample_mutants.py $(SAMPLE) $(SEED) >sample
	@cd build/mutate && $(MUTMUT) $$(cat sample)
else
	@cd build/mutate && $(MUTMUT)
endif

clean:  ## remove the virtual environment, the built site and the kept results
	@rm -rf .venv site .kept
