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


@pytest.fixture
def who():
    """who(rounds, ...): the thread that took each round of a shared loop."""
    pytest.importorskip("numba")
    from minigrad.kernels.numba_cpu.sharing import mine, shared, spread

    @shared
    def loop(team, taken, threads):
        if spread(team):
            return
        for i in mine(team, taken.size):
            taken[i] += team.thread
            threads[i] += team.threads

    def run(rounds, **how):
        taken, threads = np.zeros(rounds, np.int64), np.zeros(rounds, np.int64)
        loop(taken, threads, **how)
        return taken.tolist(), set(threads.tolist())

    return run


def test_a_loop_takes_as_many_threads_as_set_and_each_round_is_taken_once(who):
    two = min(2, pytest.importorskip("numba").config.NUMBA_NUM_THREADS)
    mg.set_num_threads(2)
    for _ in range(3):
        assert who(5) == ([0, 0, two - 1, two - 1, two - 1], {two})
        assert who(1) == ([two - 1], {two})
        assert who(0) == ([], set())
        assert who(5, alone=True) == ([0] * 5, {1})
        assert who(5, threads=1) == ([0] * 5, {1})
    mg.set_num_threads(1)
    assert who(5) == ([0] * 5, {1})


@pytest.mark.parametrize("alone", [True, False])
def test_an_error_on_a_thread_is_the_loops(alone):
    pytest.importorskip("numba")
    from minigrad.kernels.numba_cpu.sharing import mine, shared, spread

    @shared
    def loop(team, x):
        if spread(team):
            return
        for i in mine(team, x.size):
            if x[i] == 0:
                raise KeyError("as numba's own loops do")
            x[i] = np.empty(x[i]).size

    mg.set_num_threads(2)
    with pytest.raises(KeyError, match="as numba's own"):
        loop(np.zeros(2, np.int64), alone=alone)
    with pytest.raises(MemoryError):
        loop(np.full(2, 1 << 50), alone=alone)


def test_a_loop_whose_first_argument_is_no_team_is_refused():
    numba = pytest.importorskip("numba")
    from minigrad.kernels.numba_cpu.sharing import ONE, spread

    @numba.njit
    def loop(x, team):
        return spread(team)

    with pytest.raises(numba.TypingError, match="Team is the first argument"):
        loop(np.ones(2), ONE)


def test_where_numba_must_not_compile_the_plain_kernels_run():
    pytest.importorskip("numba")
    program = "import minigrad as mg; print(mg.relu(mg.tensor([-1.0, 2.0])).tolist())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        check=True,
    )
    assert done.stdout == "[0.0, 2.0]\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_while_a_loop_runs_elsewhere_can_run_its_own():
    pytest.importorskip("numba")
    program = """
import os, threading, time, numpy as np
os.environ["NUMBA_THREADING_LAYER"] = "workqueue"
from minigrad.kernels.numba_cpu import sharing
from minigrad import kernels
x = np.ones((64, 10_000), np.float32)
kernels.relu(x)
with sharing._one_at_a_time:
    def child():
        pid = os.fork()
        if not pid:
            free = sharing._one_at_a_time.acquire(blocking=False)
            os._exit(0 if free else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    other = threading.Thread(target=child)
    other.start()
    other.join()
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert done.stdout == "0\n", done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("NUMBA_THREADING_LAYER", "no such layer"), ("NUMBA_NUM_THREADS", "0")],
)
def test_a_numba_that_cannot_start_is_no_mistake_about_shapes(variable, value):
    program = """
import minigrad as mg
mg.set_num_threads(2)
mg.nn.functional.conv2d(mg.randn(16, 1, 28, 28), mg.randn(32, 1, 3, 3))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"NUMBA_NUM_THREADS": "2", **os.environ, variable: value},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "RuntimeError: numba " in done.stderr
    assert "NUMBA_" in done.stderr
    assert "broadcast" not in done.stderr


def test_the_number_reaches_matrix_products_of_blas():
    for n in (1, 2):
        mg.set_num_threads(n)
        assert mg.get_num_threads() == n
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


CONVOLUTIONS = {  # images, channels in and out, size, kernel, stride
    "by pixels": (16, 3, 32, 20, 5, 1),
    "by channels": (16, 20, 32, 9, 3, 2),
    "with fewer products": (16, 32, 64, 20, 3, 1),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolutions_repeat_bit_for_bit_and_differ_by_rounding_from_one_number_of_threads_to_another(case):
    numba = pytest.importorskip("numba")
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("needs two processors")
    n, c, o, size, k, s = CONVOLUTIONS[case]
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape) for shape in ((n, c, size, size), (o, c, k, k), (o,))]

    def run(threads):
        mg.set_num_threads(threads)
        x, w, b = (mg.tensor(value, dtype=mg.float32, requires_grad=True) for value in values)
        y = mg.nn.functional.conv2d(x, w, b, stride=s)
        upstream = np.random.default_rng(1).normal(size=y.shape)
        y.backward(mg.tensor(upstream, dtype=mg.float32))
        return [y.detach().numpy(), *(leaf.grad.numpy() for leaf in (x, w, b))]

    one, two = run(1), run(2)
    for a, b, again, alone in zip(two, run(2), run(2), one, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, again)
        np.testing.assert_allclose(a, alone, rtol=0, atol=1e-5 * np.abs(alone).max())
    for a, b in zip(one, run(1), strict=True):
        np.testing.assert_array_equal(a, b)
