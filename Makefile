# Two commands set everything up on a machine with Python 3.11+, make and git:
#   make demo    runs the main job         make test    passes the tests
# Everything is installed into .venv with the exact versions of constraints.txt: first what qtools
# needs, then, for whoever works on it, the development group.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
TOOLS  := $(VENV)/.tools
RUN    := demo-run
TRAIN  := train-run
MODEL  := qtools/generate/models/default

.PHONY: demo train test test-slow test-browser docs check format bench chaos clean

demo: $(READY)
	$(BIN)/qtools compile evolution --model heisenberg --sites 50 --coupling -0.25 \
	  --initial neel --time 1.2 --layers 5 --out $(RUN)/compiled --force
	@if [ -f $(MODEL)/model.safetensors ]; then \
	  rm -rf $(RUN)/circuits && \
	  $(BIN)/qtools generate sample -n 20 --qubits 5:12 --out $(RUN)/circuits && \
	  $(BIN)/qtools generate verify $(RUN)/circuits --quick --baselines none \
	    --out $(RUN)/verification; \
	else echo "no model is bundled, so no circuits are generated; make train makes one"; fi
	@echo; echo "circuit file: $(RUN)/compiled/circuit.qasm"; echo "reports:"; ls $(RUN)/*/report.html

# The bundled model from nothing, in hours: corpus, training, files of the package. Every stage
# goes on where it was stopped and is over at once when it was finished before.
train: $(READY)
	$(BIN)/qtools datasets build --recipe default --out $(TRAIN)/corpus
	$(BIN)/qtools generate train --corpus $(TRAIN)/corpus --recipe default --out $(TRAIN)/model
	$(BIN)/qtools generate publish $(TRAIN)/model --corpus $(TRAIN)/corpus \
	  --out $(MODEL)

test: $(TOOLS)
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(TOOLS)
	$(BIN)/python -m pytest -n 2 -m slow

# Reports in headless Chromium, which must be on the PATH.
test-browser: $(TOOLS)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group browser
	$(BIN)/python -m pytest tests/report

# The site, in docs/_build/html: tutorials executed, warnings are errors.
docs: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group docs
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

check: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(TOOLS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(TOOLS)
	$(BIN)/python -m benchmarks

chaos: $(TOOLS)
	$(BIN)/python -m chaos --long

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "qtools needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[all]"
	@touch $@

$(TOOLS): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@touch $@

clean:
	rm -rf $(VENV) $(RUN) build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
