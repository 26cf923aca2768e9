"""The dispatch: who computes, and what happens when numba is missing, broken or asked for by name."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from minigrad import kernels
from minigrad.kernels import backend, cupy_gpu, reference
from tests.conftest import COMPILING
from tests.kernels.backends import kernels_of

ROOT = Path(__file__).parents[2]
X = np.array([0.0, 1.0], dtype=np.float32)


def python(code: str, path: Path = ROOT) -> str:
    """What a fresh interpreter prints, with warnings shown and ``path`` searched for modules before the
    checkout."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)]), "PYTHONWARNINGS": "always"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr.replace(COMPILING, "")


@pytest.fixture
def running(monkeypatch):
    """A kernel whose versions say who they are: running(array) -> "reference" or "numba"."""
    numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")
    monkeypatch.setattr(reference, "erf", lambda x: "reference")
    monkeypatch.setattr(numba_cpu, "erf", lambda x: "numba")
    return kernels.erf


def test_numba_runs_unless_the_reference_is_asked_for(running):
    assert running(X) == "numba"
    with backend("reference"):
        assert running(X) == "reference"
        with backend("numba"):
            assert running(X) == "numba"
        assert running(X) == "reference"
    assert running(X) == "numba"


def test_every_kernel_is_computed_by_a_backend_and_specified_by_the_reference():
    numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")
    known = kernels_of(kernels)
    assert len(known) > 20
    assert kernels_of(numba_cpu) | kernels_of(cupy_gpu) == known
    assert known <= kernels_of(reference)


def test_the_choice_ends_with_an_error_inside(running):
    with pytest.raises(KeyError), backend("reference"):
        raise KeyError
    assert running(X) == "numba"


def test_the_choice_belongs_to_its_thread(running):
    seen = []
    with backend("reference"):
        thread = threading.Thread(target=lambda: seen.append(running(X)))
        thread.start()
        thread.join()
    assert seen == ["numba"]


def test_other_dtypes_and_other_arrays_run_the_reference(running):
    class Elsewhere:
        """An array on another device, as far as this library knows."""

    assert running(X.astype(np.float16)) == "reference"
    assert running(X.astype(np.longdouble)) == "reference"
    assert running(Elsewhere()) == "reference"
    with backend("numba"):
        assert running(Elsewhere()) == "reference"


def test_the_first_parameter_says_who_updates_a_list_of_them(monkeypatch):
    numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")
    seen = []
    monkeypatch.setattr(reference, "sgd_step", lambda ps, *more: seen.append("reference"))
    monkeypatch.setattr(numba_cpu, "sgd_step", lambda ps, *more: seen.append("numba"))
    for ps in ([X, X.astype(np.float16)], (X,), [X.astype(np.float16)], []):
        kernels.sgd_step(ps, ps, None, 0.1, 0.0, 0.0, 0.0, False, False)
    assert seen == ["numba", "numba", "reference", "reference"]


def test_an_unknown_backend_is_refused_by_name():
    with pytest.raises(ValueError, match="expected 'reference', 'numba' or 'cuda_on_cpu', got 'fortran'"):
        backend("fortran")


def test_kernels_keep_the_name_and_documentation_of_their_specification():
    assert kernels.adam_step.__name__ == "adam_step"
    assert kernels.adam_step.__doc__ == reference.adam_step.__doc__


def test_importing_does_not_load_numba_and_a_first_call_does():
    pytest.importorskip("numba")
    code = """
import sys, numpy as np
from minigrad import kernels
print("numba" in sys.modules)
kernels.erf(np.zeros(3, np.float32))
print("numba" in sys.modules)
"""
    assert python(code).split() == ["False", "True"]


def test_without_numba_the_reference_runs_and_nothing_is_said():
    code = """
import sys
sys.modules["numba"] = None  # as if it were not installed
import numpy as np
from minigrad import kernels
print(kernels.erf(np.zeros(2, np.float32)))
try:
    kernels.backend("numba")
except ImportError as error:
    print(error)
"""
    assert python(code).splitlines() == [
        "[0. 0.]",
        "backend('numba'): numba cannot be loaded; install it with `pip install numba`, "
        "or use backend('reference')",
    ]


def test_a_broken_numba_is_reported_once_and_the_reference_runs(tmp_path):
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs NumPy 2.9 or less')\n")
    code = """
import numpy as np
from minigrad import kernels
print(kernels.erf(np.zeros(2, np.float32)))
print(kernels.erf(np.zeros(2, np.float32)))
"""
    said = python(code, tmp_path)
    assert said.count("[0. 0.]") == 2
    assert said.count("numba is installed but cannot be loaded (Numba needs NumPy 2.9 or less)") == 1
