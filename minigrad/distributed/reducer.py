"""Averaging gradients over the ranks, in flat buckets, while backward goes on.

A message costs about the same whether it is of one number or of a thousand. So gradients travel together: the
parameters are laid into buckets, the last ones first, for their gradients are known first. When the last
gradient of a bucket is known, its sum over the ranks is started, and backward goes on meanwhile. The buckets
are started in one fixed order, the same on all ranks, as MPI demands; and sums come out the same each time.
"""

import weakref
from collections.abc import Sequence
from functools import partial

import numpy as np

from minigrad.creation import tensor, zeros
from minigrad.distributed.channel import Channel
from minigrad.distributed.collectives import ReduceOp, reduce_by
from minigrad.distributed.group import Group
from minigrad.distributed.work import Work
from minigrad.dtypes import int32
from minigrad.engine import hooks
from minigrad.engine.writes import mark
from minigrad.tensor import Tensor


class Bucket:
    """Some parameters, and room for their gradients in one piece of memory: the parts are arrays into it."""

    def __init__(self, numbers: Sequence[int], parameters: Sequence[Tensor]) -> None:
        self.numbers = tuple(numbers)
        sizes = [p.numel() for p in parameters]
        ends = np.cumsum(sizes).tolist()
        first = parameters[0]
        self.flat = zeros(sum(sizes), dtype=first.dtype, device=first.device)
        self.parts = {
            number: self.flat._data[end - size : end].reshape(p.shape)
            for number, p, size, end in zip(numbers, parameters, sizes, ends, strict=True)
        }
        self.missing = set(numbers)
        self.work: Work | None = None


def in_buckets(parameters: Sequence[Tensor], sizes: Sequence[float]) -> list[list[int]]:
    """The numbers of the parameters in buckets, the last parameter first; each of one dtype and device.

    The first bucket holds up to ``sizes[0]`` bytes, the next one ``sizes[1]``, the others the last size.
    What is larger than that is alone.
    """
    buckets: list[list[int]] = []
    filled, kind = 0.0, None
    for number in reversed(range(len(parameters))):
        p = parameters[number]
        limit = sizes[min(len(buckets), len(sizes)) - 1]
        if not buckets or kind != (p.dtype, p.device) or filled + p.nbytes > limit:
            buckets.append([])
            filled, kind = 0.0, (p.dtype, p.device)
        buckets[-1].append(number)
        filled += p.nbytes
    return buckets


def _tell(who: "weakref.ref[Reducer]", number: int, _: Tensor) -> None:
    """Tell a reducer, unless it is gone, that a parameter's gradient is complete."""
    reducer = who()
    if reducer is not None:
        reducer.ready(number)


class Reducer:
    """Averages the gradients of ``parameters`` over all ranks in each backward pass.

    Args:
        names, parameters: in the same order on all ranks.
        ranks: the group.
        sizes: of the buckets, in bytes; see `in_buckets`.
        find_unused: whether a parameter may get no gradient; else that is an error.
    """

    def __init__(
        self,
        names: Sequence[str],
        parameters: Sequence[Tensor],
        ranks: Group,
        sizes: Sequence[float],
        find_unused: bool,
    ) -> None:
        self.names, self.parameters = list(names), list(parameters)
        self.enabled = True
        self._ranks, self._find_unused = ranks, find_unused
        # Of its own: what runs in a forward pass, and in a rule, is not in step with the buckets.
        self._channel: Channel = ranks.channel.another()
        weakref.finalize(self, self._channel.free).atexit = False
        self.buckets = [
            Bucket(numbers, [self.parameters[i] for i in numbers])
            for numbers in in_buckets(self.parameters, sizes)
        ]
        self._bucket_of = {number: bucket for bucket in self.buckets for number in bucket.numbers}
        self._started = 0
        self._running = False
        self._sums_of_a_cut_pass = False
        for number, p in enumerate(self.parameters):
            handle = p.register_post_accumulate_grad_hook(partial(_tell, weakref.ref(self), number))
            weakref.finalize(self, handle.remove).atexit = False

    def ready(self, number: int) -> None:
        """The gradient of this parameter is complete."""
        if not self.enabled:
            return
        if not self._running:
            self._begin()
        self._fill(number)
        for bucket in self.buckets[: self._started]:
            if bucket.work is not None:
                bucket.work.is_completed()  # MPI works on it while it is asked
        self._start_full_ones()

    def _begin(self) -> None:
        if self._sums_of_a_cut_pass:
            raise RuntimeError(
                "DistributedDataParallel: an earlier backward pass was cut off by an exception when some of "
                "its gradients were on their way to the other ranks, which may now take them for those of "
                "this pass. Let the exception end the program, and go on from a checkpoint."
            )
        self._running, self._started = True, 0
        for bucket in self.buckets:
            bucket.missing, bucket.work = set(bucket.numbers), None
        hooks.call_at_end(self._finish, self._cut_off)

    def _fill(self, number: int) -> None:
        bucket, grad = self._bucket_of[number], self.parameters[number].grad
        if grad is None:
            bucket.parts[number][...] = 0
        else:  # divided on the way, so that the sum over the ranks is their mean
            np.divide(grad._data, self._ranks.channel.size, out=bucket.parts[number])
        bucket.missing.discard(number)

    def _start_full_ones(self) -> None:
        while self._started < len(self.buckets) and not self.buckets[self._started].missing:
            bucket = self.buckets[self._started]
            bucket.work = reduce_by(self._ranks, self._channel, bucket.flat, ReduceOp.SUM)
            self._started += 1

    def _finish(self) -> None:
        """Backward is over: wait for the averages, and put them in the place of the gradients."""
        self._running = False
        unused = sorted(number for bucket in self.buckets for number in bucket.missing)
        if unused and not self._find_unused:
            names = ", ".join(self.names[number] for number in unused[:5]) + ", ..." * (len(unused) > 5)
            self._ranks.fail()
            raise RuntimeError(
                f"DistributedDataParallel: {len(unused)} parameters got no gradient in this backward pass "
                f"({names}), so the ranks cannot average it. Does the loss use all of the network? If parts "
                "are meant to be left out: find_unused_parameters=True, or requires_grad_(False) before "
                "the network is wrapped."
            )
        for number in unused:
            self._fill(number)
        self._start_full_ones()
        used = self._used_by_any(unused) if self._find_unused else None
        written = []
        for bucket in self.buckets:
            if bucket.work is None:
                raise AssertionError("a bucket of gradients was never started")
            bucket.work.wait()
            for number, average in bucket.parts.items():
                p = self.parameters[number]
                if p.grad is not None:
                    p.grad._data[...] = average
                    written.append(p.grad._data)
                elif used is None or used[number]:
                    p.grad = Tensor(average.copy())
        if written:
            mark(*written)

    def _cut_off(self) -> None:
        """An exception has ended backward: the next pass begins anew, if nobody has heard of this one."""
        self._running = False
        if self._started:
            self._sums_of_a_cut_pass = True
            self._ranks.fail()

    def _used_by_any(self, unused: Sequence[int]) -> list[int]:
        """For each parameter, how many ranks have a gradient of it."""
        mine = [int(number not in unused) for number in range(len(self.parameters))]
        counts = tensor(mine, dtype=int32)
        reduce_by(self._ranks, self._channel, counts, ReduceOp.SUM).wait()
        numbers: list[int] = counts.tolist()
        return numbers
