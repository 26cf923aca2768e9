"""NAdam: Adam with Nesterov momentum."""

from typing import Any

from minigrad import kernels
from minigrad.devices import capturing
from minigrad.optim.optimizer import Array, Optimizer, Params, alike, next_step, rate, scalar, zeros_like
from minigrad.tensor import Tensor

__all__ = ["NAdam"]


class NAdam(Optimizer):
    """Adam with Nesterov momentum: a step takes the share of the momentum that the next one would take.

        g    = g + weight_decay p
        mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)                          t counts the steps from 1
        m    = beta1 m + (1 - beta1) g
        v    = beta2 v + (1 - beta2) g²
        step = (1 - mu_t) g / (1 - mu_1 ... mu_t)  +  mu_(t+1) m / (1 - mu_1 ... mu_(t+1))
        p    = p - lr step / (sqrt(v / (1 - beta2^t)) + eps)

    ``betas`` = (beta1, beta2). ``decoupled_weight_decay`` takes AdamW's weight decay, p = p (1 - lr
    weight_decay), in place of the first line. ``maximize`` climbs: it takes -g for g. State: ``step`` t,
    ``mu_product`` mu_1 ... mu_t, ``exp_avg`` m, ``exp_avg_sq`` v.

    Dozat, "Incorporating Nesterov momentum into Adam" (2016).
    """

    _arrays = ("exp_avg", "exp_avg_sq")
    _numbers = ("step", "mu_product")

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        self._at_least_zero(group, "lr", "eps", "weight_decay", "momentum_decay")
        self._betas_below_one(group)

    def _needed(self, group: dict[str, Any]) -> tuple[str, ...]:
        return (*self._numbers, *self._arrays)

    def _update_all(self, ps: list[Tensor], gs: list[Array], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        moments = [self._next_moment(p, group) for p in ps]
        for some, arrays, gradients, (t, mu, mu_next, mu_product) in alike(ps, gs, moments):
            kernels.nadam_step(
                arrays,
                gradients,
                self._states(some, "exp_avg"),
                self._states(some, "exp_avg_sq"),
                t,
                rate(group),
                beta1,
                beta2,
                group["eps"],
                group["weight_decay"],
                mu,
                mu_next,
                mu_product,
                group["decoupled_weight_decay"],
                group["maximize"],
            )

    def _next_moment(self, p: Tensor, group: dict[str, Any]) -> tuple[int, float, float, float]:
        """Count a step of ``p``, and return t, mu_t, mu_(t+1) and mu_1 ... mu_t; in a captured step, as they
        are at each replay.
        """
        state = self.state[p]
        if not state:
            state["step"] = scalar(0)
            state["mu_product"] = scalar(1)
            state["exp_avg"] = zeros_like(p)
            state["exp_avg_sq"] = zeros_like(p)
        t, product = next_step(state), state["mu_product"]._data

        def mu(later: int = 0) -> float:
            return momentum(group["betas"][0], group["momentum_decay"], capturing.now(t) + later)

        def advance() -> None:
            product[...] *= mu()

        advance()
        capturing.before_replay(advance)
        live = capturing.live
        return t, live(mu), live(lambda: mu(1)), live(lambda: float(product))


def momentum(beta1: float, decay: float, t: int) -> float:
    """mu_t"""
    return float(beta1 * (1 - 0.5 * 0.96 ** (t * decay)))
