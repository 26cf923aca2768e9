"""Functions that a learner may have had in mind, and what the fused operations are made of."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from minigrad.engine.op import OPS, Op
from minigrad.ops import activation, class_loss, loss
from minigrad.ops.norm import standardize
from minigrad.tensor import Tensor  # whose module fills OPS

Function = Callable[..., Any]


def _operations(names: str) -> dict[str, Op[...]]:
    return {name: OPS[name] for name in names.split()}


UNARY: dict[str, Function] = {
    **_operations("exp log sin cos tanh sigmoid relu square"),
    "cube": lambda x: x * x * x,
    **_operations("sqrt reciprocal rsqrt abs softplus silu gelu gelu_tanh elu leaky_relu"),
    **_operations("expm1 log1p log2 erf"),
}

SHOWN = {
    "square": "x ** 2",
    "cube": "x ** 3",
    "reciprocal": "1 / x",
    "rsqrt": "1 / sqrt(x)",
    "gelu_tanh": "gelu with tanh",
    "add": "a + b",
    "sub": "a - b",
    "mul": "a * b (the product rule)",
    "div": "a / b (the quotient rule)",
    "pow": "a ** b",
}
"""How some are called in what a learner reads."""

ELEMENTWISE = UNARY.keys() | {"neg", "hardtanh", "sign", "pow", "clamp"}
"""Operations whose y has the shape of x, each element of its own."""

IN_Y: dict[str, Function] = {
    name: OPS[name].rules[0].function for name in UNARY if name in OPS and OPS[name].rules[0].needs == ("y",)
}
"""Rules that are written with y: 1 - y ** 2 of tanh."""

BINARY: dict[str, Function] = {**_operations("add sub mul div pow maximum minimum")}

REDUCTIONS: dict[str, Function] = {
    **_operations("sum mean amax amin prod"),
    "logsumexp": lambda x, dim, keepdim=False: x.logsumexp(_dims(x, dim), keepdim),
    "norm": lambda x, dim, keepdim=False: x.norm(2, dim, keepdim),
    "var": lambda x, dim, keepdim=False: x.var(dim, keepdim=keepdim),
    "sum of squares": lambda x, dim, keepdim=False: (x * x).sum(dim, keepdim),
    "mean of squares": lambda x, dim, keepdim=False: (x * x).mean(dim, keepdim),
}

ALONG = _operations("softmax log_softmax")
"""Functions along an axis."""

STANDARDIZE: Function = standardize
"""What batch_norm and layer_norm do, but for their weight and bias."""


def _dims(x: Tensor, dim: Any) -> Any:
    return tuple(range(x.ndim)) if dim is None else dim


def _losses() -> dict[str, Function]:
    functions: dict[str, Function] = {
        "mse_loss": loss.mse_loss,
        "l1_loss": loss.l1_loss,
        "smooth_l1_loss": loss.smooth_l1_loss,
        "binary_cross_entropy": loss.binary_cross_entropy,
        "binary_cross_entropy_with_logits": loss.binary_cross_entropy_with_logits,
        "cross_entropy": class_loss.cross_entropy,
        "kl_div": loss.kl_div,
        "nll_loss": class_loss.nll_loss,
    }
    return {
        name if reduction == "mean" else f'{name} with reduction="{reduction}"': partial(
            function, reduction=reduction
        )
        for name, function in functions.items()
        for reduction in ("mean", "sum", "none")
    }


LOSSES = _losses()
PAIRS: dict[str, Function] = {**BINARY, "matmul": lambda a, b: a @ b, **LOSSES}
"""Functions of two arrays."""

NEED_ONE_SHAPE = {name for name in PAIRS if name.startswith(("mse", "l1", "smooth", "binary", "kl"))}
"""Those that warn or raise if the two have different shapes."""


# Fused operations, unfolded: on the paths inside derivatives get lost ---------------------------------------


def _standardize(input: Tensor, dim: Any, eps: float) -> Any:
    centred = input - input.mean(dim, True)
    return centred / ((centred * centred).mean(dim, True) + eps).sqrt()


def _variance(input: Tensor, dim: Any, correction: float, keepdim: bool) -> Any:
    centred = input - input.mean(dim, True)
    squares = (centred * centred).sum(dim, keepdim)
    return squares / (input.numel() / squares.numel() - correction)


def _softmax(input: Tensor, dim: Any, dtype: Any = None) -> Any:
    exponentials = input.exp()
    return exponentials / exponentials.sum(dim, True)


def _gelu_tanh(input: Tensor) -> Any:
    inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input)
    return 0.5 * input * (1 + inner.tanh())


COMPOSED: dict[str, Function] = {
    "cross_entropy": lambda input, target: class_loss.minus_picked(activation.log_softmax(input, 1), target),
}
"""Operations that are recorded as the simpler ones that a learner thinks of them as, by name."""

UNFOLDED: dict[str, Function] = {
    "softmax": _softmax,
    "log_softmax": lambda input, dim, dtype=None: input - input.exp().sum(dim, True).log(),
    "logsumexp": lambda input, dim, keepdim: input.exp().sum(dim, keepdim).log(),
    "layer_norm": _standardize,
    "var": _variance,
    "silu": lambda input: input * input.sigmoid(),
    "gelu": lambda input: input * (0.5 * (1 + (input * math.sqrt(0.5)).erf())),
    "gelu_tanh": _gelu_tanh,
    "binary_cross_entropy": lambda input, target: -(target * input.log() + (1 - target) * (1 - input).log()),
    "sigmoid": lambda input: 1 / (1 + (-input).exp()),
    "softplus": lambda input, beta, threshold: (1 + (beta * input).exp()).log() / beta,
}
"""Operations by name, as functions of their arguments made of simpler ones."""

SPELLED_OUT = {
    "softmax": "exp(x) / sum(exp(x))",
    "log_softmax": "x - log(sum(exp(x)))",
    "logsumexp": "log(sum(exp(x)))",
    "layer_norm": "(x - mean(x)) / sqrt(mean((x - mean(x)) ** 2) + eps)",
    "var": "sum((x - mean(x)) ** 2) / (N - correction)",
    "silu": "x * sigmoid(x)",
    "gelu": "x * (1 + erf(x / sqrt(2))) / 2",
    "gelu_tanh": "x * (1 + tanh(...)) / 2",
    "binary_cross_entropy": "-(t * log(x) + (1 - t) * log(1 - x))",
    "sigmoid": "1 / (1 + exp(-x))",
    "softplus": "log(1 + exp(x))",
}
"""The same, to be read."""
