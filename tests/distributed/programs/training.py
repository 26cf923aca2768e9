"""Trains a small network with batch norm in float64, from the beginning or from a checkpoint; rank 0 writes
what came of it. Arguments: the folder, and what to do, one thing or several.
"""

import sys
from pathlib import Path

import numpy as np

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset

folder, tasks = Path(sys.argv[1]), sys.argv[2:]
dist.init_process_group()
rank, size = dist.get_rank(), dist.get_world_size()
WHOLE = 16

random = np.random.default_rng(0)
x, y = random.normal(size=(48, 2, 6, 6)), random.integers(3, size=48)
data = TensorDataset(mg.from_numpy(x), mg.from_numpy(y))


def make():
    """The same network for all; of its own weights on each rank, until they are told."""
    mg.manual_seed(rank)
    layers = [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 8)]
    layers += [nn.BatchNorm1d(8, affine=False), nn.Linear(8, 3)]
    return dist.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(*layers).double())


def gradients():
    """The gradients of one batch, by input and parameters, and the running statistics."""
    model = dist.DistributedDataParallel(make(), bucket_cap_mb=0.0005)
    share = slice(rank * WHOLE // size, (rank + 1) * WHOLE // size)
    part = mg.tensor(x[share], requires_grad=True)
    nn.functional.cross_entropy(model(part), mg.from_numpy(y[share])).backward()
    all_inputs = mg.zeros(WHOLE, 2, 6, 6, dtype=mg.float64)
    dist.all_gather_into_tensor(all_inputs, part.grad / size)
    named = {name: p.grad for name, p in model.named_parameters()}
    return {"input": all_inputs} | named | dict(model.named_buffers())


def training(epochs, resume):
    """The history and the weights of a training."""
    model = dist.DistributedDataParallel(make())
    sampler = dist.DistributedSampler(data, seed=5)
    loader = DataLoader(data, WHOLE // size, sampler=sampler)
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    history = train.fit(
        model,
        loader,
        nn.CrossEntropyLoss(),
        optimizer,
        epochs,
        validation=DataLoader(data, 48),
        metrics=[train.accuracy],
        callbacks=[dist.InStep(loader), dist.Checkpoint(folder / "run.safetensors")],
        progress=False,
        resume=resume,
    )
    named = {f"history.{key}": mg.tensor(history[key]) for key in ("loss", "accuracy", "val_loss")}
    return named | dict(model.state_dict())


TASKS = {
    "gradients": gradients,
    "begin": lambda: training(2, resume=False),
    "go on": lambda: training(4, resume=True),
    "whole": lambda: training(4, resume=False),
}
for task in tasks:
    result = TASKS[task]()
    if rank == 0:
        mg.save(result, folder / f"{task}.{size}.safetensors")
    mine = mg.cat([value.flatten().double() for value in result.values()])
    everyones = mg.zeros(size, len(mine), dtype=mg.float64)
    dist.all_gather_into_tensor(everyones, mine)
    assert (everyones == mine).all(), "the ranks differ"
