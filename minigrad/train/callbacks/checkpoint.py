"""Checkpoints as training goes on: every so often, and of the best epoch."""

import os
import time
from pathlib import Path
from typing import Any

from minigrad.files import check_writable, sweep, write_whole
from minigrad.train import ranks
from minigrad.train.callbacks.base import Callback
from minigrad.train.callbacks.watch import Watch
from minigrad.train.checkpoint import save_checkpoint
from minigrad.train.history import Mode
from minigrad.train.run import Run


class Checkpoint(Callback):
    """Keep a file from which a training that was cut off goes on, with ``fit(..., resume=True)``.

    It holds the model, the optimiser, the schedule and the other callbacks, all random states, the history
    and the place in the epoch: what goes on ends, bit for bit, where it would have ended. The file appears
    whole or not at all, and the one before stays until then. It is written at the end of training, too, and
    after Ctrl-C.

    In a process group of `minigrad.distributed` rank 0 alone writes it, and all ranks can go on from it. The
    random states in it are rank 0's.

    Args:
        path: the file; its folder must exist.
        every_epochs: write after each so many epochs.
        every_batches: also in the middle of an epoch, after each so many batches.
        every_seconds: also after a batch, if so much time has passed since the last one was written.
        keep: how many of the last ones, beside ``path``, stay as files of their own, named by their place in
            training: of "run.safetensors", "run.epoch-3.safetensors" or "run.epoch-3.batch-500.safetensors".
            What this training has written before them is removed, and nothing else.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every_epochs: int = 1,
        every_batches: int | None = None,
        every_seconds: float | None = None,
        keep: int = 0,
    ) -> None:
        for name, value in (("every_epochs", every_epochs), ("every_batches", every_batches)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"Checkpoint: {name} must be a whole number of at least 1, got {value!r}")
        if every_seconds is not None and not every_seconds > 0:
            raise ValueError(f"Checkpoint: every_seconds must be above 0, got {every_seconds!r}")
        if not isinstance(keep, int) or keep < 0:
            raise ValueError(f"Checkpoint: keep must be a whole number of at least 0, got {keep!r}")
        self.path = Path(path)
        self.every_epochs = every_epochs
        self.every_batches = every_batches
        self.every_seconds = every_seconds
        self.keep = keep
        self._due = False
        self._written = 0.0
        self._kept: list[str] = []
        self._goes_on = False

    def on_fit_begin(self, run: Run) -> None:
        begin_file("Checkpoint", self.path)
        self._due, self._written = False, time.monotonic()
        self._kept, self._goes_on = [], run.resumed == os.fspath(self.path)

    def on_batch_end(self, run: Run) -> None:
        if self.every_batches is not None and run.batch % self.every_batches == 0:
            self._due = True
        if self.every_seconds is not None and time.monotonic() - self._written >= self.every_seconds:
            self._due = True

    def on_epoch_end(self, run: Run) -> None:
        if run.epoch % self.every_epochs == 0:
            self._due = True

    def on_settled(self, run: Run) -> None:
        if not self._due and not run.history.ended:
            return
        own = self.keep > 0 and self._due  # what is written at the end alone is no periodic one
        self._due = False
        if not ranks.is_first():
            return
        if own:  # the file knows of its copy, so that going on from it can finish what a kill cut off
            name = self._name(run)
            self._kept = [*(other for other in self._kept if other != name), name]
        save_checkpoint(run, self.path)
        self._written = time.monotonic()
        if own:
            self._copy()
            self._remove()

    def state_dict(self) -> dict[str, Any]:
        return {"due": self._due, "kept": list(self._kept)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._due = state["due"]  # the program was killed after another file was written, before this one
        self._kept = list(state.get("kept", []))  # files from before there was ``keep`` have none
        if not ranks.is_first():
            return
        for name in self._kept:
            sweep(self.path.with_name(name))
        if self._kept and self._goes_on and not self.path.with_name(self._kept[-1]).exists():
            self._copy()
        self._remove()

    def _name(self, run: Run) -> str:
        batch = "" if run.between else f".batch-{run.batch}"
        return f"{self.path.stem}.epoch-{run.epoch}{batch}{self.path.suffix}"

    def _copy(self) -> None:
        write_whole(self.path.with_name(self._kept[-1]), self.path.read_bytes(), "Checkpoint")

    def _remove(self) -> None:
        while self.keep and len(self._kept) > self.keep:
            self.path.with_name(self._kept.pop(0)).unlink(missing_ok=True)


class BestCheckpoint(Watch):
    """Keep a checkpoint of the best epoch so far.

    Its weights are ``train.load_checkpoint(path).model``. Of several ranks, rank 0 alone writes it.

    Args:
        path: the file; its folder must exist.
        monitor: the column of the history to watch.
        mode: whether low ("min") or high ("max") is good; left out, the name decides: a loss is to fall, an
            accuracy to rise.
        min_delta: what does not improve by more than this does not count.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        monitor: str = "val_loss",
        mode: Mode | None = None,
        min_delta: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.path = Path(path)
        self._due = False

    def on_fit_begin(self, run: Run) -> None:
        super().on_fit_begin(run)
        begin_file("BestCheckpoint", self.path)
        self._due = False

    def on_epoch_end(self, run: Run) -> None:
        self._due = self.improved(run)

    def on_settled(self, run: Run) -> None:
        due, self._due = self._due, False  # so that the file does not say that it is still to be written
        if due and ranks.is_first():
            save_checkpoint(run, self.path)

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"due": self._due}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self._due = state["due"]


def begin_file(owner: str, path: Path) -> None:
    """Raise now, not after hours, if the file cannot be written; clear away what a killed program left."""
    if ranks.is_first():
        check_writable(path, owner)
        sweep(path)
