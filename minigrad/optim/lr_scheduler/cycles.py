"""Schedules that rise and fall: warm restarts, one cycle, and cycles without end."""

import math
from bisect import bisect_left
from collections.abc import Callable
from numbers import Real
from typing import Any, Literal

from minigrad.optim.lr_scheduler.base import LRScheduler, checked, one_per_group
from minigrad.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR"]


class CosineAnnealingWarmRestarts(LRScheduler):
    """lr = eta_min + (lr_0 - eta_min) (1 + cos(pi T_cur / T_i)) / 2

    T_cur counts the epochs since the last restart and T_i those from it to the next: T_0 at first, each time
    T_mult times as many. Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts"
    (2017).

    Raises ValueError unless T_0 and T_mult are integers from 1 on.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"CosineAnnealingWarmRestarts: expected {name} to be an integer, 1 or more, got {value!r}"
                )
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_i = T_0
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch; or to ``epoch``, which may lie between two: ``step(epoch + batch / batches)``
        after each batch.
        """
        if epoch is not None and epoch < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts.step: expected epoch of at least 0, got {epoch!r}")
        if self._is_initial:
            self._go_to(self.last_epoch + 1)
        elif epoch is None:
            self.T_cur += 1
            self._restart()
        else:
            self._go_to(epoch)
            self.last_epoch = math.floor(epoch) - 1  # to which the step below adds one
        super().step()

    def _go_to(self, epoch: float) -> None:
        self.T_cur, self.T_i = epoch, self.T_0
        if self.T_mult == 1:
            self.T_cur %= self.T_0
        self._restart()

    def _restart(self) -> None:
        """Restart as often as ``T_cur`` says."""
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult

    def get_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (lr - self.eta_min) * height for lr in self.base_lrs]

    def _get_closed_form_lr(self) -> list[float]:
        self._go_to(self.last_epoch)
        return self.get_lr()


