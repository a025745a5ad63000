# The words of this project; `.ci/run` and people use the same ones. `make` alone prints these lines.
#
#   make demo         build an index of the shipped catalogue, apart from yours,
#                     and ask it a question: make demo QUESTION="slow dns"
#   make build        build your index again, or one of the shipped catalogue
#   make serve        the same, and serve the page, without Slack
#
#   make test         every check: what lint does, and all tests
#   make chromium     install the browser that the page is tested in, if it can be
#   make test-fast    the tests that take no torch and little time
#   make lint         ruff, mypy, import-linter, hadolint, zizmor
#   make format       let ruff mend what it can
#
#   make eval         measure the demo's answers against judged questions
#   make ablation     what each part of the search is worth
#   make quality      the tables of docs/quality.md about lists: LISTS=DIR
#   make fuzz         give everything that reads strangers' bytes 100,000 inputs
#                     each: make fuzz TARGETS="reader-rst bundle" SECONDS=60
#   make mutants      put faults into the program, and see that a test notices
#                     each: half an hour and more. make mutants CASES="11 15"
#   make bench        time and memory, beside plain sentence-transformers and a
#                     bare Bolt app: minutes. Some rows alone:
#                     make bench-index ROWS="rebuild history"
#   make bench-web    the page: beside the bare search and slash commands, and in
#                     a browser
#   make bench-install  what a new user waits for, and what it takes
#   make bench-kills  200 builds and 200 bots killed at random moments
#   make bench-edge   floods of connections, and a store that fails
#
#   make lock         write deploy/requirements-*.txt; UPGRADE=yes: the newest
#   make lock-check   do these files hold what pyproject.toml leads to?
#   make pictures     draw the pictures of docs/ with chromium
#   make encoder      make the shipped encoder anew; then commit it
#   make clean        remove what can be made again; your index is kept

.DEFAULT_GOAL := help

PYTHON    ?= python3
QUESTION  ?= how do I isolate namespaces?
JUDGED    ?= $(wildcard data/judged-*.jsonl)
ROWS      ?=
TARGETS   ?=
CASES     ?=
INPUTS    ?= 100000
SECONDS   ?= inf
CATALOGUE ?= $(wildcard ../shared/catalogues/nubenetes)
LISTS     ?= ../shared/catalogues
ADAPTERS  ?=
WRITE     ?=

BIN  := .venv/bin
DEMO := .signpost/demo
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo demo-index environment chromium test most-tests test-fast lint format build serve eval ablation quality bench bench-index bench-kills bench-edge bench-bot bench-web bench-links bench-install lock lock-check pictures encoder clean fuzz mutants

# The lines at the top of this file.
help:
	@sed -n '3,/^$$/ s/^# \{0,3\}//p' $(firstword $(MAKEFILE_LIST))

demo: demo-index
	@$(BIN)/signpost ask --index $(DEMO) "$(QUESTION)" || test $$? -eq 1  # nothing answers it, which the answer says

demo-index: .venv/.serve
	@$(BIN)/signpost build --catalogue data/catalogue --index $(DEMO)

# Three processes, since many tests wait, a file in one of them, so that what its tests share is made once, in the order of
# tests/conftest.py. What measures time comes last, in two processes: one looks at the clock, and the other counts seconds of the
# processor; measurements share nothing and are given out one by one. What Python made of a module is kept: hundreds of processes
# start, and each would compile the program again.
PYTEST := env -u PYTHONDONTWRITEBYTECODE -u MAKEFLAGS $(BIN)/pytest
FILES  := --dist loadfile --no-loadscope-reorder --numprocesses 3
APART  := --dist load --maxschedchunk 1 --numprocesses 2
ALONE   = $(shell grep -rl --include='test_*.py' 'pytest\.mark\.alone' tests)

test: .venv/.dev chromium
	@$(MAKE) --no-print-directory --jobs 2 lint most-tests
	$(call or-quietly,$(APART),-m alone $(ALONE))

most-tests:
	$(call or-quietly,$(FILES),-m "not alone")

# Other work on the same cores can make a process wait for longer than a test does. What failed is therefore tried once more
# with nothing beside it; what passes only then stands above as failed, and is to be mended.
or-quietly = $(PYTEST) --cache-clear $(1) $(2) || $(PYTEST) --last-failed --last-failed-no-failures none $(2)

# The browser that the page is tested in. Where it cannot be had, those tests are skipped.
chromium:
	@command -v chromium chromium-browser >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo "Installing chromium, which the page is tested in" && apt-get update -qq -o DPkg::Lock::Timeout=120 >/dev/null 2>&1 \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends -o DPkg::Lock::Timeout=120 chromium >/dev/null 2>&1; } \
		|| echo "there is no chromium: the page is not tested in a browser"

test-fast: .venv/.dev
	$(PYTEST) $(FILES) --quiet -m "not torch and not slow"

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

build: .venv/.serve
	@$(BIN)/signpost build

serve: build
	$(BIN)/signpost serve --mode web

eval: demo-index
	$(BIN)/signpost eval --index $(DEMO) $(JUDGED)

# What each part of the search is worth, on NAME=CATALOGUE:QUESTIONS.jsonl; several by spaces.
SETS ?= shipped=data/catalogue:data/judged-networking.jsonl \
        other=tests/bench/other_field/catalogue.yaml:tests/bench/other_field/judged.jsonl

ablation: .venv/.dev
	$(BIN)/python -m tests.bench.ablation $(SETS) $(addprefix --write ,$(WRITE))

# The tables of docs/quality.md about lists, which are in LISTS; of adapters of several seeds, with ADAPTERS.
quality: .venv/.dev
	$(BIN)/python -m tests.bench.quality --lists "$(LISTS)" $(addprefix --adapters ,$(ADAPTERS)) --write docs/quality.md

