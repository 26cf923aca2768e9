"""Ctrl-C comes to one rank alone, in each training at another moment; where does it end?"""

import signal
import sys

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset


class Press(train.Callback):
    """Presses on rank 1 in the second epoch: in its second batch, or at its end."""

    def __init__(self, moment: str) -> None:
        self.moment = moment

    def on_batch_begin(self, run: train.Run) -> None:
        self.press("batch begins", run, 2)

    def on_batch_end(self, run: train.Run) -> None:
        self.press("batch ends", run, 2)

    def on_epoch_end(self, run: train.Run) -> None:
        self.press("epoch ends", run, 4)

    def press(self, now: str, run: train.Run, batch: int) -> None:
        if (now, run.epoch, run.batch, dist.get_rank()) == (self.moment, 2, batch, 1):
            signal.raise_signal(signal.SIGINT)


dist.init_process_group()
data = TensorDataset(mg.ones(16, 2), mg.zeros(16).long())
loader = DataLoader(data, 2, sampler=dist.DistributedSampler(data))
for moment in ("batch begins", "batch ends", "epoch ends"):
    model = dist.DistributedDataParallel(nn.Linear(2, 2))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    callbacks = [dist.InStep(loader), Press(moment)]
    history = train.fit(
        model, loader, nn.CrossEntropyLoss(), optimizer, 4, callbacks=callbacks, progress=False
    )
    dist.barrier()
    if dist.get_rank() == 1:
        sys.stdout.write(f"{moment}: {history.ended} after {len(history)}\n")
