"""Ctrl-C and SIGTERM while a loader's workers are busy: the program ends, soon, and nothing of it stays."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")

PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where it runs in the background
import numpy as np
import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader

class Slow:
    def __len__(self):
        return 10_000

    def __getitem__(self, index):
        time.sleep(0.01)
        return np.ones(2, np.float32), np.int64(index % 2)

class Begun(train.Callback):
    def on_batch_end(self, run):
        print("begun", flush=True)

loader = DataLoader(Slow(), 8, num_workers=2)
"""
LOOP = """
for _ in loader:
    print("begun", flush=True)
"""
FIT = """
model = nn.Linear(2, 2)
optimizer = optim.SGD(model.parameters(), lr=0.1)
with mg.backend("reference"):  # numba need not be imported
    history = train.fit(
        model, loader, nn.CrossEntropyLoss(), optimizer, 1, callbacks=[Begun()], progress=False
    )
print(history.ended, flush=True)
"""


def ended(program: str, number: int) -> tuple[int, list[str]]:
    """How a program ends that is sent a signal after a batch: its status, and what it printed then."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM + program],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        try:
            shown = process.communicate(timeout=60)[0]  # until no process holds its output
        finally:
            process.kill()
    return process.returncode, [line for line in shown.splitlines() if line != "begun"]


def test_ctrl_c_in_a_loop_of_ones_own() -> None:
    # The batches under way, of 0.08 s, are waited for; the epoch would take minutes.
    status, shown = ended(LOOP, signal.SIGINT)
    assert (status, shown[-1]) == (-signal.SIGINT, "KeyboardInterrupt")


def test_ctrl_c_in_fit() -> None:
    assert ended(FIT, signal.SIGINT) == (0, ["interrupted"])


def test_sigterm_ends_at_once() -> None:
    assert ended(LOOP, signal.SIGTERM) == (-signal.SIGTERM, [])
