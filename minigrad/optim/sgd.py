"""Stochastic gradient descent, with momentum."""

from typing import Any

from minigrad import kernels
from minigrad.optim.optimizer import Array, Optimizer, Params, alike, rate, zeros_like
from minigrad.tensor import Tensor

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent.

        d   = g + weight_decay p
        buf = momentum buf + (1 - dampening) d          with momentum; buf = d in the first step
        d   = buf, or with nesterov d + momentum buf
        p   = p - lr d

    ``maximize`` climbs instead: it takes -g for g. State: ``momentum_buffer``.

    Momentum after Polyak (1964) in the form of Sutskever, Martens, Dahl and Hinton (2013), except that the
    rate multiplies the whole of buf, as in PyTorch.
    """

    _arrays = ("momentum_buffer",)

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        self._at_least_zero(group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs a momentum above 0 and a dampening of 0, got "
                f"momentum={group['momentum']!r}, dampening={group['dampening']!r}"
            )

    def _update_all(self, ps: list[Tensor], gs: list[Array], group: dict[str, Any]) -> None:
        fresh = set()
        if group["momentum"] != 0:
            for p in ps:
                state = self.state[p]
                if state.get("momentum_buffer") is None:
                    state["momentum_buffer"] = zeros_like(p)
                    fresh.add(p)
        for some, arrays, gradients, first in alike(ps, gs, [p in fresh for p in ps]):
            kernels.sgd_step(
                arrays,
                gradients,
                self._states(some, "momentum_buffer") if group["momentum"] != 0 else None,
                rate(group),
                group["momentum"],
                0 if first else group["dampening"],  # momentum 0 + (1 - 0) d: the first step sets buf = d
                group["weight_decay"],
                group["nesterov"],
                group["maximize"],
            )
