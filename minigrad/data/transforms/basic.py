"""Transforms without chance: from bytes to numbers of a handy size, and from class numbers to vectors."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from minigrad.data._seam import Array, to_array, to_tensor
from minigrad.errors import DtypeError, ShapeError, refuse
from minigrad.tensor import Tensor


class Compose:
    """One transform after another."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, sample: Any) -> Any:
        for transform in self.transforms:
            sample = transform(sample)
        return sample

    def batch(self, samples: Any) -> Any:
        """Samples of a whole batch; ``NotImplemented`` if one of the transforms takes single samples only."""
        if not all(hasattr(transform, "batch") for transform in self.transforms):
            return NotImplemented
        for transform in self.transforms:
            samples = transform.batch(samples)  # type: ignore[attr-defined]
            if samples is NotImplemented:
                return NotImplemented
        return samples

    def __repr__(self) -> str:
        return f"Compose({self.transforms})"


class ToTensor:
    """An image (H, W) or (H, W, C) to a tensor (C, H, W); bytes 0 ... 255 to float32 between 0 and 1.

    Arrays of other types than uint8 keep their type and values.
    """

    def __call__(self, image: Array) -> Tensor:
        if not isinstance(image, np.ndarray):
            raise TypeError(
                f"ToTensor: expected an array (H, W) or (H, W, C), got {type(image).__name__}. Of a file "
                "with a picture: np.asarray(PIL.Image.open(path))."
            )
        if image.ndim not in (2, 3):
            raise ShapeError(f"ToTensor: expected an image (H, W) or (H, W, C), got shape {image.shape}.")
        return to_tensor(_channels_first(image, single=True))

    def batch(self, images: Array) -> Tensor:
        """Images (N, H, W) or (N, H, W, C) to (N, C, H, W)."""
        return to_tensor(_channels_first(images, single=False))

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize:
    """(x - mean) / std, channel by channel, of an image (C, H, W) or images (N, C, H, W).

    Args:
        mean: one number per channel.
        std: one positive number per channel.
        inplace: must stay False.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        refuse("Normalize", "it makes a new tensor", inplace=inplace)
        if not isinstance(mean, Iterable) or not isinstance(std, Iterable):
            raise ValueError(
                "Normalize: expected one mean and one std per channel, such as Normalize((0.5,), (0.5,)) for "
                f"grey images; got {mean!r} and {std!r}."
            )
        if any(s == 0 for s in std):
            raise ValueError(f"Normalize: std must not be zero, got {tuple(std)}: it divides the channels.")
        if len(mean) != len(std):
            raise ValueError(
                f"Normalize: expected one mean and one std per channel, got {len(mean)} and {len(std)}."
            )
        self.mean = tuple(mean)
        self.std = tuple(std)

    def __call__(self, image: Tensor) -> Tensor:
        x = to_array(image)
        if x.ndim < 3 or x.dtype.kind != "f" or x.shape[-3] != len(self.mean):
            raise ShapeError(
                f"Normalize: expected a floating tensor (C, H, W) or (N, C, H, W) with C = {len(self.mean)}, "
                f"got {x.dtype} with shape {x.shape}. Put ToTensor before it, and give one mean and std per "
                "channel."
            )
        mean, std = (np.array(v, x.dtype).reshape(-1, 1, 1) for v in (self.mean, self.std))
        return to_tensor((x - mean) / std)

    def batch(self, images: Tensor) -> Tensor:
        """The same, of the images of a batch."""
        return self(images)

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class OneHot:
    """Class number c to a vector of zeros with a 1 at place c. For ``target_transform``.

    Args:
        num_classes: how many classes there are; the numbers are 0 ... num_classes - 1.

    Raises:
        ValueError: a class number is out of range.
    """

    def __init__(self, num_classes: int) -> None:
        if not isinstance(num_classes, int) or num_classes < 1:
            raise ValueError(f"OneHot: expected a number of classes, at least one; got {num_classes!r}.")
        self.num_classes = num_classes

    def __call__(self, target: int) -> Tensor:
        return to_tensor(self._vectors(np.asarray(target)))

    def batch(self, targets: Array) -> Tensor:
        """Class numbers (N,) to vectors (N, num_classes)."""
        return to_tensor(self._vectors(to_array(targets)))

    def _vectors(self, targets: Array) -> Array:
        if targets.dtype.kind not in "iu":
            raise DtypeError(f"OneHot: expected class numbers, integers; got {targets.dtype}.")
        if targets.size and not 0 <= targets.min() <= targets.max() < self.num_classes:
            raise ValueError(
                f"OneHot: {self.num_classes} classes have the numbers 0 to {self.num_classes - 1}; got "
                f"{targets.min()} to {targets.max()}. Is num_classes right, and do they start at 0?"
            )
        return np.eye(self.num_classes, dtype=np.float32)[targets]

    def __repr__(self) -> str:
        return f"OneHot({self.num_classes})"


class Lambda:
    """A function of your own, called with one sample."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: expected a function, got {type(lambd).__name__}.")
        self.lambd = lambd

    def __call__(self, sample: Any) -> Any:
        return self.lambd(sample)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__name__', self.lambd)})"


def _channels_first(x: Array, single: bool) -> Array:
    if x.ndim == (2 if single else 3):
        x = np.expand_dims(x, -3)  # (..., 1, H, W)
    else:
        x = np.moveaxis(x, -1, -3)  # (..., C, H, W)
    if x.dtype == np.uint8:  # turning and dividing in one pass takes as long: turning bytes costs little
        scaled: Array = np.divide(np.ascontiguousarray(x), np.float32(255), dtype=np.float32)
        return scaled
    return np.array(x, order="C")
