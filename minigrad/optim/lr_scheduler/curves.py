"""Schedules that are a function of the epoch."""

import math
import types
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from minigrad.optim.lr_scheduler.base import LRScheduler, checked, one_per_group
from minigrad.optim.optimizer import Optimizer

__all__ = [
    "ConstantLR",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "PolynomialLR",
    "StepLR",
]


class _OfFunctions(LRScheduler):
    """What the schedules share that take functions of the epoch, one for all groups or one for each."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.lr_lambdas = one_per_group(self, "lr_lambda", lr_lambda, checked(self, optimizer))
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Every attribute but the optimiser; of a callable object its attributes, of a function None."""
        state = super().state_dict()
        state["lr_lambdas"] = [
            dict(vars(f)) if hasattr(f, "__dict__") and not isinstance(f, types.FunctionType) else None
            for f in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned; functions stay those that were given here."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for function, attributes in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if attributes is not None:
                vars(function).update(attributes)


class LambdaLR(_OfFunctions):
    """lr_t = lr_0 lr_lambda(t). A list gives each parameter group its own function."""

    def get_lr(self) -> list[float]:
        return [
            lr * factor(self.last_epoch) for lr, factor in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]


class MultiplicativeLR(_OfFunctions):
    """lr_t = lr_0 lr_lambda(1) ... lr_lambda(t). A list gives each parameter group its own function."""

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._present()
        t = self.last_epoch
        return [lr * factor(t) for lr, factor in zip(self._present(), self.lr_lambdas, strict=True)]


class StepLR(LRScheduler):
    """lr_t = lr_0 gamma^floor(t / step_size)"""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._present()
        return [lr * self.gamma for lr in self._present()]

    def _get_closed_form_lr(self) -> list[float]:
        return [lr * self.gamma ** (self.last_epoch // self.step_size) for lr in self.base_lrs]


class MultiStepLR(LRScheduler):
    """lr_t = lr_0 gamma^(how many milestones are at most t)"""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)  # epoch -> how often it was named
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [lr * self.gamma ** self.milestones[self.last_epoch] for lr in self._present()]

    def _get_closed_form_lr(self) -> list[float]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [lr * self.gamma**passed for lr in self.base_lrs]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned; from a file, the milestones come as a plain dict."""
        super().load_state_dict(state_dict)
        self.milestones = Counter(self.milestones)


class ExponentialLR(LRScheduler):
    """lr_t = lr_0 gamma^t"""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return self._present() if self._is_initial else [lr * self.gamma for lr in self._present()]

    def _get_closed_form_lr(self) -> list[float]:
        return [lr * self.gamma**self.last_epoch for lr in self.base_lrs]


class ConstantLR(LRScheduler):
    """lr_t = factor lr_0 before t = total_iters, lr_0 from then on

    Raises ValueError unless 0 <= factor <= 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: expected factor in [0, 1], got {factor!r}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self._present()]
        if self.last_epoch == self.total_iters:
            return [lr / self.factor for lr in self._present()] if self.factor else list(self.base_lrs)
        return self._present()

    def _get_closed_form_lr(self) -> list[float]:
        return [lr * (self.factor if self.last_epoch < self.total_iters else 1) for lr in self.base_lrs]


class PolynomialLR(LRScheduler):
    """lr_t = lr_0 (1 - min(t, total_iters) / total_iters)^power"""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._present()
        left = self.total_iters - self.last_epoch  # there were left + 1 epochs to go in the last one
        return [lr * (left / (left + 1)) ** self.power for lr in self._present()]

    def _get_closed_form_lr(self) -> list[float]:
        left = 1 - min(self.last_epoch, self.total_iters) / self.total_iters
        return [lr * left**self.power for lr in self.base_lrs]


class LinearLR(LRScheduler):
    """lr_t = lr_0 (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters)

    The linear warm-up, and the linear decay.

    Raises ValueError unless 0 < start_factor <= 1 and 0 <= end_factor <= 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: expected start_factor in (0, 1], got {start_factor!r}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: expected end_factor in [0, 1], got {end_factor!r}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t, present = self.last_epoch, self._present()
        if t == 0:
            return [lr * self.start_factor for lr in present]
        if self._is_initial or t > self.total_iters:
            return present
        # The quotient of factor t and factor t - 1, which differ by rise / total_iters.
        rise = self.end_factor - self.start_factor
        return [lr * (1 + rise / (self.total_iters * self.start_factor + (t - 1) * rise)) for lr in present]

    def _get_closed_form_lr(self) -> list[float]:
        done = min(self.total_iters, self.last_epoch) / self.total_iters
        factor = self.start_factor + (self.end_factor - self.start_factor) * done
        return [lr * factor for lr in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    """lr_t = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2

    Half a cosine from lr_0 down to eta_min at t = T_max, then up again. Loshchilov and Hutter, "SGDR:
    Stochastic gradient descent with warm restarts" (2017), without the restarts.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _height(self, t: int) -> float:
        """1 + cos(pi t / T_max), between 2 at the top and 0 at the bottom."""
        return 1 + math.cos(math.pi * t / self.T_max)

    def get_lr(self) -> list[float]:
        t, low, present = self.last_epoch, self.eta_min, self._present()
        if self._is_initial:
            return present
        if (t - 1) % (2 * self.T_max) == self.T_max:
            # Epoch t - 1 was the bottom: its height is 0, and the quotient below would be 0 / 0.
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - low) * rise for lr, base in zip(present, self.base_lrs, strict=True)]
        return [low + (lr - low) * self._height(t) / self._height(t - 1) for lr in present]

    def _get_closed_form_lr(self) -> list[float]:
        return [
            self.eta_min + (lr - self.eta_min) * self._height(self.last_epoch) / 2 for lr in self.base_lrs
        ]
