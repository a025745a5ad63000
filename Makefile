# The words of this project; `.ci/run` and people use the same ones.
#   make demo    build an index of the shipped catalogue, apart from your own, and ask it a question
#   make test    every check: ruff, mypy, hadolint, zizmor, pytest
#   make lint    every check but pytest          make format  let ruff mend what it can
#   make build   your index again, or one of the shipped catalogue where there is none
#   make serve   the same, and the page, without Slack
#   make eval    measure the answers of the demo's index against judged questions
#   make ablation  what each part of the search is worth
#   make bench   time and memory, beside plain sentence-transformers and a bare Bolt app (minutes)
#   make bench-kills   200 builds killed at random moments; ROWS="rebuild history" measures these rows of bench-index
#   make lock    write deploy/requirements-*.txt anew; UPGRADE=yes takes the newest versions
#   make encoder make the shipped encoder anew from the weights and the adapter (then commit it)
#   make clean   remove what can be made again; your index and the feedback are kept

PYTHON    ?= python3
QUESTION  ?= how do I isolate namespaces?
JUDGED    ?= $(wildcard data/judged-*.jsonl)
ROWS      ?=
CATALOGUE ?= $(wildcard ../shared/catalogues/nubenetes)

BIN  := .venv/bin
DEMO := .signpost/demo
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo demo-index environment test lint format build serve eval ablation bench bench-index bench-kills bench-bot bench-links lock encoder clean

demo: demo-index
	@$(BIN)/signpost ask --index $(DEMO) "$(QUESTION)"

demo-index: .venv/.build
	@$(BIN)/signpost build --catalogue data/catalogue --index $(DEMO)

test: lint
	$(BIN)/pytest

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/hadolint Dockerfile
	$(BIN)/zizmor --offline --quiet .github deploy/github/catalogue.yml

format: .venv/.dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

build: .venv/.build
	@$(BIN)/signpost build

serve: build
	$(BIN)/signpost serve --mode web

eval: demo-index
	$(BIN)/signpost eval --index $(DEMO) $(JUDGED)

# What each part of the search is worth, on NAME=CATALOGUE:QUESTIONS.jsonl; several by spaces.
SETS ?= shipped=data/catalogue:data/judged-networking.jsonl \
        other=tests/bench/other_field/catalogue.yaml:tests/bench/other_field/judged.jsonl

ablation: .venv/.dev
	$(BIN)/python -m tests.bench.ablation $(SETS)

bench: bench-index bench-bot bench-links

bench-index: .venv/.dev
	$(BIN)/python -m tests.bench.bench_index $(CATALOGUE) $(addprefix --row ,$(ROWS))

bench-kills: .venv/.dev
	$(BIN)/python -m tests.bench.bench_kills

bench-bot: .venv/.dev
	$(BIN)/python -m tests.bench.bench_bot

bench-links: .venv/.dev
	$(BIN)/python -m tests.bench.bench_links

lock: .venv/.dev
	$(BIN)/python deploy/lock.py $(if $(UPGRADE),--upgrade)

encoder: .venv/.build
	$(BIN)/python deploy/encoder.py

clean:
	rm -rf .venv $(DEMO) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info

# A stamp for each lock that is installed; the lock for building is a part of the one for checking.
# An environment that is not whole is made anew first: one without pip, without its Python, or moved here from elsewhere.
WHOLE := $(shell $(BIN)/python -c 'import pip' 2>/dev/null && grep -sqF '$(CURDIR)/$(BIN)/' $(BIN)/pip && echo yes)

.venv/.%: deploy/requirements-%.txt deploy/requirements-serve.txt pyproject.toml $(if $(WHOLE),,environment)
	@echo "Installing $< (a few minutes the first time)"
	@$(PIP) install -r $<
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

environment:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON): not found; name a Python 3.11 or later: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Signpost needs Python 3.11 or later; name one: make PYTHON=python3.11")'
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
		echo "$(PYTHON) cannot make an environment; on Debian and Ubuntu: apt install python3-venv"; exit 1; } >&2
