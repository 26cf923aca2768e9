# Everything here happens inside .venv, which is made on first use and brought up to date when pyproject.toml
# changes. You need Python 3.11 or later and make. To choose the interpreter: make test PYTHON=python3.12

VENV       := .venv
PY         := $(VENV)/bin/python
CUDA       ?= 13
BENCH_VENV := .venv-bench
BENCH_PY   := $(BENCH_VENV)/bin/python
OLD_VENV   := .venv-oldest
OLD_PY     := $(OLD_VENV)/bin/python
LOCK       := requirements/test.txt
OLDEST     := requirements/oldest.txt

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Some machines tell Python not to keep what it compiled. Hundreds of tests start it anew, and would then spend
# half of their time on compiling minigrad's files again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-gpu test-oldest lock lint format excerpts docs linkcheck bench clean

help:  ## list the commands
	@echo "make run      train a network on Fashion-MNIST (quick setting) and write pictures to output/"
	@echo "make test     run every test"
	@echo "make test-gpu run what can run on an NVIDIA card there (CUDA=12 for a driver that does not know 13)"
	@echo "make test-oldest  run the core's tests with the oldest release of each dependency that is allowed"
	@echo "make lint     check format, style, types and the direction of imports"
	@echo "make format   format the code and repair what ruff can repair"
	@echo "make excerpts fill the excerpts in docs/guides from the source"
	@echo "make docs     build the site into docs/_build/html, every lesson run"
	@echo "make linkcheck  ask every address that the site names whether it is there (needs a network)"
	@echo "make lock     choose anew which releases make test and make test-oldest install"
	@echo "make bench    measure against PyTorch and others (downloads them into $(BENCH_VENV))"
	@echo "make clean    remove the environments, caches and output/"

run: $(VENV)/installed
	$(PY) lessons/07_fashion_mnist.py --quick

test: $(VENV)/installed-test
	$(PY) -m pytest -n auto --maxprocesses 4

test-gpu: $(VENV)/installed-gpu
	$(PY) -m pytest --device cuda -n auto --maxprocesses 8

# What a learner's first network goes through: the engine, operations, layers, optimisers, data, training, pictures.
test-oldest: $(OLD_VENV)/installed
	$(OLD_PY) -m pytest -n auto --maxprocesses 4 tests/creation tests/data tests/devices tests/engine tests/kernels \
		tests/nn tests/onnx tests/ops tests/optim tests/serialization tests/train tests/viz tests/test_*.py

# uv resolves for every system and for Python 3.11 and later at once; pip checks the hashes when it installs.
COMPILE := $(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" pyproject.toml
lock: | $(VENV)/created
	$(PY) -m pip install -q uv
	$(COMPILE) --upgrade --extra test -o $(LOCK)
	$(COMPILE) --upgrade --extra test --extra tensorboard --extra search --resolution lowest-direct --only-binary :all: \
		-c requirements/oldest-constraints.txt -o $(OLDEST)

lint: $(VENV)/installed-test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict minigrad
	$(VENV)/bin/lint-imports --no-cache

format: $(VENV)/installed-test
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

excerpts: $(VENV)/installed
	$(PY) tools/include_source.py

docs: $(VENV)/installed-docs
	$(PY) -m sphinx -n -W --keep-going docs docs/_build/html

linkcheck: $(VENV)/installed-docs
	MINIGRAD_DOCS_RUN=none $(PY) -m sphinx -n -W --keep-going -b linkcheck docs docs/_build/linkcheck

bench: $(BENCH_VENV)/installed
	$(BENCH_PY) -m benchmarks

clean:
	rm -rf $(VENV) $(BENCH_VENV) $(OLD_VENV) output docs/_build docs/api docs/examples docs/exercises docs/lessons build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environments. A stamp file is written last, so an installation that was interrupted is done again.
# What `make run` needs is installed first; `make test` adds its tools to the same environment.

$(VENV)/created $(BENCH_VENV)/created $(OLD_VENV)/created:
	@python="$$(sh tools/find-python $(PYTHON))" || exit 1; \
	rm -rf $(@D); echo "$$python -m venv $(@D)"; "$$python" -m venv $(@D)
	@touch $@

$(VENV)/installed: pyproject.toml | $(VENV)/created
	$(PY) -m pip install -e .
	@touch $@

# What pyproject.toml allows is many releases. Those that were tried are written down, with what their files hash to.
$(VENV)/installed-test: pyproject.toml $(LOCK) | $(VENV)/created
	$(PY) -m pip install --require-hashes -r $(LOCK)
	$(PY) -m pip install --no-build-isolation --no-deps -e .
	@touch $(VENV)/installed $@

$(VENV)/installed-docs: pyproject.toml | $(VENV)/created
	$(PY) -m pip install -e '.[docs]'
	@touch $(VENV)/installed $@

$(VENV)/installed-gpu: pyproject.toml | $(VENV)/created
	$(PY) -m pip install -e '.[test,gpu-cu$(CUDA)]'
	@touch $(VENV)/installed $(VENV)/installed-test $@

$(OLD_VENV)/installed: pyproject.toml $(OLDEST) | $(OLD_VENV)/created
	$(OLD_PY) -m pip install --require-hashes -r $(OLDEST)
	$(OLD_PY) -m pip install --no-build-isolation --no-deps -e .
	@touch $@

$(BENCH_VENV)/installed: pyproject.toml benchmarks/requirements.txt | $(BENCH_VENV)/created
	$(BENCH_PY) -m pip install -e . -r benchmarks/requirements.txt
	@touch $@
