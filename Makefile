# The tasks of oligoscope. `make` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT := out

.PHONY: help demo test check bench soak fuzz mutants reference lock clean
help:  ## list the tasks
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

$(BIN)/oligoscope: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || scripts/install_debian.sh python3-venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src
	@touch $@

demo: $(BIN)/oligoscope  ## set up, assess three cases and a 10,000-patient example registry, pool the trials, leave pages in out/
	@mkdir -p $(OUT)
	@for case in complete gaps polymetastatic; do \
	  $(BIN)/oligoscope assess examples/$$case.yaml; $(BIN)/oligoscope assess examples/$$case.yaml --html $(OUT)/$$case.html; done
	@$(BIN)/python scripts/make_example_registry.py $(OUT)/registry
	@$(BIN)/oligoscope cohort assess $(OUT)/registry -o $(OUT)/cohort
	@$(BIN)/oligoscope cohort report $(OUT)/registry -o $(OUT)/survival --endpoint OS --from omd_dx_date
	@$(BIN)/oligoscope trials match $(OUT)/registry -o $(OUT)/cohort/trials.csv
	@$(BIN)/oligoscope evidence pool --endpoint PFS --plot $(OUT)/forest-pfs.svg
	@$(BIN)/oligoscope evidence drift --from 2022-09-01 --to today --html $(OUT)/drift.html >/dev/null
	@echo "Open $(OUT)/complete.html, $(OUT)/gaps.html, $(OUT)/polymetastatic.html, $(OUT)/cohort/summary.html, $(OUT)/survival/report.html, $(OUT)/forest-pfs.svg and $(OUT)/drift.html. The registry is synthetic."
	@echo "Try it in the browser: $(BIN)/oligoscope serve, then open http://127.0.0.1:8765/"

node_modules: package.json package-lock.json
	@command -v npm >/dev/null || scripts/install_debian.sh nodejs npm
	npm ci --no-audit --no-fund --silent
	@touch $@

check: $(BIN)/oligoscope  ## style, types, import directions, known vulnerabilities
	$(BIN)/ruff check src scripts benchmarks tests
	$(BIN)/ruff format --check src scripts benchmarks tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/audit.py

test: $(BIN)/oligoscope node_modules check  ## set up what tests need and run them all
	@command -v java >/dev/null || scripts/install_debian.sh default-jre-headless
	@command -v chromium >/dev/null || scripts/install_debian.sh chromium
	@ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 || scripts/install_debian.sh postgresql
	@command -v tesseract >/dev/null || scripts/install_debian.sh tesseract-ocr
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

bench: $(BIN)/oligoscope  ## time and memory: a million patients, one patient, cold start
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/trials.py

soak: $(BIN)/oligoscope  ## executors and soundness on 100,000 generated charts (about 40 minutes)
	@command -v java >/dev/null || scripts/install_debian.sh default-jre-headless
	$(BIN)/python benchmarks/soak.py

fuzz: $(BIN)/oligoscope  ## try to break it for an hour (FUZZ_SECONDS), then a server for 20 minutes; finds lie in out/fuzz
	$(BIN)/python benchmarks/fuzz.py
	$(BIN)/python benchmarks/fuzz_server.py

mutants: $(BIN)/oligoscope node_modules  ## the share of changed rules and of changed code that tests catch
	$(BIN)/python benchmarks/mutants.py
	$(BIN)/python benchmarks/trial_mutants.py
	$(BIN)/python benchmarks/code_mutants.py

reference: $(BIN)/oligoscope  ## remake docs/reference from the program
	$(BIN)/python scripts/make_reference.py

lock:  ## remake requirements.lock from pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-options --no-header --no-annotate --strip-extras --all-extras -o requirements.lock pyproject.toml

clean:  ## remove what the tasks made
	rm -rf $(VENV) $(OUT) node_modules build dist *.egg-info src/*.egg-info
