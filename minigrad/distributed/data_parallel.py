"""The wrapper that makes of a network one that several ranks train together."""

import contextlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from minigrad.creation import tensor
from minigrad.distributed.collectives import ReduceOp, all_reduce, broadcast
from minigrad.distributed.group import current
from minigrad.distributed.reducer import Reducer
from minigrad.dtypes import int64
from minigrad.engine.modes import is_grad_enabled
from minigrad.errors import refuse
from minigrad.nn import Module
from minigrad.tensor import Tensor

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

    Raises RuntimeError if the ranks' networks differ in names, shapes or dtypes, or if there is nothing to
    learn.
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
        owner = "DistributedDataParallel"
        refuse(
            owner,
            "the network stays on the device that it is on",
            device_ids=device_ids,
            output_device=output_device,
            dim=dim or None,
            check_reduction=check_reduction,
        )
        ranks = current(owner, process_group)
        named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
        if not named:
            raise RuntimeError(f"{owner}: no parameter of this network requires a gradient.")
        if bucket_cap_mb is not None and not bucket_cap_mb > 0:
            raise ValueError(f"{owner}: bucket_cap_mb must be above 0, got {bucket_cap_mb}.")
        self.module = module
        self.broadcast_buffers = broadcast_buffers
        self.find_unused_parameters = find_unused_parameters
        _check_alike(module)
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


def _check_alike(module: Module) -> None:
    """Raise, on all ranks, if their networks differ: a broadcast between them would hang or garble."""
    told = [
        f"{name} {tuple(value.shape)} {value.dtype} {value.requires_grad}"
        for name, value in (*module.named_parameters(), *module.named_buffers())
    ]
    code = zlib.crc32("\n".join(told).encode())
    both = tensor([code, -code], dtype=int64)
    all_reduce(both, ReduceOp.MAX)
    highest, lowest = both.tolist()
    if highest != -lowest:
        raise RuntimeError(
            "DistributedDataParallel: the ranks have networks with other names, shapes or dtypes of "
            "parameters and buffers. Build the same one on all."
        )
