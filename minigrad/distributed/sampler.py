"""Which samples are whose."""

import math
from collections.abc import Iterator, Sized

from minigrad.data import Sampler
from minigrad.distributed.group import get_rank, get_world_size
from minigrad.random import Generator


class DistributedSampler(Sampler[int]):
    """A rank's share of the indices: every so-many-th one of an order that all ranks draw alike.

    Rank r of R takes places r, r + R, r + 2 R, ... So the batches of all ranks taken together are those that
    one process would have with batches R times as large, whatever R is. Call ``set_epoch`` before each epoch,
    else all have the same order; `InStep` does.

    Args:
        dataset: something with a length.
        num_replicas, rank: R and r; those of the process group by default.
        shuffle: whether the order is random.
        seed: chooses the orders, together with the epoch; the same on all ranks.
        drop_last: if the ranks do not divide the samples, leave the last ones out; by default the first ones
            come twice.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        self.num_replicas = get_world_size() if num_replicas is None else num_replicas
        self.rank = get_rank() if rank is None else rank
        if not 0 <= self.rank < self.num_replicas:
            raise ValueError(
                f"DistributedSampler: {self.num_replicas} ranks are 0 to {self.num_replicas - 1}, got rank="
                f"{self.rank}."
            )
        self.dataset, self.shuffle, self.seed, self.drop_last = dataset, shuffle, seed, drop_last
        self.epoch = 0
        n = len(dataset)
        self.num_samples = n // self.num_replicas if drop_last else math.ceil(n / self.num_replicas)
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        order = list(range(n))
        if self.shuffle:
            order = Generator().manual_seed(self.seed + self.epoch).rng.permutation(n).tolist()
        if n:
            order = (order * math.ceil(self.total_size / n))[: self.total_size]
        return iter(order[self.rank :: self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Have the next iteration go through the order of this epoch."""
        self.epoch = epoch
