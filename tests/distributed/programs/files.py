"""Two ranks train with those callbacks of `train` that write files, each into a folder of its own, so that
it is seen which of them wrote. Then both go on from what rank 0 has written; and then each is alone.
Arguments: the folder.
"""

import sys
from pathlib import Path

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset

dist.init_process_group()
folder = Path(sys.argv[1])
own = folder / str(dist.get_rank())
own.mkdir()

data = TensorDataset(mg.arange(32).float().reshape(16, 2) / 32, mg.arange(16) % 4)
loader = DataLoader(data, 4, sampler=dist.DistributedSampler(data))


def fit(model, epochs, callbacks, resume=False):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss()
    return train.fit(
        model, loader, loss, optimizer, epochs, callbacks=callbacks, progress=False, resume=resume
    )


class Images(nn.Module):
    """A network whose images need all ranks, as those of one with SyncBatchNorm may."""

    def forward(self, x):
        dist.all_reduce(x := x.clone())
        return x.reshape(-1, 1, 2, 2)


def fit_together(epochs, path, resume):
    model = dist.DistributedDataParallel(nn.Linear(2, 4))
    callbacks = [
        dist.InStep(loader),
        train.SampleSheets(own / "sheets", Images(), mg.zeros(8, 4)),
        train.BestCheckpoint(path.with_name("best.safetensors"), "loss"),
        train.Checkpoint(path, every_batches=1, keep=2),
    ]
    return fit(model, epochs, callbacks, resume)


fit_together(2, own / "run.safetensors", resume=False)
dist.barrier()
history = fit_together(3, folder / "0" / "run.safetensors", resume=True)
losses = mg.tensor(history["loss"])
everyones = mg.zeros(2, len(losses))
dist.all_gather_into_tensor(everyones, losses)
assert len(losses) == 3 and (everyones == losses).all(), everyones
dist.destroy_process_group()
fit(nn.Linear(2, 4), 1, [train.Checkpoint(own / "alone.safetensors")])
