"""A child that is forked in the middle of a program computes, whatever the program was doing."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

FORK = """
import os, signal, threading, warnings
import numpy as np
import minigrad as mg
from minigrad import nn
from minigrad.data import DataLoader

warnings.simplefilter("ignore", DeprecationWarning)  # Python's, of a fork beside threads

def ends(work):
    '''The exit status of a forked child that does this work, or that it hangs.'''
    child = os.fork()
    if not child:
        signal.alarm(20)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def run(program, **variables):
    """What a program prints that may fork."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK + program],
        env={**environment, "NUMBA_NUM_THREADS": "2", **variables},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


STEP = """
def step():
    x = mg.from_numpy(np.linspace(-1, 1, 640_000, dtype=np.float32).reshape(800, 800)).requires_grad_()
    y = x.relu()  # large enough for a loop to be shared among threads
    y.sum().backward()
    return x.grad, mg.from_numpy(y.detach().numpy() @ y.detach().numpy())  # BLAS has threads, too

def same():
    assert all(mg.allclose(a, b, rtol=1e-4) for a, b in zip(whole, step()))

whole = step()
"""


@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_after_loops_that_threads_shared(layer):
    # Numba ends a process with SIGTERM that uses GNU's OpenMP after a fork: `-15`.
    pytest.importorskip("numba")
    if layer == "omp":
        pytest.importorskip("numba.np.ufunc.omppool")
    program = """
from minigrad.kernels.numba_cpu import sharing
print(sharing.threading_layer(), ends(same))

def count():
    mg.set_num_threads(2)  # no threads are to be had, whoever asks
    print("threads", mg.get_num_threads(), flush=True)

ends(count)
forking = threading.Thread(target=lambda: print("from a thread", ends(same)))
forking.start()
forking.join()
fine = []
beside = [threading.Thread(target=lambda: (same(), fine.append("fine"))) for _ in range(3)]
for thread in beside:
    thread.start()
for thread in beside:
    thread.join()
print("the parent's threads", *fine)
"""
    threads = 1 if layer == "omp" else 2
    assert run(STEP + program, NUMBA_THREADING_LAYER=layer).splitlines() == [
        f"{layer} 0", f"threads {threads}", "from a thread 0", "the parent's threads fine fine fine",
    ]  # fmt: skip


def test_while_another_thread_holds_what_the_child_needs():
    # Each lock is held by a thread that does not live in the child.
    program = """
import importlib
backward = importlib.import_module("minigrad.engine.backward")
writes = importlib.import_module("minigrad.engine.writes")

def train():
    weight = mg.ones(3, requires_grad=True)
    (weight * weight).sum().backward()
    with mg.no_grad():
        weight -= weight.grad * mg.rand(3)

def while_held(lock):
    held, over = threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            over.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(60)
    print(ends(train))
    over.set()
    holder.join()

for lock in (writes._lock, backward._lock, mg.random.default_generator.rng.bit_generator.lock):
    while_held(lock)
"""
    assert run(program) == "0\n0\n0\n"


def test_an_epoch_is_finished_where_it_was_begun():
    # The workers are the parent's: a child that waits for them would wait for ever.
    program = """
class Squares:
    def __len__(self):
        return 12

    def __getitem__(self, index):
        return np.float32(index * index)

def go_on():
    try:
        next(batches)
    except RuntimeError as error:
        print(error, flush=True)

loader = DataLoader(Squares(), 3, num_workers=2)
batches = iter(loader)
next(batches)
print(ends(go_on))
print(ends(lambda: print(sum(batch.sum().item() for batch in loader), flush=True)))
print(sum(batch.sum().item() for batch in batches))
"""
    told, *rest = run(program).splitlines()
    assert told.startswith("DataLoader: this iteration began in another process, before a fork; begin one of")
    assert rest == ["0", "506.0", "0", "501.0"]


def test_children_draw_what_the_parent_would_have_drawn():
    # As with NumPy: a copy of the process has a copy of the generator.
    program = """
mg.manual_seed(5)
ends(lambda: print(mg.rand(3).tolist(), flush=True))
print(mg.rand(3).tolist())
ends(lambda: (mg.manual_seed(6), print(mg.rand(3).tolist(), flush=True)))
"""
    child, parent, seeded = run(program).splitlines()
    assert child == parent != seeded
