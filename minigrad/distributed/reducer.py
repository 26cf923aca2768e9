"""Averaging gradients over the ranks, in flat buckets, while backward goes on.

When the last gradient of a bucket is known, its sum over the ranks is started, and backward goes on. The
buckets are started in one fixed order, the same on all ranks, as MPI demands; and sums come out the same each
time.
"""

import weakref
from collections.abc import Sequence
from functools import partial

from minigrad.creation import empty, tensor
from minigrad.distributed.agreement import Agreement
from minigrad.distributed.buckets import bucket_for, in_buckets
from minigrad.distributed.channel import Channel
from minigrad.distributed.collectives import ReduceOp, reduce_by
from minigrad.distributed.group import Group
from minigrad.distributed.work import Work
from minigrad.dtypes import int32
from minigrad.engine import hooks
from minigrad.engine.writes import mark
from minigrad.tensor import Tensor

_OWNER = "DistributedDataParallel"


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
        layout = in_buckets(self.parameters, sizes)
        self._check_alike(layout)
        self.buckets = [
            bucket_for(numbers, [self.parameters[i] for i in numbers], ranks, self._channel)
            for numbers in layout
        ]
        self._bucket_of = {number: bucket for bucket in self.buckets for number in bucket.numbers}
        self._started = 0
        self._running = False
        self._sums_of_a_cut_pass = False
        for number, p in enumerate(self.parameters):
            handle = p.register_post_accumulate_grad_hook(partial(_tell, weakref.ref(self), number))
            weakref.finalize(self, handle.remove).atexit = False

    def _check_alike(self, layout: list[list[int]]) -> None:
        """Raise, on all ranks, if they would not send the same: some would wait for what never comes."""
        channel = self._ranks.channel
        agreement = Agreement(channel, f"{layout}, {self._find_unused}")
        Work(_OWNER, agreement, channel, self._ranks.timeout, None, self._ranks.fail).wait()
        if not agreement.reached:
            raise RuntimeError(
                f"{_OWNER}: the ranks lay their gradients into other buckets. Give all of them the same "
                "bucket_cap_mb and find_unused_parameters, and have the same parts of the network on a card."
            )

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
                f"{_OWNER}: an earlier backward pass was cut off by an exception when some of "
                "its gradients were on their way to the other ranks, which may now take them for those of "
                "this pass. Let the exception end the program, and go on from a checkpoint."
            )
        self._running, self._started = True, 0
        for bucket in self.buckets:
            bucket.begin()
        hooks.call_at_end(self._finish, self._cut_off)

    def _fill(self, number: int) -> None:
        grad = self.parameters[number].grad
        self._bucket_of[number].put(number, None if grad is None else grad._data)

    def _start_full_ones(self) -> None:
        while self._started < len(self.buckets) and not self.buckets[self._started].missing:
            self.buckets[self._started].start()
            self._started += 1

    def _finish(self) -> None:
        """Backward is over: wait for the averages, and put them in the place of the gradients."""
        self._running = False
        unused = sorted(number for bucket in self.buckets for number in bucket.missing)
        if unused and not self._find_unused:
            names = ", ".join(self.names[number] for number in unused[:5]) + ", ..." * (len(unused) > 5)
            self._ranks.fail()
            raise RuntimeError(
                f"{_OWNER}: {len(unused)} parameters got no gradient in this backward pass "
                f"({names}), so the ranks cannot average it. Does the loss use all of the network? If parts "
                "are meant to be left out: find_unused_parameters=True, or requires_grad_(False) before "
                "the network is wrapped."
            )
        for number in unused:
            self._fill(number)
        self._start_full_ones()
        used = self._used_by_any() if self._find_unused else None
        written = []
        for bucket in self.buckets:
            if bucket.work is None:
                raise AssertionError("a bucket of gradients was never started")
            bucket.work.wait()
            for number in bucket.numbers:
                p = self.parameters[number]
                if p.grad is None and (used is None or used[number]):
                    p.grad = empty(*p.shape, dtype=p.dtype, device=p.device)
                if p.grad is not None:
                    bucket.mean(number, p.grad._data)
                    written.append(p.grad._data)
            bucket.end()
        if written:
            mark(*written)

    def _cut_off(self) -> None:
        """An exception has ended backward: the next pass begins anew, if nobody has heard of this one."""
        self._running = False
        if self._started:
            self._sums_of_a_cut_pass = True
            self._ranks.fail()

    def _used_by_any(self) -> list[int]:
        """For each parameter, how many ranks have a gradient of it, if only of an earlier pass."""
        mine = [int(p.grad is not None) for p in self.parameters]
        counts = tensor(mine, dtype=int32)
        reduce_by(self._ranks, self._channel, counts, ReduceOp.SUM).wait()
        numbers: list[int] = counts.tolist()
        return numbers
