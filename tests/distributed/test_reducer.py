"""Gradients travel while backward goes on, in buckets that are filled from the last layer to the first."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn
from minigrad.distributed import buckets
from minigrad.distributed.buckets import in_buckets


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A group of one rank, and in which order sums are started, by how many numbers they have."""
    seen: list[Any] = []
    start = buckets.reduce_by

    def noted(ranks: Any, channel: Any, tensor: mg.Tensor, op: dist.ReduceOp) -> dist.Work:
        seen.append(tensor.numel())
        return start(ranks, channel, tensor, op)

    monkeypatch.setattr(buckets, "reduce_by", noted)
    monkeypatch.setattr("minigrad.distributed.group.is_mpi_available", lambda: False)
    dist.init_process_group()
    yield seen
    dist.destroy_process_group()


def test_a_bucket_is_sent_before_backward_comes_to_the_layer_below(events: list[Any]) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 5))
    for index in (1, 3):

        def note(_: nn.Module, args: Any, y: mg.Tensor, index: int = index) -> None:
            y.register_hook(lambda g: events.append(f"below {index}"))

        model[index].register_forward_hook(note)
    network = dist.DistributedDataParallel(model, bucket_cap_mb=64 / 2**20)  # 16 numbers of float32
    network(mg.ones(6, 2)).sum().backward()
    # The last layer's bias, and its weight, which is too large for company; the second's both; the first's.
    assert events == [5, 20, "below 3", 4 + 12, "below 1", 3 + 6]


def test_one_bucket_for_all_is_sent_at_the_end(events: list[Any]) -> None:
    network = dist.DistributedDataParallel(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4)))
    network(mg.ones(6, 2)).sum().backward()
    assert events == [16 + 9]


def test_buckets_are_started_in_one_order_whatever_is_ready_first(events: list[Any]) -> None:
    """The first layer is used last here: its gradient comes first, and has to wait for its turn."""
    model = nn.ModuleList([nn.Linear(3, 3, bias=False), nn.Linear(3, 1, bias=False)])
    network = dist.DistributedDataParallel(_Turned(model), bucket_cap_mb=1e-6)
    network(mg.ones(2, 1)).sum().backward()
    assert events == [3, 9]


class _Turned(nn.Module):
    """The layer that was made first comes last."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        first, last = self.layers[0].weight, self.layers[1].weight
        return (x @ last) @ first


def test_what_is_left_out_is_an_error_that_names_it(events: list[Any]) -> None:
    model = nn.ModuleDict({"used": nn.Linear(2, 2), "left": nn.Linear(2, 2)})

    class Half(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = model

        def forward(self, x: mg.Tensor) -> mg.Tensor:
            return self.parts["used"](x)  # type: ignore[no-any-return]

    network = dist.DistributedDataParallel(Half())
    with pytest.raises(
        RuntimeError, match=r"2 parameters got no gradient .*\(parts\.left\.weight, parts\.left"
    ):
        network(mg.ones(1, 2)).sum().backward()


def test_a_network_that_is_gone_gives_its_channel_back(
    events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """MPI has about two thousand."""
    monkeypatch.setattr(dist.channel.Channel, "free", lambda self: events.append("free"))
    network = dist.DistributedDataParallel(nn.Linear(2, 3))
    network(mg.ones(6, 2)).sum().backward()
    assert events == [9]
    del network
    gc.collect()
    assert events == [9, "free"]


class _Failing(nn.Module):
    """Two layers; an exception comes between their gradients as long as it is to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.below, self.above, self.fails = nn.Linear(2, 3), nn.Linear(3, 4), True

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        y = self.below(x)
        if self.fails:
            y.register_hook(lambda g: 1 / 0)
        return self.above(y)  # type: ignore[no-any-return]


def test_the_pass_after_one_that_was_cut_off_is_averaged_like_any_other(events: list[Any]) -> None:
    """Nothing had been sent: one bucket holds all."""
    model = _Failing()
    network = dist.DistributedDataParallel(model)
    with pytest.raises(ZeroDivisionError):
        network(mg.ones(6, 2)).sum().backward()
    assert events == []
    model.fails = False
    for passes in (1, 2):
        network(mg.ones(6, 2)).sum().backward()
        assert events == [16 + 9] * passes


def test_a_pass_that_was_cut_off_when_a_part_was_sent_lets_none_follow(events: list[Any]) -> None:
    """The other ranks could take what was sent for a part of the next one."""
    model = _Failing()
    network = dist.DistributedDataParallel(model, bucket_cap_mb=1e-6)
    with pytest.raises(ZeroDivisionError):
        network(mg.ones(6, 2)).sum().backward()
    assert events == [4, 12]
    model.fails = False
    with pytest.raises(RuntimeError, match=r"cut off by an exception .* go on from a checkpoint"):
        network(mg.ones(6, 2)).sum().backward()


class _Two(nn.Module):
    """Two layers, of which a pass may leave out the one below."""

    def __init__(self) -> None:
        super().__init__()
        self.below, self.above = nn.Linear(2, 2), nn.Linear(2, 3)

    def forward(self, x: mg.Tensor, whole: bool = True) -> mg.Tensor:
        return self.above(self.below(x) if whole else x)  # type: ignore[no-any-return]


def test_a_pass_that_left_something_out_when_a_part_was_sent_lets_none_follow(events: list[Any]) -> None:
    """The error comes when all gradients are there; the other ranks have the part that was sent."""
    network = dist.DistributedDataParallel(_Two(), bucket_cap_mb=1e-6)
    with pytest.raises(RuntimeError, match=r"2 parameters got no gradient"):
        network(mg.ones(1, 2), whole=False).sum().backward()
    assert events == [3, 6]
    with pytest.raises(RuntimeError, match=r"cut off by an exception .* go on from a checkpoint"):
        network(mg.ones(1, 2)).sum().backward()


def test_a_network_whose_pass_another_one_cut_off_says_so(events: list[Any]) -> None:
    """Two networks in one backward pass: what the second one had sent was not waited for."""
    failing, other = dist.DistributedDataParallel(_Two()), dist.DistributedDataParallel(nn.Linear(2, 1))
    fine = other(mg.ones(1, 2)).sum()  # made first, so that its gradients come last
    with pytest.raises(RuntimeError, match=r"2 parameters got no gradient"):
        (fine + failing(mg.ones(1, 2), whole=False).sum()).backward()
    with pytest.raises(RuntimeError, match=r"cut off by an exception .* go on from a checkpoint"):
        other(mg.ones(1, 2)).sum().backward()


def test_buckets_hold_one_dtype_and_keep_to_their_sizes() -> None:
    tensors = [mg.zeros(n) for n in (10, 2, 3, 100, 1)]
    assert in_buckets(tensors, [8.0, 24.0]) == [[4], [3], [2, 1], [0]]
    tensors[1] = tensors[1].double()
    assert in_buckets(tensors, [1000.0, 1000.0]) == [[4, 3, 2], [1], [0]]
