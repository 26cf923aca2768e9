"""ReduceLROnPlateau: the schedule that looks at how training goes."""

import math
from typing import Literal, SupportsFloat

from minigrad.errors import refuse
from minigrad.optim.lr_scheduler.base import ONCE_EACH, LRScheduler, checked, one_per_group
from minigrad.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """lr = max(factor lr, min_lr) whenever a metric has not improved for more than ``patience`` epochs.

    ``step(metrics)`` takes the metric, such as the validation loss. An improvement on the best so far is, in
    ``mode`` "min", metrics < best (1 - threshold), or with ``threshold_mode`` "abs" metrics < best -
    threshold; in mode "max" metrics > best (1 + threshold), or metrics > best + threshold. For ``cooldown``
    epochs after a reduction none are counted. A reduction by no more than ``eps`` is not made.

    Raises ValueError for a factor of 1 or more, and for another mode or threshold_mode.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau: expected a factor below 1, got {factor!r}")
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: expected mode 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"ReduceLROnPlateau: expected threshold_mode 'rel' or 'abs', got {threshold_mode!r}"
            )
        self.optimizer = checked(self, optimizer)
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lrs: list[float] = one_per_group(self, "min_lr", min_lr, optimizer)
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.eps = eps
        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self._last_lr = self._present()

    @property
    def in_cooldown(self) -> bool:
        """Whether the rates were reduced so recently that epochs are not counted yet."""
        return self.cooldown_counter > 0

    def _is_better(self, metric: float, best: float) -> bool:
        change = -self.threshold if self.mode == "min" else self.threshold
        bound = best * (1 + change) if self.threshold_mode == "rel" else best + change
        return metric < bound if self.mode == "min" else metric > bound

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take this epoch's metric, and reduce the rates if it is time to."""
        refuse("ReduceLROnPlateau.step", ONCE_EACH, epoch=epoch)
        metric = float(metrics)
        self.last_epoch += 1
        if self._is_better(metric, self.best):
            self.best = metric
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._present()

    def _reduce_lr(self) -> None:
        if len(self.min_lrs) != len(self.optimizer.param_groups):  # a group was added since
            if self.default_min_lr is None:
                raise RuntimeError(
                    "ReduceLROnPlateau: the optimiser has "
                    f"{len(self.optimizer.param_groups)} parameter groups by now, but min_lr was given for "
                    f"{len(self.min_lrs)}. Append to scheduler.min_lrs when you add a group."
                )
            self.min_lrs = [self.default_min_lr] * len(self.optimizer.param_groups)
        for group, low in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            reduced = max(group["lr"] * self.factor, low)
            if group["lr"] - reduced > self.eps:
                group["lr"] = reduced
