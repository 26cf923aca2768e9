"""LRScheduler, what the schedules share."""

from typing import Any

from minigrad.callsite import warn
from minigrad.errors import refuse
from minigrad.optim.optimizer import Optimizer

__all__ = ["LRScheduler"]

ONCE_EACH = "PyTorch deprecates it, and step() is called once for each epoch"


class LRScheduler:
    """Base class of the schedules. A subclass defines ``get_lr``, the rates of epoch ``self.last_epoch``.

    ``last_epoch`` is -1 to begin; to go on from epoch n give n, and an optimiser whose groups have
    ``initial_lr``. Raises TypeError for what is no optimiser, KeyError for an epoch to go on from
    without them.
    """

    _is_initial = False
    """True while __init__ takes its own step, to epoch 0."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked(self, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch={last_epoch} goes on with a schedule, but parameter "
                    f"group {i} has no 'initial_lr'. Load the optimiser's state first, or leave last_epoch "
                    "at -1 to begin."
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch and set its rates. Call it after the optimiser's ``step``."""
        refuse(f"{type(self).__name__}.step", ONCE_EACH, epoch=epoch)
        if self._step_count == 1 and not self.optimizer._stepped:
            warn(
                "lr_scheduler.step() was called before optimizer.step(): the first rate of the schedule is "
                "skipped. Call them the other way round.",
            )
        self._step_count += 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def _begin(self) -> None:
        """Start at epoch 0, after another schedule, whose rates are not to be gone on from."""
        self.last_epoch = 0
        self._set(self._get_closed_form_lr())

    def _set(self, lrs: list[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = lr
        self._last_lr = lrs

    def _present(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rates that were set last, one for each parameter group."""
        return self._last_lr

    def get_lr(self) -> list[float]:
        """The rates of epoch ``last_epoch``, computed from the present ones: for `step` alone to call.

        To look at the rates use `get_last_lr`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define get_lr(self)")

    def _get_closed_form_lr(self) -> list[float]:
        """The rates of epoch ``last_epoch``, whatever the present ones are; where there is such a formula."""
        return self.get_lr()

    def state_dict(self) -> dict[str, Any]:
        """Every attribute but the optimiser."""
        return {key: value for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned. The optimiser's own rates are in the optimiser's state."""
        vars(self).update(state_dict)


def checked(scheduler: LRScheduler, optimizer: Any) -> Optimizer:
    """The optimiser, if it is one; or raise."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(scheduler).__name__}: expected an Optimizer, got {type(optimizer).__name__}")
    return optimizer


def one_per_group(scheduler: LRScheduler, name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """``value`` for each parameter group: the values of a list, or one for all."""
    groups = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * groups
    if len(values) != groups:
        raise ValueError(
            f"{type(scheduler).__name__}: expected one {name} for each of the optimiser's {groups} parameter "
            f"groups, got {len(values)}"
        )
    return values
