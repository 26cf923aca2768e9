"""Early stopping: end training when it no longer helps."""

from collections.abc import Mapping
from typing import Any

from minigrad.tensor import Tensor
from minigrad.train.callbacks.watch import Watch
from minigrad.train.history import Mode
from minigrad.train.run import Run


class EarlyStopping(Watch):
    """End training when ``patience`` epochs in a row were no better than the best one.

    Args:
        monitor: the column of the history to watch.
        patience: how many epochs without improvement are put up with.
        min_delta: what does not improve by more than this does not count.
        mode: whether low ("min") or high ("max") is good; left out, the name decides: a loss is to fall, an
            accuracy to rise.
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
        mode: Mode | None = None,
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
                self._weights = run.copy_of_state()
        elif run.epoch - (self.best_epoch or 0) >= self.patience:
            run.stop = "early stopping"

    def on_fit_end(self, run: Run) -> None:
        if self._weights is not None:
            run.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"weights": self._weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self._weights = state["weights"]
