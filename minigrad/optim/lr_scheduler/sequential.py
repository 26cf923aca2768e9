"""Schedules that are made of several: one after another, or all of them at once."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from minigrad.errors import refuse
from minigrad.optim.lr_scheduler.base import ONCE_EACH, LRScheduler, checked
from minigrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from minigrad.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _OfSeveral(LRScheduler):
    """A schedule that is made of others."""

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """Every attribute but the optimiser, the schedules as their own state."""
        return super().state_dict() | {
            "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


class SequentialLR(_OfSeveral):
    """Several schedules, one after another: at epoch ``milestones[i]``, schedule i + 1 is at its epoch 0.

    Raises ValueError for milestones that are not one fewer than the schedules, and for a schedule of another
    optimiser or of a metric.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        if not schedulers:
            raise ValueError("SequentialLR: expected at least one schedule, got none")
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: expected one milestone between each two schedules, {len(schedulers) - 1} in "
                f"all, got {len(milestones)}"
            )
        self.optimizer = checked(self, optimizer)
        _check_members(self, schedulers)
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1

        # Each schedule set the rate of its epoch 0 when it was made. Take all that back, and begin the first
        # one.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._undo_begin()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _undo_begin(self) -> None:
        for scheduler in self._schedulers:
            if isinstance(scheduler, SequentialLR):
                scheduler._undo_begin()
            else:
                scheduler.last_epoch -= 1

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch: a step of the schedule whose turn it is."""
        refuse("SequentialLR.step", ONCE_EACH, epoch=epoch)
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._begin()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_OfSeveral):
    """Several schedules at once: each step is one of each, and changes the rate that the one before left.

    Raises ValueError without any, and for one of another optimiser or of a metric.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if not schedulers:
            raise ValueError("ChainedScheduler: expected at least one schedule, got none")
        self.optimizer = checked(self, schedulers[0].optimizer if optimizer is None else optimizer)
        _check_members(self, schedulers)
        self._schedulers = list(schedulers)
        self._last_lr = self._present()

    def step(self, epoch: int | None = None) -> None:
        """A step of each schedule, in their order."""
        refuse("ChainedScheduler.step", ONCE_EACH, epoch=epoch)
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._present()


def _check_members(owner: LRScheduler, schedulers: Sequence[LRScheduler]) -> None:
    name = type(owner).__name__
    for i, scheduler in enumerate(schedulers):
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(
                f"{name}: schedule {i} is a ReduceLROnPlateau, which is not supported here: its step needs a "
                "metric. Step it on its own."
            )
        if getattr(scheduler, "optimizer", None) is not owner.optimizer:
            raise ValueError(f"{name}: schedule {i} belongs to another optimizer than the one given")
