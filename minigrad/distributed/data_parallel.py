"""The wrapper that makes of a network one that several ranks train together."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from minigrad.creation import tensor, zeros
from minigrad.distributed.agreement import Agreement
from minigrad.distributed.collectives import broadcast
from minigrad.distributed.group import Group, current
from minigrad.distributed.reducer import Reducer
from minigrad.distributed.work import Work
from minigrad.dtypes import int64, uint8
from minigrad.engine.modes import is_grad_enabled
from minigrad.errors import refuse
from minigrad.nn import Module
from minigrad.tensor import Tensor

_OWNER = "DistributedDataParallel"
_MIB = 2**20
_FIRST = 1.0  # MiB of the first bucket: a small one, so that the first message goes early
_CAP = 25.0


class DistributedDataParallel(Module):
    """A network that each rank has a copy of, and trains with its part of each batch.

    When it is made, rank 0's parameters and buffers go to all. In each backward pass the gradients are
    averaged over the ranks, in flat buckets and while backward goes on; when it returns, all ranks have the
    same. With a loss that is the mean over the rank's samples, and equally many samples on each, that is the
    gradient of the mean over all of them: what one process has for the whole batch.

    Shapes: as those of ``module``, which is ``self.module``; names in ``state_dict()`` begin with "module.".

    Args:
        module: the network, on its device.
        broadcast_buffers: whether rank 0's buffers, batch norm's running statistics say, go to all before
            each forward pass in training. (In evaluation each rank is by itself here.)
        bucket_cap_mb: how large a bucket may be, in MiB; 25 by default, and 1 for the first one.
        find_unused_parameters: whether a pass may leave out parts of the network. What one rank leaves out
            counts as 0 there; what all leave out keeps its grad.
        gradient_as_bucket_view, static_graph: accepted, and make no difference.

    PyTorch's other options must keep their defaults.

    Raises RuntimeError if the ranks' networks differ in names, shapes or dtypes, or in what learns, or if
    there is nothing to learn.
    """

    def __init__(
        self,
        module: Module,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool = True,
        process_group: None = None,
        bucket_cap_mb: float | None = None,
        find_unused_parameters: bool = False,
        check_reduction: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
    ) -> None:
        super().__init__()
        refuse(
            _OWNER,
            "the network stays on the device that it is on",
            device_ids=device_ids,
            output_device=output_device,
            dim=dim or None,
            check_reduction=check_reduction,
        )
        ranks = current(_OWNER, process_group)
        named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
        if not named:
            raise RuntimeError(f"{_OWNER}: no parameter of this network requires a gradient.")
        if bucket_cap_mb is not None and not bucket_cap_mb > 0:
            raise ValueError(f"{_OWNER}: bucket_cap_mb must be above 0, got {bucket_cap_mb}.")
        self.module = module
        self.broadcast_buffers = broadcast_buffers
        self.find_unused_parameters = find_unused_parameters
        _check_alike(module, ranks)
        _broadcast([*module.parameters(), *module.buffers()])
        cap = _CAP if bucket_cap_mb is None else bucket_cap_mb
        names, parameters = zip(*named, strict=True)
        sizes = [min(_FIRST, cap) * _MIB, cap * _MIB]
        self._reducer = Reducer(names, parameters, ranks, sizes, find_unused_parameters)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        if self.training and self.broadcast_buffers and is_grad_enabled():
            _broadcast(self.module.buffers())
        return self.module(*inputs, **kwargs)

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside, backward leaves gradients as they are, to be averaged with those of a later pass outside:
        for batches in several parts. Forward and backward belong inside.
        """
        before, self._reducer.enabled = self._reducer.enabled, False
        try:
            yield
        finally:
            self._reducer.enabled = before


def _broadcast(tensors: Iterable[Tensor]) -> None:
    works = [broadcast(value.detach(), 0, async_op=True) for value in tensors]
    for work in works:
        if work is not None:
            work.wait()


def _check_alike(module: Module, ranks: Group) -> None:
    """Raise, on all ranks, if their networks differ: a broadcast between them would hang or garble."""
    told = [
        f"{name} {tuple(value.shape)} {value.dtype}{'' if value.requires_grad else ', frozen'}"
        for name, value in module.named_parameters()
    ]
    told += [f"{name} {tuple(value.shape)} {value.dtype}" for name, value in module.named_buffers()]
    agreement = Agreement(ranks.channel, "\n".join(told))
    Work(_OWNER, agreement, ranks.channel, ranks.timeout, None, ranks.fail).wait()
    if not agreement.reached:
        raise RuntimeError(
            f"{_OWNER}: the ranks have networks with other names, shapes or dtypes of parameters or buffers, "
            f"or other parts of them learn. Build the same one on all. {_difference(told, ranks)}"
        )


def _difference(told: list[str], ranks: Group) -> str:
    """Where this rank's network is the first time not as rank 0's. All ranks have to call it."""
    rank = ranks.channel.rank
    mine = tensor(list("\n".join(told).encode()), dtype=uint8)
    length = tensor(len(mine), dtype=int64)
    broadcast(length, 0)
    text = mine if rank == 0 else zeros(int(length.item()), dtype=uint8)
    broadcast(text, 0)
    first = bytes(text.tolist()).decode().split("\n")
    for own, theirs in itertools.zip_longest(told, first, fillvalue="no more"):
        if own != theirs:
            return f"The first difference: rank {rank} has {own}; rank 0 has {theirs}"
    here = "This is rank 0, with which the others are compared" if rank == 0 else f"Rank {rank} has rank 0's"
    return f"{here}; a rank with another network says where it differs."
