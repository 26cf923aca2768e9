"""`train.fit` on several ranks: one order, one history, one file."""

from typing import Any

import numpy as np

from minigrad import random
from minigrad.callsite import warn
from minigrad.creation import tensor
from minigrad.distributed.collectives import ReduceOp, all_reduce, barrier, broadcast
from minigrad.distributed.data_parallel import DistributedDataParallel
from minigrad.distributed.group import get_rank, get_world_size
from minigrad.distributed.work import Work
from minigrad.dtypes import float64, int64
from minigrad.train import Callback, Run
from minigrad.train import Checkpoint as OfOne
from minigrad.train.interrupt import Interrupt


class _OfAll(Interrupt):
    """True once Ctrl-C was pressed on any rank. It becomes so in ``agree`` alone, on all ranks at once: the
    signal itself comes to each at another moment, and who left a batch earlier would be waited for in vain.
    """

    def __init__(self, own: Interrupt) -> None:
        super().__init__()
        self._own = own
        self._work: Work | None = None

    def ask(self) -> None:
        """Tell the others what this rank knows, and wait for nobody."""
        self._any = tensor(int(self._own.pressed), dtype=int64)
        self._work = all_reduce(self._any, ReduceOp.MAX, async_op=True)

    def agree(self) -> None:
        """Be what any rank knew when it asked."""
        if self._work is not None:
            self._work.wait()
            self.pressed = bool(self._any.item())
            self._work = None


class InStep(Callback):
    """Keeps the ranks of a training in step. Put it before the other callbacks.

    Before each epoch it tells the loader's `DistributedSampler` which one it is, and seeds minigrad's default
    generator for the epoch and the rank: so dropout differs from rank to rank and comes again after a
    resumption. At the end of each epoch it makes the scores those of all samples, not of the rank's, and the
    buffers rank 0's, so that validation and every decision on it come out alike. Ctrl-C on any rank ends
    training on all after the same batch.

    Args:
        loader: the training's ``DataLoader``.
        seed: chooses the random numbers, together with epoch and rank.

    Warns if the network is not a `DistributedDataParallel`, nor has one in it, and if the loader has no
    `DistributedSampler`.

    Raises ValueError, on all ranks, if they do not begin at the same place of the training, or with equally
    many batches.
    """

    def __init__(self, loader: Any, seed: int = 0) -> None:
        self.sampler: Any = getattr(loader, "sampler", None)
        self.seed = seed

    def on_fit_begin(self, run: Run) -> None:
        if run.batches is None:
            raise ValueError("InStep: the data must know how many batches an epoch has: use a DataLoader.")
        here = tensor([run.epoch, run.batch, run.batches], dtype=int64)
        highest, lowest = here.clone(), here.clone()
        all_reduce(highest, ReduceOp.MAX)
        all_reduce(lowest, ReduceOp.MIN)
        if highest.tolist() != lowest.tolist():
            raise ValueError(
                f"InStep: rank {get_rank()} begins after epoch {run.epoch}, batch {run.batch} of "
                f"{run.batches}; of all ranks the first is at {lowest.tolist()}, the last at "
                f"{highest.tolist()}. Give each the same data and batch size, and a checkpoint in a folder "
                "that all machines see."
            )
        if get_world_size() > 1:
            self._warn_of_what_is_missing(run)
        self._set_epoch(run)
        self._interrupt = run.interrupt = _OfAll(run.interrupt)

    def on_batch_begin(self, run: Run) -> None:
        self._interrupt.ask()

    def on_epoch_end(self, run: Run) -> None:
        self._interrupt.ask()
        self._interrupt.agree()

    def on_epoch_begin(self, run: Run) -> None:
        self._set_epoch(run)
        numbers = np.random.SeedSequence([self.seed, run.epoch, get_rank()])
        random.manual_seed(int(numbers.generate_state(1, np.uint64)[0] >> np.uint64(1)))

    def on_batch_end(self, run: Run) -> None:
        self._interrupt.agree()
        if run.batch != run.batches or get_world_size() == 1:
            return
        state = run.means.state_dict()
        names = sorted(state["sums"])
        totals = tensor([float(state["samples"]), *(state["sums"][name] for name in names)], dtype=float64)
        all_reduce(totals)
        samples, *sums = totals.tolist()
        run.means.load_state_dict({"samples": round(samples), "sums": dict(zip(names, sums, strict=True))})
        run.scores = run.means()
        for buffer in run.model.buffers():
            broadcast(buffer, 0)

    def _warn_of_what_is_missing(self, run: Run) -> None:
        if not any(isinstance(module, DistributedDataParallel) for module in run.model.modules()):
            warn(
                "InStep: the network is not wrapped, and each rank trains one of its own, unless your "
                "program averages gradients itself. Train DistributedDataParallel(model)."
            )
        if not hasattr(self.sampler, "set_epoch"):
            warn(
                "InStep: the loader has no DistributedSampler, and each rank goes through all of the data, "
                "unless your program gives it a part of its own. Give the loader "
                "sampler=DistributedSampler(data), and no shuffle=True."
            )

    def _set_epoch(self, run: Run) -> None:
        if hasattr(self.sampler, "set_epoch"):
            self.sampler.set_epoch(run.epoch)


class Checkpoint(OfOne):
    """`train.Checkpoint`, and at the end of training all ranks wait until rank 0 has written it. All read it,
    from a folder that their machines share.

    A training may go on with another number of ranks: what the optimiser sees is the same as long as the
    batches of all ranks taken together are. With R ranks give the loader ``batch_size=whole // R`` and a
    `DistributedSampler`. Random numbers (dropout) are each rank's own, and are then others. After a
    resumption in the middle of an epoch, its scores begin with rank 0's, and until it ends all ranks draw
    rank 0's random numbers; `InStep` gives each its own again in the next epoch.
    """

    def on_fit_end(self, run: Run) -> None:
        super().on_fit_end(run)
        barrier()  # nobody goes on, and reads it, before it is written
