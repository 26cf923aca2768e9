"""What a round of tools/soak.py leaves behind: nothing, and without Python's search for cycles."""

import gc
import sys
import tracemalloc

import pytest

import minigrad as mg
from minigrad import nn, optim
from tools import soak

KEPT = ("tensors", "nodes", "records of writes", "open files", "threads")


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A folder where a round has been: its loops are compiled, and numba's compiler leaves cycles."""
    folder = tmp_path_factory.mktemp("soak")
    round_of(folder)
    return folder


def round_of(folder):
    soak.train_and_go_on(folder)
    soak.make_mistakes(folder)
    soak.in_two_threads(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc")
def test_trainings_threads_and_mistakes_leave_no_tensor(begun, no_collector):
    before = soak.sample()
    round_of(begun)
    after = soak.sample()
    assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}


def test_a_step_leaves_no_array(no_collector):
    model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 8))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    x, target = mg.randn(256, 64), mg.zeros(256).long()

    def steps(count):
        for _ in range(count):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), target).backward()
            optimizer.step()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first = steps(3)  # Adam's moments are made
        smallest = 256 * 8 * 4  # bytes of the output
        assert steps(20) - first < 20 * smallest / 2
    finally:
        tracemalloc.stop()
