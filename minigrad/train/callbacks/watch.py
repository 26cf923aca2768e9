"""Watching one column of the history, to tell when it is better than ever before."""

import math
from typing import Any

from minigrad.train.callbacks.base import Callback
from minigrad.train.history import Mode, mode_of
from minigrad.train.run import Run


class Watch(Callback):
    """Base of the callbacks that look at a column.

    Attributes:
        best: the best value so far. best_epoch: its epoch, from 1; None before there is one.
    """

    def __init__(self, monitor: str, mode: Mode | None, min_delta: float = 0.0) -> None:
        name = type(self).__name__
        if not min_delta >= 0:
            raise ValueError(f"{name}: min_delta must be at least 0, got {min_delta!r}")
        self.monitor = monitor
        self.mode = mode_of(monitor, mode, name)
        self.min_delta = min_delta
        self.best: float | None = None
        self.best_epoch: int | None = None

    def on_fit_begin(self, run: Run) -> None:
        self.best = self.best_epoch = None

    def improved(self, run: Run) -> bool:
        """Whether this epoch is the best so far; then it is noted. NaN is no improvement."""
        value = self.value(run)
        if math.isnan(value):
            return False
        if self.best is not None:
            gain = self.best - value if self.mode == "min" else value - self.best
            if gain <= self.min_delta:
                return False
        self.best, self.best_epoch = value, run.epoch
        return True

    def value(self, run: Run) -> float:
        """The column's value in this epoch."""
        return monitored(type(self).__name__, self.monitor, run)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best, self.best_epoch = state["best"], state["best_epoch"]


def monitored(owner: str, monitor: str, run: Run) -> float:
    """The value of a column in the epoch that has just ended."""
    if monitor not in run.scores:
        raise KeyError(
            f"{owner}: monitor={monitor!r} is not measured; there are {', '.join(run.scores)}. Columns with "
            "val_ need fit(..., validation=loader)."
        )
    return run.scores[monitor]
