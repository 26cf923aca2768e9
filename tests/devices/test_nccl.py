"""What NCCL is asked for, by CuPy's documentation. No card takes part: NCCL itself is not tried here."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from minigrad.devices import nccl


class Stream:
    """Notes what it is told."""

    ptr = 77

    def __init__(self, non_blocking: bool = False) -> None:
        self.waited: list[Any] = []

    def record(self) -> Any:
        return SimpleNamespace(done=True, of=self)

    def wait_event(self, event: Any) -> None:
        self.waited.append(event.of)


@pytest.fixture(params=["bytes", "tuple"])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A CuPy that notes its calls; names are bytes, as they are now, or a tuple, as they were."""
    noted: dict[str, Any] = {"program": Stream()}
    name = bytes(range(128, 256))

    class NcclCommunicator:
        def __init__(self, ndev: int, commId: Any, rank: int) -> None:
            noted["made"] = (ndev, commId, rank)

        def allReduce(self, *arguments: int) -> None:
            noted["allReduce"] = arguments

        def broadcast(self, *arguments: int) -> None:
            noted["broadcast"] = arguments

    library: Any = ModuleType("cupy.cuda.nccl")
    library.available = True
    old = request.param == "tuple"
    noted["name"] = tuple(np.frombuffer(name, np.int8).tolist()) if old else name
    library.get_unique_id = lambda: noted["name"]
    library.NcclCommunicator = NcclCommunicator
    library.NCCL_MAX, library.NCCL_FLOAT32, library.NCCL_UINT8 = 2, 7, 1
    cuda: Any = ModuleType("cupy.cuda")
    cuda.nccl, cuda.Stream = library, Stream
    cuda.get_current_stream = lambda: noted["program"]
    cupy: Any = ModuleType("cupy")
    cupy.cuda = cuda
    for module in (cupy, cuda, library):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return noted


def array(**flags: bool) -> Any:
    """What is looked at of an array on a card."""
    return SimpleNamespace(
        data=SimpleNamespace(ptr=1234),
        size=6,
        nbytes=24,
        dtype=np.dtype(np.float32),
        shape=(2, 3),
        flags=SimpleNamespace(c_contiguous=True, **flags),
    )


def test_the_name_that_one_rank_draws_is_given_as_it_was_drawn(asked: dict[str, Any]) -> None:
    assert nccl.available()
    name = nccl.new_name()
    assert name.shape == (nccl.NAME_BYTES,) and name.dtype == np.uint8 and name[0] == 128
    nccl.Communicator(4, name, 3)
    assert asked["made"] == (4, asked["name"], 3)


def test_operations_come_after_what_is_computed_and_before_what_follows(asked: dict[str, Any]) -> None:
    cards = nccl.Communicator(2, nccl.new_name(), 0)
    sent = cards.all_reduce(array(), "max")
    assert asked["allReduce"] == (1234, 1234, 6, 7, 2, 77)  # to and fro, count, float32, maximum, stream
    assert sent.Test()
    assert cards._stream.waited == [asked["program"]] and asked["program"].waited == []
    sent.join()
    assert asked["program"].waited == [cards._stream]
    cards.broadcast(array(), 1)
    assert asked["broadcast"] == (1234, 1234, 24, 1, 1, 77)  # bytes, of rank 1


def test_without_cupy_it_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setitem(sys.modules, "cupy.cuda", None)
    assert not nccl.available()
