# The commands of Endstate. `make run` and `make test` need only Python 3.11 or newer, and make.

PORT ?= 8000
DATA ?= .endstate
# One more than cores: a third of the tests wait for a server, a browser or a fault.
JOBS ?= 4
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
# The first Python that is new enough.
PYTHON ?= $(shell for one in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$one" && break; done)
PIP := $(PY) -m pip --disable-pip-version-check --quiet install --require-hashes
# What a check needs to load the settings; nothing is served with it.
CHECKING := SECRET_KEY=only-for-checks-0123456789-0123456789-0123456789-0123456789-abc \
	BASE_URL=https://endstate.example TRUSTED_PROXIES=1 DATABASE_URL=postgres://endstate@127.0.0.1:1/none

.PHONY: help run install test test-install chromium check format bench faults locks clean

run: install
	@exec $(PY) manage.py up --demo --port $(PORT) --data $(DATA)

help:
	@echo "make …"
	@echo "  run      start everything with the demo, on PORT with DATA"
	@echo "  install  make the environment that 'run' needs"
	@echo "  test     run every test (ARGS for pytest, JOBS processes)"
	@echo "  check    format, lint, types, templates, layers, migrations"
	@echo "  format   write the format that 'check' asks for"
	@echo "  faults   the long runs of faults and random actions, and guards broken one by one"
	@echo "  bench    measure and compare with the bars of docs/performance.md (ARGS names some)"
	@echo "  locks    resolve what is pinned anew"
	@echo "  clean    remove the environment and what tests left"

install: $(VENV)/.run

test-install: $(VENV)/.dev

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Endstate needs Python 3.11 or newer; none was found."; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@$(PY) -c "import pathlib, sysconfig; \
		pathlib.Path(sysconfig.get_path('purelib'), 'endstate.pth').write_text('$(CURDIR)\n')"

$(VENV)/.run: requirements/embedded.txt $(VENV)/pyvenv.cfg
	@echo "Installing what Endstate needs into $(VENV) ..."
	@$(PIP) -r requirements/embedded.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/pyvenv.cfg
	@echo "Installing what the tests and checks need into $(VENV) ..."
	@$(PIP) -r requirements/dev.txt
	@touch $@ $(VENV)/.run

$(VENV)/.bench: requirements/bench.txt $(VENV)/pyvenv.cfg
	@echo "Installing what the benchmarks compare with into $(VENV) ..."
	@$(PIP) -r requirements/bench.txt
	@touch $@

chromium:
	@.ci/chromium

# Where Python may keep what it compiled, each of some thousand processes starts a second earlier.
test: test-install chromium
	PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --junitxml=test-artifacts/tests.xml $(ARGS)

faults: test-install chromium
	ENDSTATE_FAULTS=full $(PY) -m pytest tests/faults tests/live tests/matrix/test_machine.py tests/matrix/test_acting.py tests/running/test_up.py \
		tests/warroom/test_kept.py --timeout 3600 $(ARGS)
	$(PY) -m tests.faults.guards

bench: $(VENV)/.bench
	$(PY) -m bench $(ARGS)

format: test-install
	$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/oxfmt static

check: test-install
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/oxfmt --check static
	$(VENV)/bin/oxlint --deny-warnings static
	$(VENV)/bin/djlint templates --lint --quiet
	$(VENV)/bin/lint-imports --no-cache
	$(CHECKING) $(VENV)/bin/mypy .
	$(CHECKING) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(CHECKING) $(PY) manage.py check --deploy --fail-level WARNING
	$(PY) .ci/dependencies.py

# Resolves anew what is pinned, from pyproject.toml; names no index. Needs uv.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --no-header
locks:
	$(LOCK) -o requirements/base.txt
	$(LOCK) --extra embedded -c requirements/base.txt -o requirements/embedded.txt
	$(LOCK) --extra embedded --group dev -c requirements/base.txt -o requirements/dev.txt
	$(LOCK) --extra embedded --group dev --group bench -c requirements/base.txt -o requirements/bench.txt

clean:
	rm -rf $(VENV) test-artifacts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
