"""Adagrad: each weight's rate falls with the squares of its gradients."""

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.optim.optimizer import Array, Optimizer, Params, alike, next_step, rate, scalar
from minigrad.tensor import Tensor

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Adagrad: a weight whose gradients have been large, or frequent, takes smaller steps from then on.

        g   = g + weight_decay p
        sum = sum + g²                                                  at first initial_accumulator_value
        p   = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(sum) + eps)     t counts the steps from 1

    ``maximize`` climbs: it takes -g for g. State: ``step`` t, ``sum``.

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization"
    (2011).
    """

    _arrays = ("sum",)
    _begins_empty = False

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        self._at_least_zero(group, "lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As `Optimizer.add_param_group`; as in PyTorch, the state begins here and not at the first step."""
        super().add_param_group(param_group)
        start = self.param_groups[-1]["initial_accumulator_value"]
        for p in self.param_groups[-1]["params"]:
            self.state[p] = {"step": scalar(0), "sum": Tensor._wrap(np.full_like(p._data, start))}

    def _needed(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("step", "sum")

    def _update_all(self, ps: list[Tensor], gs: list[Array], group: dict[str, Any]) -> None:
        counts = [next_step(self.state[p]) for p in ps]
        for some, arrays, gradients, t in alike(ps, gs, counts):
            kernels.adagrad_step(
                arrays,
                gradients,
                self._states(some, "sum"),
                t,
                rate(group),
                group["lr_decay"],
                group["eps"],
                group["weight_decay"],
                group["maximize"],
            )
