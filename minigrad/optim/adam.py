"""Adam, its AMSGrad variant, and AdamW."""

from typing import Any

from minigrad import kernels
from minigrad.optim.optimizer import Array, Optimizer, Params, alike, next_step, rate, scalar, zeros_like
from minigrad.tensor import Tensor

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Adam: the running average of the gradient, divided by the root of that of its square.

        g = g + weight_decay p
        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g²
        p = p - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)          t counts the steps from 1

    The divisors 1 - beta^t free the averages of their bias towards the zeros that they begin with.

    ``betas`` = (beta1, beta2). ``amsgrad`` divides by the largest v so far. ``decoupled_weight_decay`` takes
    AdamW's weight decay, p = p (1 - lr weight_decay), in place of the first line. ``maximize`` climbs: it
    takes -g for g. State: ``step`` t, ``exp_avg`` m, ``exp_avg_sq`` v, with amsgrad ``max_exp_avg_sq``.

    Kingma and Ba, "Adam: A method for stochastic optimization" (2015); Reddi, Kale and Kumar, "On the
    convergence of Adam and beyond" (2018).
    """

    _arrays = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        self._at_least_zero(group, "lr", "eps", "weight_decay")
        self._betas_below_one(group)

    def _needed(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("step", "exp_avg", "exp_avg_sq", *["max_exp_avg_sq"] * bool(group["amsgrad"]))

    def _update_all(self, ps: list[Tensor], gs: list[Array], group: dict[str, Any]) -> None:
        for p in ps:
            state = self.state[p]
            if not state:
                state["step"] = scalar(0)
                state["exp_avg"] = zeros_like(p)
                state["exp_avg_sq"] = zeros_like(p)
                if group["amsgrad"]:
                    state["max_exp_avg_sq"] = zeros_like(p)
        beta1, beta2 = group["betas"]
        counts = [next_step(self.state[p]) for p in ps]
        for some, arrays, gradients, t in alike(ps, gs, counts):
            kernels.adam_step(
                arrays,
                gradients,
                self._states(some, "exp_avg"),
                self._states(some, "exp_avg_sq"),
                self._states(some, "max_exp_avg_sq") if group["amsgrad"] else None,
                t,
                rate(group),
                beta1,
                beta2,
                group["eps"],
                group["weight_decay"],
                group["decoupled_weight_decay"],
                group["maximize"],
            )


class AdamW(Adam):
    """Adam with decoupled weight decay.

        p = p (1 - lr weight_decay)                     first, then Adam's step without weight decay

    Adam's own weight decay is divided by sqrt(v) like the rest of the gradient, so that weights with large
    gradients decay least; here all decay alike. Loshchilov and Hutter, "Decoupled weight decay
    regularization" (2019).
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As `Optimizer.load_state_dict`; from Adam's state, too: the weight decay stays decoupled."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
