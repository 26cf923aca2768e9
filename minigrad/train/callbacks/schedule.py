"""Learning-rate schedules at the joints of the loop."""

from typing import Any, Literal

from minigrad.errors import CheckpointError
from minigrad.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from minigrad.train.callbacks.base import Callback
from minigrad.train.callbacks.watch import monitored
from minigrad.train.run import Run


class Schedule(Callback):
    """Step a schedule of ``minigrad.optim.lr_scheduler`` after each epoch, or after each batch.

    The history gets a column ``lr``, the rate of the first parameter group with which the epoch's last step
    was taken.

    Args:
        scheduler: made with the optimiser that ``fit`` is given.
        per: "epoch" or "batch".
        monitor: the column that a ``ReduceLROnPlateau`` looks at.
    """

    def __init__(
        self,
        scheduler: LRScheduler,
        per: Literal["epoch", "batch"] = "epoch",
        monitor: str = "val_loss",
    ) -> None:
        if not isinstance(scheduler, LRScheduler):
            raise TypeError(
                f"Schedule: expected a schedule such as optim.lr_scheduler.StepLR(optimizer, 10), got a "
                f"{type(scheduler).__name__}"
            )
        if per not in ("epoch", "batch"):
            raise ValueError(f'Schedule: per must be "epoch" or "batch", got {per!r}')
        if per == "batch" and isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError('Schedule: ReduceLROnPlateau looks at whole epochs. Leave out per="batch".')
        self.scheduler = scheduler
        self.per = per
        self.monitor = monitor

    def on_fit_begin(self, run: Run) -> None:
        if self.scheduler.optimizer is not run.optimizer:
            raise ValueError(
                "Schedule: the schedule was made with another optimizer than the one that fit was given, and "
                "would change nothing here. Make it with this one."
            )

    def on_batch_begin(self, run: Run) -> None:
        run.extra["lr"] = float(run.optimizer.param_groups[0]["lr"])

    def on_batch_end(self, run: Run) -> None:
        if self.per == "batch":
            self.scheduler.step()

    def on_epoch_end(self, run: Run) -> None:
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(monitored("Schedule", self.monitor, run))
        elif self.per == "epoch":
            self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        return {"kind": type(self.scheduler).__name__, "state": self.scheduler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["kind"] != type(self.scheduler).__name__:
            raise CheckpointError(
                f"Schedule: the checkpoint is of a training with {state['kind']}, and this one is with "
                f"{type(self.scheduler).__name__}. Resume with the same schedule."
            )
        self.scheduler.load_state_dict(state["state"])
