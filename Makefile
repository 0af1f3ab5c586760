# One entry for people and for CI: every target sets up what it needs.
VENV    := .venv
PYTHON  ?= python3
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed

.PHONY: setup run test lint format bench clean

setup: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

run: setup
	$(BIN)/heald stress --budget 60s

test: setup
	$(BIN)/pytest tests properties

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .
	find csrc -name '*.[ch]' -print0 | xargs -0 $(BIN)/clang-format -i

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .heald build
