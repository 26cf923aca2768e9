"""Ending training, without an error, when the loss is no number any more."""

from collections.abc import Mapping
from typing import Any

from minigrad.tensor import Tensor
from minigrad.train.callbacks.base import Callback
from minigrad.train.run import Run


class StopOnNaN(Callback):
    """End training when the loss is NaN or infinite, where ``fit`` would raise FloatingPointError.

    The history's ``ended`` says in which epoch and batch. Useful where many trainings run one after another
    and one that fails is a result, too.

    Args:
        restore: whether the model gets back its weights and buffers of the last epoch that was finished, or
            those that it began with. A step before has spoilt the present ones, as a rule.
    """

    def __init__(self, restore: bool = True) -> None:
        self.restore = restore
        self._weights: Mapping[str, Tensor] | None = None

    def on_fit_begin(self, run: Run) -> None:
        self._weights = run.copy_of_state() if self.restore else None

    def on_epoch_end(self, run: Run) -> None:
        if self.restore:
            self._weights = run.copy_of_state()

    def on_not_finite(self, run: Run, loss: float) -> None:
        run.stop = f"the loss is {loss} in epoch {run.epoch}, batch {run.batch}"
        if self._weights is not None:
            run.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        return {"weights": self._weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._weights = state["weights"]
