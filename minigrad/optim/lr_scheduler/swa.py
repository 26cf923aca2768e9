"""The schedule that goes with averages of weights; ``optim.swa_utils`` has it, as in PyTorch."""

import math
from typing import Literal

from minigrad.optim.lr_scheduler.base import LRScheduler, checked, one_per_group
from minigrad.optim.optimizer import Optimizer


class SWALR(LRScheduler):
    """The rate that weights are averaged at: from the present one to ``swa_lr``, and that from then on.

        lr_t = (1 - a_t) lr_0 + a_t swa_lr,   a_t = (1 - cos(pi s)) / 2,   s = min(1, t / anneal_epochs)

    With ``anneal_strategy="linear"`` a_t is s. Begun when the averaging begins, in the place of the schedule
    so far; ``swa_lr`` is a number, or a list with one for each parameter group.

    Raises ValueError for another strategy, or anneal_epochs that are no integer from 0 on.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: expected anneal_strategy 'cos' or 'linear', got {anneal_strategy!r}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(
                f"SWALR: expected anneal_epochs to be an integer, 0 or more, got {anneal_epochs!r}"
            )
        rates = one_per_group(self, "swa_lr", swa_lr, checked(self, optimizer))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        self.anneal_epochs = anneal_epochs
        self._anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._is_initial and self.anneal_epochs:
            return self._present()
        before, now = self._share(self._step_count - 2), self._share(self._step_count - 1)
        if before == 1:
            return [group["swa_lr"] for group in self.optimizer.param_groups]
        # lr - swa_lr shrinks from 1 - before to 1 - now of what it was.
        left = (1 - now) / (1 - before)
        return [
            group["swa_lr"] + left * (group["lr"] - group["swa_lr"]) for group in self.optimizer.param_groups
        ]

    def _share(self, t: int) -> float:
        """a_t"""
        s = min(1.0, max(0, t) / self.anneal_epochs) if self.anneal_epochs else 1.0
        return s if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * s)) / 2