bench: bench-index bench-bot bench-web bench-links bench-install
# SECONDS for all of them together; CI gives them a minute. Without them, then other examples than those of `make test` for
# every property that is tested.
PROPERTIES = $(shell grep -rl '^@given' tests)
fuzz: .venv/.dev
	$(BIN)/python -m tests.fuzz --inputs $(INPUTS) --seconds $(SECONDS) $(TARGETS)
	@$(if $(TARGETS)$(filter-out inf,$(SECONDS)),,$(PYTEST) --quiet --hypothesis-profile=search $(PROPERTIES))

# The faults of docs/testing.md; then, without CASES, every fault that mutmut can think of, from the start: it would keep what
# it found before a test was changed.
mutants: .venv/.dev
	$(BIN)/python -m tests.faults $(CASES)
	@$(if $(CASES),,rm -rf mutants && $(BIN)/mutmut run && $(BIN)/python -m tests.faults.mutants)

bench-index: .venv/.dev
	$(BIN)/python -m tests.bench.bench_index $(CATALOGUE) $(addprefix --row ,$(ROWS))

bench-kills: .venv/.dev
	$(BIN)/python -m tests.bench.bench_kills
	$(BIN)/python -m tests.bench.bench_lost

bench-edge: .venv/.dev
	$(BIN)/python -m tests.bench.bench_edge

bench-web: .venv/.dev chromium
	$(BIN)/python -m tests.bench.bench_web
	$(BIN)/python -m tests.bench.same_order

bench-bot: .venv/.dev
	$(BIN)/python -m tests.bench.bench_bot

bench-links: .venv/.dev
	$(BIN)/python -m tests.bench.bench_links

# BEFORE=COMMIT puts another one through the same, WHEELS=FOLDER keeps what was fetched.
bench-install: .venv/.dev
	$(BIN)/python -m tests.bench.bench_install $(addprefix --before ,$(BEFORE)) $(addprefix --wheels ,$(WHEELS))

lock: .venv/.dev
	$(BIN)/python deploy/lock.py $(if $(UPGRADE),--upgrade)

lock-check: .venv/.dev
	$(BIN)/python deploy/lock.py --check

pictures: demo-index
	$(BIN)/python deploy/pictures.py --index $(DEMO)

encoder: .venv/.build
	$(BIN)/python deploy/encoder.py

clean:
	rm -rf .venv $(DEMO) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist mutants *.egg-info

# A stamp for each lock that is installed. The lock for checking includes the one for building encoders, and that the one for
# serving. An environment that is not whole is made anew first: one without pip, without its Python, or moved here from elsewhere.
WHOLE := $(shell $(BIN)/python -c 'import pip' 2>/dev/null && grep -sqF '$(CURDIR)/$(BIN)/' $(BIN)/pip && echo yes)
LOCKS := $(wildcard deploy/requirements-*.txt)

.venv/.serve: STAMPS := .venv/.serve
.venv/.build: STAMPS := .venv/.serve .venv/.build
.venv/.dev:   STAMPS := .venv/.serve .venv/.build .venv/.dev

# Nothing but wheels, whose hashes are in the lock. What is never run is not compiled, unless Python may not do so later.
WHEELS_ONLY := --require-hashes --no-deps --only-binary :all: $(if $(PYTHONDONTWRITEBYTECODE),,--no-compile)

.venv/.%: $(LOCKS) pyproject.toml $(if $(WHOLE),,environment)
	@echo "Installing the $$(grep -c == deploy/requirements-$*.txt) packages of deploy/requirements-$*.txt (a minute the first time; with torch a few)"
	@$(call install,$(WHEELS_ONLY) -r deploy/requirements-install.txt -r deploy/requirements-$*.txt)
	@$(if $(filter-out serve,$*),$(call install,-r deploy/requirements-torch.txt))
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $(STAMPS)
	@echo "Installed: $$(du -sh .venv | cut -f1) in .venv"

# Each package that pip gets is shown with its size. What it complains of is kept, and told in a line where it is one of the
# two usual things. The pipe ends with pip's own code.
install = trap 'echo "interrupted; nothing is lost: the same word goes on from there" >&2; exit 130' INT; \
	{ $(PIP) install $(1) 2> .venv/pip.log; echo $$? > .venv/pip.code; } | awk '$(SIZES)'; \
	test "$$(cat .venv/pip.code)" = 0 || { \
	if grep -qE 'NewConnectionError|NameResolutionError|Timeout|ProxyError|SSLError' .venv/pip.log; then \
		echo "no connection to where packages come from (PyPI, or PIP_INDEX_URL); .venv/pip.log has the details"; \
	elif grep -q 'No matching distribution' .venv/pip.log; then \
		sed -n 's/.*No matching distribution found for \([^ ]*\).*/\1: there is no such wheel for this machine and Python;/p' .venv/pip.log; \
		echo "the locks are for Linux on x86-64 and arm64 and for macOS on arm64; elsewhere try: pipx install ."; \
	else cat .venv/pip.log; fi; exit 1; } >&2

SIZES := /^ *(Downloading|Using cached) .*\(.*\)$$/ { \
	split($$0, part, /[()]/); split($$0, name, /-[0-9]/); sub(/^ *(Downloading|Using cached) (.*\/)?/, "", name[1]); \
	printf "  %-28s %s\n", name[1], part[2]; fflush() } \
	/^Installing collected/ { print "  unpacking"; fflush() }

environment:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON): not found; name a Python 3.11 or later: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Signpost needs Python 3.11 or later; name one: make PYTHON=python3.11")'
	@echo "Making an environment in .venv"
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
		echo "$(PYTHON) cannot make an environment; on Debian and Ubuntu: apt install python3-venv"; exit 1; } >&2
