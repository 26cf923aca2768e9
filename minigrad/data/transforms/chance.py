"""What the random transforms share: numbers drawn per image, and one function for a batch of images."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.data._seam import Array, to_array, to_tensor
from minigrad.errors import DtypeError, ShapeError
from minigrad.random import rng_of
from minigrad.tensor import Tensor


class RandomTransform:
    """A change of images that differs from image to image. A subclass says how many random numbers an image
    takes, and what becomes of images with given numbers.

    Image i of a batch gets the i-th row of numbers, so a batch at once is what its images give one by one.

    Attributes:
        draws: how many numbers an image takes.
        generator: a ``minigrad.Generator``, or None for the default one.
    """

    draws = 1

    def __init__(self, generator: Any = None) -> None:
        rng_of(generator)  # raises for anything else
        self.generator = generator

    def change(self, images: Array, u: Array) -> Array:
        """New images (N, C, H, W) from images of that shape and numbers u (N, draws) from 0 to 1."""
        raise NotImplementedError(f"{type(self).__name__} must define change(self, images, u).")

    def __call__(self, image: Tensor) -> Tensor:
        """One image (C, H, W)."""
        x = self._checked(image, 3)
        return to_tensor(self.change(x[None], rng_of(self.generator).random((1, self.draws)))[0])

    def batch(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W), each with numbers of its own."""
        x = self._checked(images, 4)
        return to_tensor(self.change(x, rng_of(self.generator).random((len(x), self.draws))))

    def _checked(self, images: Tensor, dimensions: int) -> Array:
        x = to_array(images)
        if not isinstance(images, Tensor) or x.ndim != dimensions:
            shape = "(C, H, W)" if dimensions == 3 else "(N, C, H, W)"
            raise ShapeError(
                f"{type(self).__name__}: expected a tensor {shape}, got {type(images).__name__} with shape "
                f"{x.shape}. Put ToTensor before it."
            )
        return x


def chance(name: str, p: float) -> float:
    """A probability, checked."""
    if not isinstance(p, int | float | np.number) or not 0 <= p <= 1:
        raise ValueError(f"{name}: p is a probability, from 0 to 1; got {p!r}.")
    return p


def several(value: Any) -> tuple[Any, ...]:
    """The parts of a list or the like; none of what has no parts, such as one number where two are asked."""
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()


def pixels(name: str, option: str, value: Any, dtype: Any) -> Array:
    """``value`` as pixels of this dtype.

    Raises:
        DtypeError: the dtype, of integers, does not have it.
    """
    given = np.asarray(value)
    with np.errstate(invalid="ignore"):
        array: Array = given.astype(dtype)
    if array.dtype.kind != "f" and not np.array_equal(array, given):
        raise DtypeError(
            f"{name}: {option}={value!r} is no pixel of {array.dtype}. Put ToTensor before, which makes "
            "numbers from 0 to 1, or give another value."
        )
    return array


def between(u: Array, low: float, high: float) -> Array:
    """Numbers from 0 to 1 brought to low ... high."""
    brought: Array = low + (high - low) * u
    return brought


def whole(u: Array, count: Any) -> Array:
    """Numbers from 0 to 1 as whole numbers 0 ... count - 1, all equally likely."""
    numbers: Array = np.floor(u * count).astype(np.intp)
    return numbers
