"""How parameters begin. Each function fills a tensor in place and returns it; nothing is recorded.

The variance of what flows through a deep network stays the same from layer to layer when a weight's
variance is gain^2 / fan: ``fan_in``, the number of inputs that one output sums, keeps it in the forward pass,
``fan_out`` in the backward pass, and the gain makes up for what the activation takes away.

Glorot and Bengio 2010 (Xavier); He, Zhang, Ren and Sun 2015 (Kaiming); Saxe, McClelland and Ganguli 2014
(orthogonal).
"""

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from minigrad.callsite import warn
from minigrad.devices import CPU, place
from minigrad.engine.modes import no_grad
from minigrad.random import Generator, rng_of
from minigrad.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_LINEAR = ("linear", *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)))
_GAINS = dict.fromkeys((*_LINEAR, "sigmoid"), 1.0) | {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The gain for an activation: 1 for linear layers and sigmoid, 5/3 tanh, sqrt(2) relu, 3/4 selu.

    For leaky_relu it is sqrt(2 / (1 + slope^2)), and ``param`` is the slope, 0.01 unless given.

    Raises ValueError for an activation that is not known, and for a slope that is no number.
    """
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ValueError(
                f"calculate_gain: the negative slope of leaky_relu must be a number, got {param!r}"
            )
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"calculate_gain: no gain is known for {nonlinearity!r}. "
            f"Known: {', '.join([*_GAINS, 'leaky_relu'])}."
        )
    return _GAINS[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with the uniform distribution on [a, b).

    Raises ValueError if a is above b.
    """
    if a > b:
        raise ValueError(f"uniform_: the range must not be empty, got a={a} and b={b}")
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with the normal distribution N(mean, std^2).

    Raises ValueError for a negative std.
    """
    if std < 0:
        raise ValueError(f"normal_: std must not be negative, got {std}")
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with N(mean, std^2) kept to [a, b]: the normal distribution under the condition of lying there.

    a and b are values, not multiples of std.

    Raises ValueError unless std > 0 and a < b.
    """
    if not (std > 0 and a < b):
        raise ValueError(f"trunc_normal_: std must be positive and a below b, got std={std}, a={a}, b={b}")
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            f"trunc_normal_: the mean {mean} is more than 2 standard deviations outside [{a}, {b}], so the "
            "values will hardly look normal"
        )
    normal = NormalDist()
    low, high = (a - mean) / std, (b - mean) / std
    if normal.cdf(high) - normal.cdf(low) > 0.3:
        z = _drawn_within(generator, low, high, tensor.numel())
        return _fill(tensor, np.clip(mean + std * z, a, b).reshape(tensor.shape))
    # The inverse of the distribution function turns uniform numbers into normal ones, here only those between
    # the function's values at a and at b. Far above the mean the function is 1 to machine precision, so there
    # the left tail is used, mirrored.
    sign = 1.0
    if low > 0:
        low, high, sign = -high, -low, -1.0
    u = _drawn(generator, "uniform", normal.cdf(low), normal.cdf(high), tensor.numel())
    u = np.clip(u, np.finfo(np.float64).tiny, np.nextafter(1.0, 0.0))
    z = np.fromiter(map(normal.inv_cdf, u.tolist()), np.float64, len(u))
    return _fill(tensor, np.clip(mean + sign * std * z, a, b).reshape(tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with ``val``."""
    return _fill(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return _fill(tensor, 1)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return _fill(tensor, 0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity: ones on the diagonal, as far as it goes, and zeros elsewhere.

    Raises ValueError for what is no matrix.
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_: expected a matrix, got the shape {tuple(tensor.shape)}")
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill uniformly in (-k, k), k = gain * sqrt(6 / (fan_in + fan_out)).

    The variance is gain^2 * 2 / (fan_in + fan_out).
    """
    fan_in, fan_out = _fans("xavier_uniform_", tensor)
    bound = gain * math.sqrt(6 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with N(0, gain^2 * 2 / (fan_in + fan_out))."""
    fan_in, fan_out = _fans("xavier_normal_", tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2 / (fan_in + fan_out)), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill uniformly in (-k, k), k = gain * sqrt(3 / fan): variance gain^2 / fan.

    ``a`` is the negative slope of the leaky_relu that follows, ``mode`` says which fan.
    """
    std = _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    bound = math.sqrt(3) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with N(0, gain^2 / fan). The arguments are those of ``kaiming_uniform_``."""
    return normal_(tensor, 0.0, _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with a random orthogonal matrix times ``gain``; axes after the first count as one.

    With no more rows than columns the rows are orthonormal, else the columns.

    Raises ValueError for fewer than two axes.
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: expected 2 or more axes, got the shape {tuple(tensor.shape)}")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    gaussian = _drawn(generator, "standard_normal", (max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(gaussian)
    q *= np.sign(
        np.diagonal(r)
    )  # QR leaves the signs open; this choice makes Q uniform over the orthogonal matrices
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def _drawn_within(generator: Generator | None, low: float, high: float, count: int) -> Any:
    """Normal numbers of which those outside [low, high] were drawn again, until there was none."""
    z = _drawn(generator, "standard_normal", count)
    while (outside := np.flatnonzero((z < low) | (z > high))).size:
        z[outside] = _drawn(generator, "standard_normal", outside.size)
    return z


def _fans(owner: str, tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output sums, and the reverse. A weight is (out, in, *kernel)."""
    if tensor.ndim < 2:
        raise ValueError(
            f"{owner}: fan_in and fan_out are those of a weight with 2 or more axes (out, in, ...), got the "
            f"shape {tuple(tensor.shape)}. For a bias use zeros_, constant_ or uniform_."
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _kaiming_std(owner: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'{owner}: mode must be "fan_in" or "fan_out", got {mode!r}')
    gain = calculate_gain(nonlinearity, a)
    if tensor.numel() == 0:
        return 0.0  # nothing to fill, and the fan may be 0
    fan_in, fan_out = _fans(owner, tensor)
    return gain / math.sqrt(fan_in if mode == "fan_in" else fan_out)


def _drawn(generator: Generator | None, method: str, *args: Any) -> Any:
    """Random numbers to work with on the CPU, from a generator on any device."""
    where = CPU if generator is None else generator.device
    return place.to_host(getattr(rng_of(generator, where), method)(*args))


def _fill(tensor: Tensor, values: Any) -> Tensor:
    """Write ``values`` over the tensor's memory; in integer tensors, cut to integers."""
    with no_grad():
        return tensor.copy_(values)
