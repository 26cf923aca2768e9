"""RMSprop: the gradient divided by the root of a running mean of its square."""

from typing import Any

from minigrad import kernels
from minigrad.optim.optimizer import Array, Optimizer, Params, alike, next_step, rate, scalar, zeros_like
from minigrad.tensor import Tensor

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """RMSprop: Adagrad that forgets. A running mean of the squares takes the place of their sum.

        g          = g + weight_decay p
        square_avg = alpha square_avg + (1 - alpha) g²
        grad_avg   = alpha grad_avg + (1 - alpha) g     with centered: square_avg - grad_avg² scales
        d          = g / (sqrt(square_avg) + eps)
        buf        = momentum buf + d                   with momentum, and d = buf
        p          = p - lr d

    ``maximize`` climbs: it takes -g for g. State: ``step``, ``square_avg``, with centered ``grad_avg``, with
    momentum ``momentum_buffer``.

    Tieleman and Hinton, "Neural networks for machine learning", lecture 6e (2012); centred: Graves,
    "Generating sequences with recurrent neural networks" (2013).
    """

    _arrays = ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        self._at_least_zero(group, "lr", "alpha", "eps", "weight_decay", "momentum")

    def _needed(self, group: dict[str, Any]) -> tuple[str, ...]:
        momentum, mean = ["momentum_buffer"] * bool(group["momentum"]), ["grad_avg"] * bool(group["centered"])
        return ("step", "square_avg", *momentum, *mean)

    def _update_all(self, ps: list[Tensor], gs: list[Array], group: dict[str, Any]) -> None:
        for p in ps:
            state = self.state[p]
            if not state:
                state["step"] = scalar(0)
                state["square_avg"] = zeros_like(p)
                if group["momentum"] > 0:
                    state["momentum_buffer"] = zeros_like(p)
                if group["centered"]:
                    state["grad_avg"] = zeros_like(p)
            next_step(state)
        for some, arrays, gradients, _ in alike(ps, gs):
            kernels.rmsprop_step(
                arrays,
                gradients,
                self._states(some, "square_avg"),
                self._states(some, "grad_avg") if group["centered"] else None,
                self._states(some, "momentum_buffer") if group["momentum"] > 0 else None,
                rate(group),
                group["alpha"],
                group["eps"],
                group["weight_decay"],
                group["momentum"],
                group["maximize"],
            )
