"""Every collective, on every rank; each asserts, and says "right" at the end."""

import gc
import math
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn
from minigrad.distributed.buckets import in_buckets

dist.init_process_group()
rank, size = dist.get_rank(), dist.get_world_size()
everyone = range(size)

for dtype in (mg.float32, mg.float64, mg.float16, mg.int64, mg.uint8):
    for shape in ((), (3,), (2, 0), (2, 3)):
        x = mg.full(shape, rank + 1, dtype=dtype)
        assert dist.all_reduce(x) is None
        assert x.dtype == dtype and x.shape == shape and (x == sum(r + 1 for r in everyone)).all()
for op, right in (
    ("MIN", 1),
    ("MAX", size),
    ("PRODUCT", math.factorial(size)),
    ("AVG", (size + 1) / 2),
):
    x = mg.full((5,), rank + 1.0)
    dist.all_reduce(x, dist.ReduceOp[op])
    assert (x == float(right)).all(), op

whole = mg.zeros(4, 6)
part = whole.T[1:3]  # a view that is not contiguous
part += rank
dist.all_reduce(part)
assert whole.sum().item() == 8 * sum(everyone) and (whole[:, 1:3] == sum(everyone)).all()

work = dist.all_reduce(x := mg.ones(3), async_op=True)
assert work.wait() and work.is_completed() and (x == size).all()

for dtype in (mg.float16, mg.bool, mg.int32):
    x = mg.tensor([rank % 2, 1, 0]).to(dtype)
    dist.broadcast(x, src=1)
    assert x.dtype == dtype and x.tolist() == [1, 1, 0]
    gathered = mg.zeros(size, 2, dtype=dtype)
    dist.all_gather_into_tensor(gathered, mg.tensor([rank, 1]).to(dtype))
    assert gathered.tolist() == mg.tensor([[r, 1] for r in everyone]).to(dtype).tolist()
flat = mg.zeros(2 * size)
dist.all_gather_into_tensor(flat, mg.full((2,), float(rank)))
assert flat.tolist() == [float(r) for r in everyone for _ in range(2)]
dist.barrier()

y = mg.ones(3, requires_grad=True)
loss = (y * (z := mg.ones(3))).sum()
dist.all_reduce(z)  # is seen as a write
with pytest.raises(RuntimeError, match="overwritten in place"):
    loss.backward()

with pytest.raises(ValueError, match=rf"ranks 0 to {size - 1}; got src={size}"):
    dist.broadcast(mg.ones(1), src=size)
with pytest.raises(mg.errors.DtypeError, match="bool"):
    dist.all_reduce(mg.ones(2).bool())
with pytest.raises(mg.errors.DtypeError, match=r"ReduceOp\.AVG of int64"):
    dist.all_reduce(mg.tensor([1, 2]), dist.ReduceOp.AVG)
dist.all_reduce(x := mg.ones(3))  # what was refused was told to nobody
assert (x == size).all()
with pytest.raises(mg.ShapeError, match=rf"output of shape \({2 * size},\)"):
    dist.all_gather_into_tensor(mg.zeros(3 * size), mg.zeros(2))

# A network that is another one on another rank is refused by all, and one without parameters.
with pytest.raises(RuntimeError, match="other names, shapes or dtypes"):
    dist.DistributedDataParallel(nn.Linear(2, 2 + rank % 2))
with pytest.raises(RuntimeError, match="no parameter"):
    dist.DistributedDataParallel(nn.ReLU())


# A part of the network that some ranks leave out counts as 0 there; what all leave out keeps its grad.
class Chooses(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([nn.Linear(2, 1, bias=False) for _ in range(3)])

    def forward(self, x, *which):
        return sum(self.parts[i](x).sum() for i in which)


network = dist.DistributedDataParallel(Chooses(), find_unused_parameters=True, bucket_cap_mb=1e-6)
network(mg.ones(1, 2), *([0, 1] if rank == 0 else [0])).backward()
grads = [part.weight.grad for part in network.module.parts]
assert grads[0].tolist() == [[1.0, 1.0]] and grads[2] is None
assert grads[1].tolist() == mg.full((1, 2), 1 / size).tolist()

# Batches in several parts: averaged once, with what was left before.
network.zero_grad()
with network.no_sync():
    network(mg.full((1, 2), float(rank)), 0, 1, 2).backward()
    assert network.module.parts[0].weight.grad.tolist() == [[rank, rank]]
network(mg.full((1, 2), 1.0), 0, 1, 2).backward()
assert network.module.parts[0].weight.grad.tolist() == [[1 + np.mean(everyone)] * 2]

# A network that is gone takes its hooks along.
weight = network.module.parts[0].weight
del network
gc.collect()
weight.grad = None
(weight * (rank + 1)).sum().backward()
assert weight.grad.tolist() == [[rank + 1, rank + 1]]

tensors = [mg.zeros(n) for n in (10, 2, 3, 100, 1)]
assert in_buckets(tensors, [8.0, 24.0]) == [[4], [3], [2, 1], [0]]

dist.destroy_process_group()
assert not dist.is_initialized()
sys.stdout.write("right\n")
