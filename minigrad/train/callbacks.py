"""What happens around the training loop: callbacks, called at its joints."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.serialization import save
from minigrad.tensor import Tensor
from minigrad.train.history import History, Mode


@dataclass
class Run:
    """A training under way, as callbacks see it.

    Attributes:
        epochs: how many are planned. epoch: the one under way, from 1.
        batches: how many an epoch has. batch: the one under way, from 1.
        scores: means over the epoch so far; after the epoch, its row of the history.
        stop: a callback ends training after this epoch by writing the reason here.
    """

    model: Module
    optimizer: Optimizer
    epochs: int
    batches: int
    history: History
    epoch: int = 0
    batch: int = 0
    scores: dict[str, float] = field(default_factory=dict)
    stop: str = ""


class Callback:
    """Base of the callbacks. Override what you need; the rest does nothing."""

    def on_fit_begin(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, run: Run) -> None:
        """Before the first batch of an epoch."""

    def on_batch_end(self, run: Run) -> None:
        """After the step of a batch."""

    def on_epoch_end(self, run: Run) -> None:
        """After an epoch and its validation, once the history has its row."""

    def on_fit_end(self, run: Run) -> None:
        """At the end, also after Ctrl-C. Not after an exception."""


class _Watch(Callback):
    """Looks at one column of the history, and tells when it is better than ever before."""

    def __init__(self, monitor: str, mode: Mode, min_delta: float = 0.0) -> None:
        name = type(self).__name__
        if mode not in ("min", "max"):
            raise ValueError(f'{name}: mode must be "min" or "max", got {mode!r}')
        if not min_delta >= 0:
            raise ValueError(f"{name}: min_delta must be at least 0, got {min_delta!r}")
        self.monitor = monitor
        self.mode = mode
        self.min_delta = min_delta
        self.best: float | None = None
        self.best_epoch: int | None = None

    def on_fit_begin(self, run: Run) -> None:
        self.best = self.best_epoch = None

    def improved(self, run: Run) -> bool:
        if self.monitor not in run.scores:
            raise KeyError(
                f"{type(self).__name__}: monitor={self.monitor!r} is not measured; there are "
                f"{', '.join(run.scores)}. Columns with val_ need fit(..., validation=loader)."
            )
        value = run.scores[self.monitor]
        if math.isnan(value):
            return False
        if self.best is not None:
            gain = self.best - value if self.mode == "min" else value - self.best
            if gain <= self.min_delta:
                return False
        self.best, self.best_epoch = value, run.epoch
        return True


class EarlyStopping(_Watch):
    """End training when ``patience`` epochs in a row were no better than the best one.

    Args:
        monitor: the column of the history to watch.
        patience: how many epochs without improvement are put up with.
        min_delta: what does not improve by more than this does not count.
        mode: whether low ("min") or high ("max") is good.
        restore_best: whether the model gets back, at the end, its weights and buffers of the best epoch. Also
            when training ended for another reason.

    Attributes:
        best: the best value so far. best_epoch: its epoch, from 1; None before there is one.

    Prechelt, "Early stopping - but when?" (1998).
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 10,
        min_delta: float = 0.0,
        mode: Mode = "min",
        restore_best: bool = True,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience must be at least 1, got {patience!r}")
        self.patience = patience
        self.restore_best = restore_best
        self._weights: Mapping[str, Tensor] | None = None

    def on_fit_begin(self, run: Run) -> None:
        super().on_fit_begin(run)
        self._weights = None

    def on_epoch_end(self, run: Run) -> None:
        if self.improved(run):
            if self.restore_best:
                self._weights = {name: value.clone() for name, value in run.model.state_dict().items()}
        elif run.epoch - (self.best_epoch or 0) >= self.patience:
            run.stop = "early stopping"

    def on_fit_end(self, run: Run) -> None:
        if self._weights is not None:
            run.model.load_state_dict(self._weights)


class Checkpoint(_Watch):
    """Write the model's ``state_dict`` to a file after each epoch that is better than all before it.

    So a training that is cut off, by Ctrl-C or by a power cut, leaves the best weights. The file appears
    whole or not at all. Read it with ``model.load_state_dict(minigrad.load(path))``.

    Args:
        path: the file; its folder must exist.
        monitor: the column of the history to watch.
        mode: whether low ("min") or high ("max") is good.
    """

    def __init__(self, path: str | os.PathLike[str], monitor: str = "val_loss", mode: Mode = "min") -> None:
        super().__init__(monitor, mode)
        self.path = Path(path)

    def on_epoch_end(self, run: Run) -> None:
        if self.improved(run):
            save(run.model.state_dict(), self.path)
