"""Random numbers, and what is drawn by given probabilities. There is no gradient."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.engine.op import Array, Tensor, of_tensors, raw
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.convert import constant
from minigrad.random import Generator, rng_of

__all__ = ["bernoulli", "multinomial"]


def draw(name: str, method: Any, shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """Random numbers of a method of a generator, drawn in their dtype: a number below 1 stays so."""
    if dtype.kind != "f":
        raise DtypeError(f"{name}: random numbers are floating, not {dtype}; randint gives integers")
    if dtype in (np.float32, np.float64):
        return place.as_array(method(shape, dtype.type))
    drawn = place.as_array(method(shape)).astype(dtype)
    if dtype == np.float16 and method.__name__ == "random":  # from [0, 1), and perhaps rounded up to 1
        return np.minimum(drawn, np.nextafter(np.float16(1), np.float16(0)))
    return drawn


def uniform(input: Array, low: Any, high: Any, generator: Generator | None) -> Array:
    """Uniform in [low, high), of the shape and dtype of x: what uniform_ makes of it"""
    if low > high:
        raise RuntimeError(f"uniform_: low is at most high; got {low} and {high}")
    rng = rng_of(generator, input.device)
    return low + (high - low) * draw("uniform_", rng.random, input.shape, input.dtype)


def normal(input: Array, mean: Any, std: Any, generator: Generator | None) -> Array:
    """Normal with the given mean and deviation, of the shape and dtype of x: what normal_ makes of it"""
    if getattr(mean, "ndim", 0) or getattr(std, "ndim", 0):
        raise TypeError("normal_: mean and std are numbers; mg.normal(mean, std) takes tensors")
    if std < 0:
        raise RuntimeError(f"normal_: a standard deviation is at least 0, not {std}")
    rng = rng_of(generator, input.device)
    return mean + std * draw("normal_", rng.standard_normal, input.shape, input.dtype)


@of_tensors
def bernoulli(input: Array, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that x holds, or with p, else 0; of the shape and dtype of x

    Raises DtypeError for probabilities that are not floating, RuntimeError for one outside [0, 1].
    """
    return constant(ones("bernoulli", raw(input), p, generator), input)


def ones(name: str, x: Array, p: float | None, generator: Generator | None) -> Array:
    """An array of the shape and dtype of x: 1 with the probability that x holds, or with p, else 0"""
    if x.dtype.kind != "f" and p is None:
        raise DtypeError(f"{name}: the input holds probabilities and must be floating, got {x.dtype}")
    least, most = (p, p) if p is not None else (x.min(), x.max()) if x.size else (0, 0)
    if not 0 <= least <= most <= 1:
        raise RuntimeError(f"{name}: a probability is from 0 to 1; got {least:g} to {most:g}")
    uniform = rng_of(generator, place.device_of(x)).random(x.shape)
    return place.as_array(uniform < (x if p is None else p)).astype(x.dtype)


@of_tensors
def multinomial(
    input: Array, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Classes drawn with probabilities proportional to the weights in each row of x

    Shapes: (C) -> (num_samples), (N, C) -> (N, num_samples).

    Raises DtypeError for weights that are not floating, ShapeError for another shape, RuntimeError for
    weights that are negative or all 0, and for more different classes than there are.
    """
    x = raw(input)
    if x.dtype.kind != "f":
        raise DtypeError(f"multinomial: the weights must be floating, got {x.dtype}")
    if x.ndim not in (1, 2) or not x.shape[-1]:
        raise ShapeError(f"multinomial: expected weights of shape (C) or (N, C), got {x.shape}")
    if num_samples < 1:
        raise RuntimeError(f"multinomial: the number of samples is at least 1, not {num_samples}")
    rows = np.atleast_2d(x).astype(np.float64)
    if not np.isfinite(rows).all() or (rows < 0).any() or not (rows.sum(-1) > 0).all():
        raise RuntimeError(
            "multinomial: expected finite weights, none negative, with a positive sum in each row"
        )
    possible = int((rows > 0).sum(-1).min()) if len(rows) else rows.shape[1]
    if not replacement and num_samples > possible:
        raise RuntimeError(
            f"multinomial: {num_samples} different classes cannot be drawn from {possible} of positive "
            "weight; replacement=True draws a class more than once"
        )
    rng = rng_of(generator, place.device_of(x))
    if hasattr(rng, "choice"):
        drawn = np.asarray(
            [rng.choice(len(row), num_samples, replacement, row / row.sum()) for row in rows], np.int64
        )
    else:  # CuPy's generators have none
        drawn = _raced(rng, rows, num_samples, replacement)
    return constant(drawn.reshape(*x.shape[:-1], num_samples), input)


def _raced(rng: Any, rows: Any, num_samples: int, replacement: bool) -> Any:
    """For each row ``num_samples`` classes: in a race each arrives after an exponential time at its rate, and
    the first to arrive is drawn. Without replacement the next ones are, too. Efraimidis and Spirakis 2006.
    """
    races = num_samples if replacement else 1
    with np.errstate(divide="ignore"):
        arrivals = -np.log1p(-rng.random((races, *rows.shape))) / rows  # at a rate of 0 never, at inf
    if replacement:
        return np.argmin(arrivals, axis=2).T
    return np.argsort(arrivals[0], axis=1)[:, :num_samples]
