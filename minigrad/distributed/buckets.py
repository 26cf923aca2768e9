"""Buckets: gradients that travel together.

A message costs about the same whether it is of one number or of a thousand. So parameters are laid into
buckets, the last ones first, for their gradients are known first. Ranks of one machine have their buckets in
shared memory, and send no more than the word that one is full.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from minigrad.creation import zeros
from minigrad.distributed.channel import Array, Channel
from minigrad.distributed.collectives import ReduceOp, reduce_by
from minigrad.distributed.group import Group
from minigrad.distributed.shared_memory import pieces
from minigrad.distributed.work import Work
from minigrad.dtypes import float32, float64
from minigrad.tensor import Tensor

_MOST = 8
"""Ranks that share memory, at most. Each reads what all have put in; of messages log2(ranks) are enough."""

_LINE = 64
"""Bytes that a processor has as one: what two ranks write should not be in the same ones."""


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


class Bucket:
    """Room for the gradients of some parameters, in one piece of memory, and their sum over the ranks.

    Attributes:
        numbers: which parameters these are.
        missing: of which the gradient is not known yet.
        work: the sum, once it is started.

    Args:
        shapes: of those parameters.
        flat: an array of one axis, as long as all of them or longer.
        ranks, channel: over which the sum is, and by which way.
    """

    def __init__(
        self,
        numbers: Sequence[int],
        shapes: Sequence[tuple[int, ...]],
        flat: Array,
        ranks: Group,
        channel: Channel,
    ) -> None:
        self.numbers, self._shapes = tuple(numbers), tuple(shapes)
        self._flat, self._ranks, self._channel = flat, ranks, channel
        self._mine = self._parts(flat)
        self.begin()

    def begin(self) -> None:
        """A backward pass begins: no gradient is known."""
        self.missing = set(self.numbers)
        self.work: Work | None = None

    def put(self, number: int, grad: Array | None) -> None:
        """This rank's gradient, None for zeros; divided, so that the sum over the ranks is their mean."""
        if grad is None:
            self._mine[number][...] = 0
        else:
            np.divide(grad, self._channel.size, out=self._mine[number])
        self.missing.discard(number)

    def start(self) -> None:
        """Nothing is missing: start the sum."""
        self.work = reduce_by(self._ranks, self._channel, Tensor(self._flat), ReduceOp.SUM)

    def mean(self, number: int, out: Array) -> None:
        """When ``work`` is done: write the mean gradient of a parameter."""
        out[...] = self._mine[number]

    def end(self) -> None:
        """All means are written."""

    def _parts(self, flat: Array) -> dict[int, Array]:
        """Where in a flat array each parameter has its place."""
        ends = np.cumsum([0, *map(math.prod, self._shapes)]).tolist()
        return {
            number: flat[begin:end].reshape(shape)
            for number, shape, (begin, end) in zip(self.numbers, self._shapes, pairwise(ends), strict=True)
        }


class SharedBucket(Bucket):
    """A bucket of which each rank reads what the others have put in: the sum is made where it is needed, in
    the order of the ranks, so that all get the same bits.

    There is room for two passes, which have it in turn. Who puts a gradient in has seen that all ranks had
    put in theirs of the pass before; these had read the one before that, which had the same room. That what
    was written before a message can be read after it, also in memory, is MPI's doing.

    Args:
        flats: for each rank two arrays of one axis.
    """

    def __init__(
        self,
        numbers: Sequence[int],
        shapes: Sequence[tuple[int, ...]],
        flats: Sequence[Sequence[Array]],
        ranks: Group,
        channel: Channel,
    ) -> None:
        super().__init__(numbers, shapes, flats[ranks.channel.rank][0], ranks, channel)
        self._turns = [[self._parts(flat) for flat in turn] for turn in zip(*flats, strict=True)]
        self._turn = 0

    def start(self) -> None:
        """Tell the others that nothing is missing here."""
        request = self._channel.barrier()
        self.work = Work(
            "averaging gradients", request, self._channel, self._ranks.timeout, None, self._ranks.fail
        )

    def mean(self, number: int, out: Array) -> None:
        """When ``work`` is done: write the mean gradient of a parameter."""
        first, second, *others = (parts[number] for parts in self._turns[self._turn])
        np.add(first, second, out=out)
        for part in others:
            np.add(out, part, out=out)

    def end(self) -> None:
        """All means are written: the next pass is the other room's. (One that is cut off keeps its own.)"""
        self._turn = 1 - self._turn
        self._mine = self._turns[self._turn][self._ranks.channel.rank]


def bucket_for(
    numbers: Sequence[int], parameters: Sequence[Tensor], ranks: Group, channel: Channel
) -> Bucket:
    """The best bucket that there is for these. All ranks call it, for the same ones."""
    shapes, first = [tuple(p.shape) for p in parameters], parameters[0]
    length = sum(p.numel() for p in parameters)
    room = math.ceil(length * first.dtype.itemsize / _LINE) * _LINE
    can = first.device.type == "cpu" and first.dtype in (float32, float64) and 1 < ranks.channel.size <= _MOST
    shared = pieces(ranks, 2 * room, can)
    if shared is None:
        flat = zeros(length, dtype=first.dtype, device=first.device)
        return Bucket(numbers, shapes, flat._data, ranks, channel)
    flats = [np.split(piece.view(first.dtype), 2) for piece in shared]
    return SharedBucket(numbers, shapes, flats, ranks, channel)