class OneCycleLR(LRScheduler):
    """From max_lr / div_factor up to max_lr, and down to max_lr / div_factor / final_div_factor.

    The way up takes the share ``pct_start`` of ``total_steps`` (or of ``epochs`` times ``steps_per_epoch``),
    the way down the rest; with ``three_phase`` it takes the same share down to where it began, and the rest
    from there. Each way is half a cosine ("cos") or a straight line ("linear"). With ``cycle_momentum`` the
    momentum, or the first of the betas, goes the other way: from ``max_momentum`` to ``base_momentum`` and
    back.

    Call ``step`` after each batch. Smith and Topin, "Super-convergence" (2018).

    Raises ValueError without a number of steps, and for a pct_start or anneal_strategy that is none; ``step``
    raises it after the last.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if not isinstance(total_steps, int) or total_steps < 1:
            raise ValueError(
                f"OneCycleLR: expected the number of steps to be an integer, 1 or more, got {total_steps!r}"
            )
        if not _is_share(pct_start):
            raise ValueError(f"OneCycleLR: expected pct_start to be a share from 0 to 1, got {pct_start!r}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: expected anneal_strategy 'cos' or 'linear', got {anneal_strategy!r}"
            )
        self.total_steps = total_steps
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        up = pct_start * total_steps
        # Where each way ends, and the options of a group that it leads to; the first begins at the start.
        self._ends: list[float] = (
            [up - 1, 2 * up - 2, total_steps - 1] if three_phase else [up - 1, total_steps - 1]
        )
        self._rates = ["initial_lr", "max_lr", *["initial_lr"] * three_phase, "min_lr"]
        self._momenta = ["max_momentum", "base_momentum", *["max_momentum"] * (1 + three_phase)]
        if last_epoch == -1:
            peaks = one_per_group(self, "max_lr", max_lr, checked(self, optimizer))
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                start = peak / div_factor
                group.update(initial_lr=start, max_lr=peak, min_lr=start / final_div_factor)
        if cycle_momentum:
            _begin_momentum(self, optimizer, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {t} of a cycle of {self.total_steps} steps. Give total_steps as many as "
                "batches are trained on in all epochs."
            )
        way = bisect_left(self._ends[:-1], t)
        start, end = self._ends[way - 1] if way else 0, self._ends[way]
        left = (end - t) / (end - start) if end != start else 0.0  # the share of the way that is left
        if self.anneal_strategy == "cos":
            left = (1 - math.cos(math.pi * left)) / 2

        def between(group: dict[str, Any], names: list[str]) -> float:
            first, last = group[names[way]], group[names[way + 1]]
            return float(last + (first - last) * left)

        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                _set_momentum(group, between(group, self._momenta))
        return [between(group, self._rates) for group in groups]


class CyclicLR(LRScheduler):
    """Up from base_lr to max_lr in ``step_size_up`` steps, down in ``step_size_down``, and so on.

    ``mode`` says what becomes of the height of the cycles: "triangular" keeps it, "triangular2" halves it
    from one to the next, "exp_range" multiplies it by ``gamma`` at each step. A ``scale_fn`` of one's own is
    a factor of the height; with ``scale_mode`` "cycle" it is given the number of the cycle, from 1, with
    "iterations" that of the step. With ``cycle_momentum`` the momentum, or the first of the betas, goes the
    other way: from ``max_momentum`` to ``base_momentum`` and back.

    Call ``step`` after each batch. Smith, "Cyclical learning rates for training neural networks" (2017).

    Raises ValueError for another mode or scale_mode.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(
                f"CyclicLR: expected mode 'triangular', 'triangular2' or 'exp_range', got {mode!r}"
            )
        if scale_mode not in ("cycle", "iterations"):
            raise ValueError(f"CyclicLR: expected scale_mode 'cycle' or 'iterations', got {scale_mode!r}")
        lows = one_per_group(self, "base_lr", base_lr, checked(self, optimizer))
        self.max_lrs: list[float] = one_per_group(self, "max_lr", max_lr, optimizer)
        self.step_size_up = step_size_up
        self.step_size_down = step_size_up if step_size_down is None else step_size_down
        self.mode = mode
        self.gamma = gamma
        self.scale_fn = scale_fn
        self.scale_mode = scale_mode
        self.cycle_momentum = cycle_momentum
        if last_epoch == -1:
            for group, low in zip(optimizer.param_groups, lows, strict=True):
                group["lr"] = group["initial_lr"] = low
        if cycle_momentum:
            _begin_momentum(self, optimizer, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _height(self) -> float:
        """How far up the present step is: 0 at the bottom, 1 at the top of a cycle that is not scaled."""
        cycles, t = divmod(self.last_epoch, self.step_size_up + self.step_size_down)
        up, down = self.step_size_up, self.step_size_down
        height = t / up if t <= up else (up + down - t) / down
        if self.scale_fn is not None:
            return height * self.scale_fn(cycles + 1 if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "exp_range":
            return height * self.gamma**self.last_epoch
        return height / 2**cycles if self.mode == "triangular2" else height

    def get_lr(self) -> list[float]:
        height = self._height()
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                low, high = group["base_momentum"], group["max_momentum"]
                _set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Every attribute but the optimiser and ``scale_fn``."""
        return {key: value for key, value in super().state_dict().items() if key != "scale_fn"}


def _begin_momentum(
    scheduler: LRScheduler,
    optimizer: Optimizer,
    low: float | list[float],
    high: float | list[float],
    last_epoch: int,
) -> None:
    """Note in each group between what its momentum is to go."""
    name = type(scheduler).__name__
    if not {"momentum", "betas"} & set(optimizer.defaults):
        raise ValueError(
            f"{name}: {type(optimizer).__name__} has neither momentum nor betas. Set cycle_momentum=False."
        )
    lows = one_per_group(scheduler, "base_momentum", low, optimizer)
    highs = one_per_group(scheduler, "max_momentum", high, optimizer)
    if last_epoch == -1:
        for group, least, most in zip(optimizer.param_groups, lows, highs, strict=True):
            group.update(base_momentum=least, max_momentum=most)


def _set_momentum(group: dict[str, Any], value: float) -> None:
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


def _is_share(value: Any) -> bool:
    return isinstance(value, Real) and 0 <= float(value) <= 1
