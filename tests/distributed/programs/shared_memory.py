"""Gradients by shared memory and by messages, by ranks of which now this one, now that one is late; each
asserts, and says "right" at the end.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

import numpy as np

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn
from minigrad.distributed import group, shared_memory
from minigrad.distributed.buckets import Bucket, SharedBucket

FOLDER = Path("/dev/shm")

dist.init_process_group()
rank, size = dist.get_rank(), dist.get_world_size()
everyone = range(size)
late = np.random.default_rng(rank)  # another one on each rank


def files():
    """The files that this rank has made and left."""
    return list(FOLDER.glob(f"minigrad-{os.getpid()}-*"))


class Product(nn.Module):
    """w * x, whose gradient by w is the sum of x; an exception comes where x is negative."""

    def __init__(self, dtype):
        super().__init__()
        self.w = nn.Parameter(mg.ones(5, dtype=dtype))
        self.v = nn.Parameter(mg.ones(2, 3, dtype=dtype))

    def forward(self, x):
        y = self.v * x[5:].reshape(2, 3)
        if (x < 0).any():
            y.register_hook(lambda g: 1 / 0)
        return (self.w * x[:5]).sum() + y.sum()


def inputs(number, of, dtype):
    """What a rank puts in, in a pass: all others know it, too."""
    return mg.from_numpy(np.random.default_rng([number, of]).random(11)).to(dtype)


def at_leisure(read):
    """Some reads of the others' gradients begin when these may be in the next pass."""

    def read_late(self, number, out):
        time.sleep(late.choice([0, 0, 0.004]))
        read(self, number, out)

    return read_late


SharedBucket.mean = at_leisure(SharedBucket.mean)


def passes(dtype, kind, parts=1):
    """Twenty passes, some of which are cut off on one rank before anything is known, and begin anew."""
    cap = 25 if parts == 1 else 1e-6
    network, seen = dist.DistributedDataParallel(Product(dtype), bucket_cap_mb=cap), []
    assert [type(bucket) for bucket in network._reducer.buckets] == [kind] * parts
    for number in range(20):
        network.zero_grad(set_to_none=number % 2 == 0)
        if parts == 1 and number % 5 == rank:
            with contextlib.suppress(ZeroDivisionError):
                network(-inputs(number, rank, dtype)).backward()
            network.zero_grad()
        network(inputs(number, rank, dtype)).backward()
        right = sum(inputs(number, of, mg.float64) for of in everyone) / size
        grads = mg.cat([network.module.w.grad, network.module.v.grad.flatten()]).double()
        tolerance = {"e": 1e-3, "f": 1e-6, "d": 1e-15}[dtype.char]
        np.testing.assert_allclose(grads.numpy(), right.numpy(), rtol=tolerance, atol=0)
        seen.append(grads)
    everyones = mg.zeros(size, 20, 11, dtype=mg.float64)
    dist.all_gather_into_tensor(everyones, mg.stack(seen))
    assert (everyones == everyones[0]).all(), "the ranks differ"


passes(mg.float64, SharedBucket)
passes(mg.float64, SharedBucket, parts=2)
passes(mg.float32, SharedBucket)
passes(mg.float16, Bucket)

# Of parameters of which one rank alone has a gradient, from a pass that was not averaged.
network = dist.DistributedDataParallel(Product(mg.float64), find_unused_parameters=True)
with network.no_sync():
    (network(mg.ones(11, dtype=mg.float64)) * (rank == 0)).backward()
    if rank:
        network.zero_grad()
(network.module.w * 3).sum().backward()
np.testing.assert_allclose(network.module.w.grad.numpy(), 3 + 1 / size, rtol=1e-15)
np.testing.assert_allclose(network.module.v.grad.numpy(), 1 / size, rtol=1e-15)

# Ranks that would send other buckets than the others.
for options in ({"bucket_cap_mb": 1e-6 if rank else 1}, {"find_unused_parameters": rank == 0}):
    try:
        dist.DistributedDataParallel(Product(mg.float64), **options)
    except RuntimeError as error:
        assert "other buckets" in str(error), error
    else:
        raise AssertionError(f"{options} went unnoticed")

all_ranks = group.current("test")
pieces = shared_memory.pieces(all_ranks, 64)
assert [piece.tolist() for piece in pieces] == [[0] * 64] * size
dist.barrier()
pieces[rank][:] = rank + 1
dist.barrier()
assert [piece.tolist() for piece in pieces] == [[r + 1] * 64 for r in everyone]
del pieces
for bad in range(size):
    assert shared_memory.pieces(all_ranks, 64, wanted=rank != bad) is None, "one does not want it"
for much in (2**60, 0):
    assert shared_memory.pieces(all_ranks, much) is None
assert files() == [], "something is left"

if rank == size - 1:  # as on another machine, or in another container
    shared_memory._FOLDER = FOLDER / "of another machine"
passes(mg.float64, Bucket)
if rank == 0:
    shared_memory._FOLDER = FOLDER / "none"
passes(mg.float64, Bucket)
assert files() == [], "something is left"
sys.stdout.write("right\n")
