"""The number of threads, for compiled loops and matrix products alike."""

import os
import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg


@pytest.fixture(autouse=True)
def as_before():
    before = mg.get_num_threads()
    yield
    mg.set_num_threads(before)


def test_the_number_reaches_numba_when_a_loop_runs_and_matrix_products_at_once():
    numba = pytest.importorskip("numba")
    x = mg.tensor(np.ones((8, 200_000), np.float32))
    for n in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        mg.set_num_threads(n)
        assert mg.get_num_threads() == n
        mg.relu(x)
        assert numba.get_num_threads() == n
        pools = pytest.importorskip("threadpoolctl").threadpool_info()
        blas = [pool["num_threads"] for pool in pools if pool["user_api"] == "blas"]
        assert set(blas) <= {n}


def test_more_threads_than_processors_are_no_error():
    mg.set_num_threads(1000)
    x = np.full((2, 200_000), -1, np.float32)
    assert not mg.relu(mg.tensor(x)).numpy().any()


@pytest.mark.parametrize(
    ("number", "kind"), [(0, RuntimeError), (-1, RuntimeError), (1.5, TypeError), (True, TypeError)]
)
def test_what_is_no_number_of_threads(number, kind):
    with pytest.raises(kind, match="set_num_threads: expected"):
        mg.set_num_threads(number)


def test_the_environment_speaks_first_and_numba_is_not_loaded_to_ask():
    program = "import sys, minigrad; print(minigrad.get_num_threads(), 'numba' in sys.modules)"
    for variables, expected in (
        ({"OMP_NUM_THREADS": "3"}, "3"),
        ({"OMP_NUM_THREADS": "3", "NUMBA_NUM_THREADS": "1"}, "1"),
    ):
        env = {key: value for key, value in os.environ.items() if key != "NUMBA_NUM_THREADS"} | variables
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True
        )
        assert done.stdout.split() == [expected, "False"]


def test_a_loop_that_ran_alone_leaves_the_number_of_threads_to_the_next():
    """A small array is one thread's, and the large one after it everyone's again."""
    numba = pytest.importorskip("numba")
    from minigrad.kernels import numba_cpu

    many = min(mg.get_num_threads(), numba.config.NUMBA_NUM_THREADS)

    def pool(size):
        x = np.ones((1, 4, size, size), np.float32)
        places = np.empty((1, 4, size // 2, size // 2), np.uint8)
        numba_cpu.max_pool2d(x, (2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1), places)
        return numba.get_num_threads()

    assert pool(256) == many
    assert numba_cpu.relu(np.ones(4, np.float32)).sum() == 4
    assert pool(4) == 1
    assert pool(256) == many
