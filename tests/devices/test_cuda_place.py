"""What devices/cuda_place.py adds to CuPy: without a GPU on a stand-in for CuPy, the rest on a GPU."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad.devices import place

GIB = 1 << 30


class FakeCuPy:
    """As much of CuPy as is asked when memory is given out. Of 80 GiB it has given out 70."""

    class OutOfMemoryError(MemoryError):
        pass

    ndarray = type("ndarray", (), {})
    used, total, limit = 60 * GIB, 70 * GIB, 0

    def __init__(self):
        runtime = SimpleNamespace(
            getDeviceCount=lambda: 2,
            getDevice=lambda: 1,
            memGetInfo=lambda: (3 * GIB, 80 * GIB),
            CUDARuntimeError=RuntimeError,
        )
        self.cuda = SimpleNamespace(
            runtime=runtime,
            memory=SimpleNamespace(OutOfMemoryError=self.OutOfMemoryError),
            get_allocator=lambda: self.allocate,
            set_allocator=lambda allocate: setattr(self, "allocator", allocate),
        )

    def get_default_memory_pool(self):
        return SimpleNamespace(
            used_bytes=lambda: self.used, total_bytes=lambda: self.total, get_limit=lambda: self.limit
        )

    def allocate(self, size):
        if self.used + size > 70 * GIB:
            raise self.OutOfMemoryError(size)
        self.used += size
        return "memory"


@pytest.fixture
def cupy(monkeypatch):
    monkeypatch.delitem(place._places, "cuda", raising=False)
    monkeypatch.setattr(place, "_place_of", place._place_of.copy())
    monkeypatch.delitem(sys.modules, "minigrad.devices.cuda_place", raising=False)
    cupy = FakeCuPy()
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    yield cupy
    place._places.pop("cuda", None)
    sys.modules.pop("minigrad.devices.cuda_place", None)


def test_exhausted_memory_says_what_was_asked_what_is_held_and_what_helps(cupy):
    assert place.find("cuda") == "cuda:1"  # the current one
    assert cupy.allocator(5 * GIB) == "memory"
    with pytest.raises(mg.cuda.OutOfMemoryError) as raised:
        cupy.allocator(6 * GIB)
    text = str(raised.value)
    assert isinstance(raised.value, RuntimeError)  # as PyTorch's is
    for said in (
        "cuda:1 has no room for another 6.00 GiB",
        "arrays take 65.00 GiB",
        "5.00 GiB is held in reserve",
        "of the 80.00 GiB of the card 3.00 GiB is free",
        "a smaller batch",
        "mg.no_grad()",
        "loss.item()",
        "mg.cuda.empty_cache()",
    ):
        assert said in text, text
    cupy.limit = 71 * GIB
    with pytest.raises(mg.cuda.OutOfMemoryError, match=r"of the 71\.00 GiB that CuPy is limited to"):
        cupy.allocator(1000 * GIB)


def test_the_peak_of_memory_is_noted(cupy):
    cuda = place.at(place.find("cuda:1"))
    cupy.allocator(2 * GIB)
    cupy.used -= 10 * GIB
    cupy.allocator(100)
    assert cuda.peaks == [0, 62 * GIB]


def test_a_gpu_that_is_not_there_is_named_beside_those_that_are(cupy):
    with pytest.raises(RuntimeError, match=r"device='cuda:2'.*no such GPU; there is 'cuda:0', 'cuda:1'"):
        place.find("cuda:2")


# On a GPU ---------------------------------------------------------------------------------------------------

on_a_gpu = [pytest.mark.usefixtures("device"), pytest.mark.devices("cuda")]


def marked(test):
    for mark in on_a_gpu:
        test = mark(test)
    return test


@marked
def test_more_than_the_card_has():
    total = mg.cuda.mem_get_info()[1]
    with pytest.raises(mg.cuda.OutOfMemoryError, match=r"no room for another .* (GiB|TiB)"):
        mg.empty(4 * total, dtype=mg.uint8)
    assert mg.ones(3).sum().item() == 3  # it goes on


@marked
def test_what_tensors_take():
    mg.cuda.reset_peak_memory_stats()
    before = mg.cuda.memory_allocated()
    x = mg.empty(1 << 20, dtype=mg.float32)
    assert mg.cuda.memory_allocated() - before == x.nbytes == 4 << 20
    del x
    assert mg.cuda.memory_allocated() == before
    assert mg.cuda.max_memory_allocated() - before >= 4 << 20
    assert mg.cuda.memory_reserved() >= mg.cuda.memory_allocated()
    mg.cuda.empty_cache()
    mg.cuda.synchronize()


@marked
def test_what_the_card_is():
    assert mg.cuda.is_available() and mg.cuda.device_count() >= 1 and mg.cuda.current_device() == 0
    assert "NVIDIA" in mg.cuda.get_device_name()
    assert mg.cuda.get_device_capability() >= (5, 0)
    assert mg.ones(2).device == "cuda:0" == mg.ones(2, device=0).device and mg.ones(2).is_cuda


@marked
def test_random_numbers_of_a_gpu_by_seed():
    mg.manual_seed(3)
    a = mg.randn(1000), mg.rand(1000), mg.randint(100, (1000,)), mg.randperm(100), mg.zeros(50).uniform_()
    state = mg.cuda.get_rng_state()
    after = mg.randn(5)
    mg.manual_seed(3)
    b = mg.randn(1000), mg.rand(1000), mg.randint(100, (1000,)), mg.randperm(100), mg.zeros(50).uniform_()
    assert all((x == y).all() for x, y in zip(a, b, strict=True))
    mg.cuda.set_rng_state(state)
    assert (mg.randn(5) == after).all()
    assert abs(a[0].mean().item()) < 0.2 and 0.9 < a[0].std().item() < 1.1
    assert a[1].min().item() >= 0 and a[1].max().item() < 1
    assert sorted(a[3].tolist()) == list(range(100))
    mg.cuda.manual_seed(4)
    assert not (mg.randn(5) == after).all() and mg.cuda.initial_seed() == 4


@marked
def test_pinned_memory_and_copies_beside_the_program():
    x = mg.from_numpy(np.arange(1 << 20, dtype=np.float32)).pin_memory()
    assert x.is_pinned() and not mg.ones(3, device="cpu").is_pinned()
    y = x.to("cuda", non_blocking=True)
    assert (y.cpu() == x).all()


@marked
def test_dlpack_with_pytorch_on_a_gpu():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("PyTorch has no GPU here")
    x = mg.arange(6, dtype=mg.float32).reshape(2, 3)
    theirs = torch.from_dlpack(x)
    assert theirs.is_cuda and theirs.tolist() == x.tolist()
    theirs += 1
    torch.cuda.synchronize()
    assert x.tolist() == [[1, 2, 3], [4, 5, 6]]
    ours = mg.from_dlpack(theirs * 2)
    assert ours.device == x.device and ours.tolist() == [[2, 4, 6], [8, 10, 12]]
    assert mg.as_tensor(torch.ones(3, device="cuda")).device == x.device
