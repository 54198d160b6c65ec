# make run    opens the canvas on the first tutorial (without a screen: replays it headless)
# make test   lints, type-checks and tests everything
# Both make their own environment in .venv; nothing but Python 3.11 or later is needed.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
RESULTS := results

.PHONY: run test lint format bench clean

run: $(VENV)/.run
	@scheme=$$($(BIN)/beamcanvas tutorials powder --to $(RESULTS)) && \
	if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		$(BIN)/beamcanvas open "$$scheme"; \
	else \
		echo "There is no screen here: replaying the tutorial $$scheme headless."; \
		$(BIN)/beamcanvas run "$$scheme" --results $(RESULTS)/powder.h5 && \
		echo "Results: $(RESULTS)/powder.h5 (see 'beamcanvas show $(RESULTS)/powder.h5', 'silx view')"; \
	fi

test: lint
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.test
	$(BIN)/ruff format --check -q
	$(BIN)/ruff check -q
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/.bench
	for b in benchmarks/*.py; do $(BIN)/python $$b || exit 1; done

$(VENV)/.run: EXTRAS = all
# CI adds astra, whose libraries of CUDA are large
$(VENV)/.test: EXTRAS = test$(MORE)
$(VENV)/.bench: EXTRAS = bench
$(VENV)/.run $(VENV)/.test $(VENV)/.bench: setup.cfg pyproject.toml | $(BIN)/python
	@tools/system-packages
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[$(EXTRAS),larch-slim]'
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps 'xraylarch>=2026.3'
	@touch $@

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "beamcanvas needs Python 3.11, 3.12 or 3.13." >&2; exit 1; }
	@# Debian's own Python comes without ensurepip
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); tools/system-packages python3-venv; $(PYTHON) -m venv $(VENV); }
	$(BIN)/python -m pip install -q --disable-pip-version-check -U pip

clean:
	rm -rf $(VENV) $(RESULTS) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
