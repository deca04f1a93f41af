# Everything runs inside .venv, which is built from uv.lock on first use: `make serve`, `make test`, `make help`.

PYTHON ?= python3
UV_VERSION := 0.13.8

# Targets that run the server pass these on: make serve PORT=8000. WEIR_* variables reach it as well.
# HOST counts only on the command line, because some shells and toolchains export a HOST of their own.
ifneq ($(origin HOST),command line)
HOST :=
endif
SERVE_OPTIONS = $(if $(HOST),--host '$(HOST)') $(if $(PORT),--port '$(PORT)') $(if $(HOME_DIR),--home '$(HOME_DIR)') \
	$(if $(AUTH),--auth '$(AUTH)') $(if $(PROVIDERS),--providers '$(PROVIDERS)') $(ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve sandbox test check bench clean FORCE

ROOT := $(shell cd "$$(dirname '$(strip $(MAKEFILE_LIST))')" && pwd -P)
ifneq ($(CURDIR),$(ROOT))

# Called as `make -f .../Makefile` from elsewhere: start again in the project's root.
help serve sandbox test check bench clean:
	@$(MAKE) --no-print-directory -C '$(ROOT)' $@

else

# Where to look for a Python: only where the caller says, if the caller says.
PYTHONS := $(if $(filter file,$(origin PYTHON)),python3 python3.13 python3.12 python3.11 python3.14,'$(PYTHON)')
BIN := .venv/bin
COMPLETE := .venv/.complete-$(UV_VERSION)
# An environment whose Python is gone, or whose installation was interrupted, is built again from nothing.
USABLE := $(and $(realpath $(BIN)/python),$(wildcard $(COMPLETE)))
# The development set includes the one that serving needs.
SERVING := $(if $(wildcard .venv/.development),.venv/.development,.venv/.serving)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1
unexport VIRTUAL_ENV

help:
	@echo 'make serve [PORT=8000] [HOST=...] [HOME_DIR=.weir] [AUTH=...] [PROVIDERS=...]   run the server'
	@echo 'make sandbox [PORT=9000]                                   run the five simulated providers alone'
	@echo 'make test [ARGS="-k budget"]                               run the tests'
	@echo 'make check                                                 format, lint, types, layers, generated docs'
	@echo 'make bench [ARGS=--json]                                   measure the hot path beside a bare server'
	@echo 'make clean                                                 remove .venv and caches; WEIR_HOME stays'

serve: $(SERVING)
	@exec $(BIN)/weir serve $(SERVE_OPTIONS)

sandbox: $(SERVING)
	@exec $(BIN)/weir sandbox $(if $(HOST),--host '$(HOST)') --port '$(or $(PORT),9000)' $(ARGS)

test: .venv/.development
	@exec $(BIN)/pytest $(ARGS)

check: .venv/.development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/weir docs --check

bench: .venv/.development
	@exec $(BIN)/python -m benchmarks.hot_path $(ARGS)

clean:
	rm -rf .venv .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/conformance/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.serving: SYNC := --no-dev --inexact
.venv/.serving .venv/.development: uv.lock pyproject.toml
	@$(if $(USABLE),,$(create))
	@rm -f .venv/.complete-*
	@UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never $(BIN)/uv sync --quiet --frozen --compile-bytecode --python $(BIN)/python $(SYNC)
	@touch $(COMPLETE) $@

ifeq ($(USABLE),)
.venv/.serving .venv/.development: FORCE
endif

define create
for python in $(PYTHONS); do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
done; \
if [ -z "$$python" ]; then \
	echo "Weir needs Python 3.11 or newer, and found none among:" $(PYTHONS) >&2; \
	echo "Install one, or say where it is: make $(firstword $(MAKECMDGOALS)) PYTHON=/path/to/python3.11" >&2; exit 1; \
fi; \
echo "Preparing .venv (once, about a minute) ..." >&2; \
if "$$python" -c 'import ensurepip' 2>/dev/null; then \
	"$$python" -m venv --clear .venv && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
elif "$$python" -m pip --version >/dev/null 2>&1; then \
	"$$python" -m venv --clear --without-pip .venv && "$$python" -m pip --python $(BIN)/python install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
else \
	echo "$$python can create no environment: it has neither ensurepip nor pip. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
fi
endef

endif
