"""Mirroring, cutting out a part, blanking a part: pixels are moved or dropped, none is computed anew."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.transforms.chance import RandomTransform, between, chance, pixels, several, whole
from minigrad.errors import ShapeError, refuse

PaddingMode = Literal["constant", "edge", "reflect", "symmetric"]
TRIES = 10  # how often RandomErasing looks for a rectangle that fits, as torchvision does


class RandomHorizontalFlip(RandomTransform):
    """Left and right exchanged, with probability p."""

    def __init__(self, p: float = 0.5, generator: Any = None) -> None:
        super().__init__(generator)
        self.p = chance("RandomHorizontalFlip", p)

    def change(self, images: Array, u: Array) -> Array:
        return np.where((u < self.p)[..., None, None], images[..., ::-1], images)

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"


class RandomCrop(RandomTransform):
    """A part of the image at a random place; with ``padding``, the image moved by up to that many pixels.

    Args:
        size: (H, W) of the part, or one number for both.
        padding: pixels added before cutting: on all sides, or (left and right, top and bottom), or (left,
            top, right, bottom).
        fill: their value.
        padding_mode: "constant" uses ``fill``; "edge" repeats the border, "reflect" mirrors the image without
            the border's pixels, "symmetric" with them.
        generator: a ``minigrad.Generator``.

    Raises:
        ShapeError: the padded image is smaller than ``size``.
    """

    draws = 2

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        *,  # torchvision has pad_if_needed here
        fill: float = 0,
        padding_mode: PaddingMode = "constant",
        generator: Any = None,
    ) -> None:
        super().__init__(generator)
        self.size = (size, size) if isinstance(size, int) else several(size)
        if len(self.size) != 2 or not all(isinstance(s, int) and s >= 1 for s in self.size):
            raise ValueError(f"RandomCrop: size is (H, W), at least 1 each; got {size!r}.")
        self.padding = _four(padding)
        if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
            raise ValueError(
                'RandomCrop: padding_mode must be "constant", "edge", "reflect" or "symmetric", got '
                f"{padding_mode!r}."
            )
        self.fill = fill
        self.padding_mode = padding_mode

    def change(self, images: Array, u: Array) -> Array:
        left, top, right, bottom = self.padding
        edges = [(0, 0), (0, 0), (top, bottom), (left, right)]
        if self.padding_mode == "constant":
            x = np.pad(images, edges, constant_values=pixels("RandomCrop", "fill", self.fill, images.dtype))
        else:
            x = np.pad(images, edges, mode=self.padding_mode)
        (h, w), (height, width) = self.size, x.shape[2:]
        if height < h or width < w:
            raise ShapeError(
                f"RandomCrop: cannot cut {h} x {w} pixels out of images of {height} x {width}, padding "
                "included. Choose a smaller size, or more padding."
            )
        rows = whole(u[:, 0], height - h + 1)
        columns = whole(u[:, 1], width - w + 1)
        windows = np.lib.stride_tricks.sliding_window_view(x, (h, w), (2, 3))  # (N, C, rows, columns, h, w)
        return np.ascontiguousarray(windows[np.arange(len(x)), :, rows, columns])

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding}, padding_mode={self.padding_mode!r})"


class RandomErasing(RandomTransform):
    """A rectangle blanked, with probability p: then no single part of the image can be relied on.

    Args:
        p: the probability.
        scale: the smallest and the largest area, as shares of the image's.
        ratio: the smallest and the largest ratio of its sides, height to width.
        value: what is written there: a number, or one for each channel.
        inplace: must stay False.
        generator: a ``minigrad.Generator``.

    Where no rectangle drawn fits into the image, in ten tries, the image stays as it is.

    Zhong et al. 2017, "Random erasing data augmentation".
    """

    draws = 1 + 2 * TRIES + 2

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | Sequence[float] | str = 0,
        inplace: bool = False,
        generator: Any = None,
    ) -> None:
        super().__init__(generator)
        refuse("RandomErasing", inplace=inplace)
        self.scale, self.ratio, self.value = several(scale), several(ratio), value
        if len(self.scale) != 2 or not 0 <= self.scale[0] <= self.scale[1] <= 1:
            raise ValueError(f"RandomErasing: scale is (low, high) from 0 to 1, got {scale}.")
        if len(self.ratio) != 2 or not 0 < self.ratio[0] <= self.ratio[1] < math.inf:
            raise ValueError(f"RandomErasing: ratio is (low, high), above 0; got {ratio}.")
        if isinstance(value, str):
            raise NotImplementedError(f"RandomErasing: value={value!r} is not supported: give numbers.")
        self.p = chance("RandomErasing", p)

    def change(self, images: Array, u: Array) -> Array:
        count, channels, height, width = images.shape
        value = pixels("RandomErasing", "value", self.value, images.dtype)
        if value.ndim and value.shape != (channels,):
            raise ShapeError(
                f"RandomErasing: value has {value.size} numbers, the images have {channels} channels. Give "
                "one number, or one for each channel."
            )
        area = between(u[:, 1 : 1 + TRIES], *self.scale) * height * width  # (N, TRIES)
        ratio = np.exp(between(u[:, 1 + TRIES : 1 + 2 * TRIES], *np.log(self.ratio)))
        h = np.rint(np.sqrt(area * ratio)).astype(np.intp)
        w = np.rint(np.sqrt(area / ratio)).astype(np.intp)
        fits = (h < height) & (w < width)
        first = fits.argmax(axis=1)  # the first try that fits
        h, w = h[np.arange(count), first], w[np.arange(count), first]
        top = whole(u[:, -2], height - h + 1)
        left = whole(u[:, -1], width - w + 1)
        chosen = (u[:, 0] < self.p) & fits.any(axis=1)
        rows = _within(top, h, height)  # (N, H)
        columns = _within(left, w, width)  # (N, W)
        blank = chosen[:, None, None, None] & rows[:, None, :, None] & columns[:, None, None, :]
        return np.where(blank, value.reshape(-1, 1, 1), images)

    def __repr__(self) -> str:
        return f"RandomErasing(p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value})"


def _within(start: Array, length: Array, size: int) -> Array:
    """Which of the positions 0 ... size - 1 lie in start ... start + length - 1; (N, size)."""
    positions = np.arange(size)
    return (positions >= start[:, None]) & (positions < (start + length)[:, None])


def _four(padding: int | Sequence[int] | None) -> tuple[int, int, int, int]:
    """left, top, right, bottom"""
    sides = [padding or 0] * 4 if padding is None or isinstance(padding, int) else list(several(padding))
    if len(sides) == 2:
        sides *= 2
    if len(sides) != 4 or not all(isinstance(s, int) and s >= 0 for s in sides):
        raise ValueError(f"RandomCrop: padding is one number, two or four, at least 0; got {padding!r}.")
    left, top, right, bottom = sides
    return left, top, right, bottom
