"""Collective operations: what all ranks call together, with tensors of the same shape and dtype.

They write into the tensor, and are not differentiated. With ``async_op=True`` they return a `Work` at once;
the tensor may be used after ``wait()``. Ranks tell each other what they call, and where that differs it is a
DistBackendError on all of them: it would hang, or the numbers would be wrong.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np

from minigrad.distributed.agreement import Agreement
from minigrad.distributed.channel import Array, Channel, Request
from minigrad.distributed.group import Group, current
from minigrad.distributed.work import Work
from minigrad.engine.modes import no_grad
from minigrad.engine.writes import mark
from minigrad.errors import DtypeError, ShapeError
from minigrad.tensor import Tensor


class ReduceOp(Enum):
    """What becomes of the numbers of all ranks: their sum, say. AVG is the mean."""

    SUM = "sum"
    AVG = "avg"
    PRODUCT = "prod"
    MIN = "min"
    MAX = "max"


def all_reduce(
    tensor: Tensor, op: ReduceOp = ReduceOp.SUM, group: None = None, async_op: bool = False
) -> Work | None:
    """tensor = tensor of rank 0 + tensor of rank 1 + ..., on all ranks; or what ``op`` says.

    Every rank gets the same bits. Raises DtypeError for bool, and for AVG of integers.
    """
    ranks = current("all_reduce", group)
    _check(op, tensor)  # before the others are told: they are refused as well
    call = _told(ranks, f"all_reduce, {op}", tensor)
    work = reduce_by(ranks, ranks.channel, tensor, op, call)
    return work if async_op or not work.wait() else None


def broadcast(tensor: Tensor, src: int, group: None = None, async_op: bool = False) -> Work | None:
    """tensor = tensor of rank ``src``, on all ranks. Raises ValueError if there is no such rank."""
    ranks = current("broadcast", group)
    if not 0 <= src < ranks.channel.size:
        raise ValueError(f"broadcast: there are ranks 0 to {ranks.channel.size - 1}; got src={src!r}.")
    call = _told(ranks, f"broadcast from rank {src}", tensor)
    if ranks.nccl is not None and tensor.is_cuda:
        sent = ranks.nccl.broadcast(tensor._data, src)
        work = _work("broadcast", ranks, ranks.channel, sent, lambda: _by_card(tensor, sent), call)
    else:
        start = lambda array: ranks.channel.broadcast(_bytes(array), src)  # noqa: E731
        work = _by_host("broadcast", ranks, ranks.channel, tensor, start, call=call)
    return work if async_op or not work.wait() else None


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: None = None, async_op: bool = False
) -> Work | None:
    """output = the inputs of all ranks, one after the other along the first axis, on all ranks.

    Shapes: input (n, ...), output (ranks * n, ...) or (ranks, n, ...). Raises ShapeError for another one.
    """
    ranks = current("all_gather_into_tensor", group)
    size, shape = ranks.channel.size, tuple(input_tensor.shape)
    joined = (size * shape[0], *shape[1:]) if shape else (size,)
    if (
        tuple(output_tensor.shape) not in (joined, (size, *shape))
        or output_tensor.dtype != input_tensor.dtype
    ):
        raise ShapeError(
            f"all_gather_into_tensor: {size} inputs of shape {shape} and dtype {input_tensor.dtype} need an "
            f"output of shape {joined}; got {tuple(output_tensor.shape)} and {output_tensor.dtype}."
        )
    given = np.ascontiguousarray(input_tensor.detach().cpu().numpy())
    start = lambda into: ranks.channel.all_gather(_bytes(into), _bytes(given))  # noqa: E731
    call = _told(ranks, "all_gather_into_tensor", input_tensor)
    work = _by_host("all_gather_into_tensor", ranks, ranks.channel, output_tensor, start, call=call)
    return work if async_op or not work.wait() else None


def barrier(group: None = None, async_op: bool = False) -> Work | None:
    """Wait until every rank has come here."""
    ranks = current("barrier", group)
    call = Agreement(ranks.channel, "barrier")
    work = _work("barrier", ranks, ranks.channel, ranks.channel.barrier(), call=call)
    return work if async_op or not work.wait() else None


def reduce_by(
    ranks: Group, channel: Channel, tensor: Tensor, op: ReduceOp, call: Agreement | None = None
) -> Work:
    """Start an all_reduce over a channel of its own."""
    name = "sum" if op is ReduceOp.AVG else op.value
    by = channel.size if op is ReduceOp.AVG else 1
    if ranks.nccl is not None and tensor.is_cuda:
        sent = ranks.nccl.all_reduce(tensor._data, name)
        return _work("all_reduce", ranks, channel, sent, lambda: _by_card(tensor, sent, by), call)
    wide = np.float32 if tensor.dtype.char == "e" else tensor.dtype  # MPI knows no float16
    start = lambda array: channel.all_reduce(array.reshape(-1), name)  # noqa: E731
    return _by_host("all_reduce", ranks, channel, tensor, start, wide, by, call)


def _check(op: object, tensor: Tensor) -> None:
    if not isinstance(op, ReduceOp):
        known = ", ".join(map(str, ReduceOp))
        raise TypeError(f"all_reduce: op must be one of {known}; got {op!r}.")
    _check_tensor("all_reduce", tensor)
    kind = tensor.dtype.kind
    if kind == "b" or (kind != "f" and op is ReduceOp.AVG):
        raise DtypeError(
            f"all_reduce: {op} of {tensor.dtype} is not defined; convert with .to(mg.uint8) or .float()."
        )


def _check_tensor(name: str, tensor: object) -> None:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: expected a Tensor, got a {type(tensor).__name__}.")


def _told(ranks: Group, what: str, tensor: Tensor) -> Agreement:
    """Tell the others what is called, and of which tensor."""
    _check_tensor(what.split(",")[0], tensor)
    return Agreement(ranks.channel, f"{what}, of {tensor.dtype} {tuple(tensor.shape)}")


def _work(
    what: str,
    ranks: Group,
    channel: Channel,
    request: Request,
    finish: Callable[[], object] | None = None,
    call: Agreement | None = None,
) -> Work:
    return Work(what, request, channel, ranks.timeout, finish, ranks.fail, call)


def _by_host(
    what: str,
    ranks: Group,
    channel: Channel,
    tensor: Tensor,
    start: Callable[[Array], Request],
    dtype: Any = None,
    by: int = 1,
    call: Agreement | None = None,
) -> Work:
    """Start an operation on the tensor's own memory or, where MPI cannot write there, on a copy. The result
    is divided ``by`` this.
    """
    array = tensor._data
    own = tensor.device.type == "cpu" and array.flags.c_contiguous and array.flags.writeable
    buffer = array if own else np.ascontiguousarray(tensor.detach().cpu().numpy())
    buffer = buffer if dtype is None else buffer.astype(dtype, copy=False)

    def finish() -> None:
        if by != 1:
            np.divide(buffer, by, out=buffer)
        if buffer is array:
            mark(array)
        else:
            with no_grad():
                tensor.detach().copy_(Tensor(buffer))

    return _work(what, ranks, channel, start(buffer), finish, call)


def _bytes(array: Array) -> Array:
    """The same memory as bytes: what is only carried may be of any dtype."""
    return array.reshape(-1).view(np.uint8)


def _by_card(tensor: Tensor, sent: Any, by: int = 1) -> None:
    """What is computed next on the card comes after what NCCL does there."""
    sent.join()
    if by != 1:
        tensor._data /= by
    mark(tensor._data)
