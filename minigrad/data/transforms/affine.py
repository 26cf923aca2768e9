"""Turning, moving, zooming and shearing images: every new pixel is looked up where it came from.

A point p of the old image, measured from the image's centre, goes to

    p' = s R(a) S(b, c) p + t

where R turns by the angle a, S shears by the angles b along the rows and c along the columns, s zooms and t
moves. For each pixel p' of the new image the equation is solved for p, and the value there is taken from the
pixels around it. What lies outside of the old image has the value ``fill``.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.transforms.chance import RandomTransform, between, pixels, several
from minigrad.errors import DtypeError

Interpolation = Literal["nearest", "bilinear"]


class RandomAffine(RandomTransform):
    """Images turned, moved, zoomed and sheared at random.

    Args:
        degrees: turn by up to so many degrees either way, or (least, most); clockwise is positive.
        translate: move by up to these shares of the width and of the height; None does not.
        scale: zoom by a factor from (least, most): above 1 things get larger; None does not.
        shear: shear the rows by up to so many degrees either way, or (least, most); with four numbers, the
            rows and the columns; None does not.
        interpolation: "nearest" takes the nearest pixel, "bilinear" mixes the four around.
        fill: the value outside of the image.
        generator: a ``minigrad.Generator``.
    """

    draws = 6

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: Interpolation = "nearest",
        fill: float = 0,
        *,  # torchvision has center here
        generator: Any = None,
    ) -> None:
        super().__init__(generator)
        name = type(self).__name__
        self.degrees = _range(name, "degrees", degrees)
        self.translate = (0.0, 0.0) if translate is None else several(translate)
        self.scale = (1.0, 1.0) if scale is None else several(scale)
        self.shear = _shears(name, shear)
        if len(self.translate) != 2 or not all(0 <= t <= 1 for t in self.translate):
            raise ValueError(f"{name}: translate is two shares from 0 to 1, got {translate!r}.")
        if len(self.scale) != 2 or not 0 < self.scale[0] <= self.scale[1]:
            raise ValueError(f"{name}: scale is (least, most), above 0; got {scale!r}.")
        if interpolation not in ("nearest", "bilinear"):
            raise ValueError(f'{name}: interpolation must be "nearest" or "bilinear", got {interpolation!r}.')
        if not isinstance(fill, int | float | np.number):
            raise ValueError(f"{name}: fill is one number, for all channels; got {fill!r}.")
        self.interpolation = interpolation
        self.fill = fill

    def change(self, images: Array, u: Array) -> Array:
        height, width = images.shape[2:]
        turn = between(u[:, 0], *self.degrees)
        zoom = between(u[:, 1], *self.scale)
        shear = np.stack([between(u[:, 2], *self.shear[:2]), between(u[:, 3], *self.shear[2:])], axis=1)
        most = np.array([self.translate[0] * width, self.translate[1] * height])
        move = np.rint((2 * u[:, 4:6] - 1) * most)  # whole pixels, as torchvision has it
        return self._warp(images, forward(turn, zoom, shear), move)

    def _warp(self, images: Array, matrices: Array, move: Array) -> Array:
        fill = pixels(type(self).__name__, "fill", self.fill, images.dtype)
        return warp(images, matrices, move, self.interpolation, fill)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(degrees={self.degrees}, translate={self.translate}, scale={self.scale}, "
            f"shear={self.shear}, interpolation={self.interpolation!r}, fill={self.fill})"
        )


class RandomRotation(RandomAffine):
    """Images turned at random about their centre.

    Args:
        degrees: turn by up to so many degrees either way, or (least, most); anticlockwise is positive, as in
            torchvision.
        interpolation: "nearest" takes the nearest pixel, "bilinear" mixes the four around.
        expand, center: must keep their defaults.
        fill: the value outside of the image.
        generator: a ``minigrad.Generator``.
    """

    draws = 1

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: Interpolation = "nearest",
        expand: bool = False,
        center: None = None,
        fill: float = 0,
        generator: Any = None,
    ) -> None:
        if expand or center is not None:
            option = "expand=True" if expand else f"center={center!r}"
            raise NotImplementedError(
                f"RandomRotation: {option} is not supported: images turn about their centre and keep their "
                "size."
            )
        super().__init__(degrees, interpolation=interpolation, fill=fill, generator=generator)

    def change(self, images: Array, u: Array) -> Array:
        turn = -between(u[:, 0], *self.degrees)
        matrix = forward(turn, np.ones(len(u)), np.zeros((len(u), 2)))
        return self._warp(images, matrix, np.zeros((len(u), 2)))

    def __repr__(self) -> str:
        return (
            f"RandomRotation(degrees={self.degrees}, interpolation={self.interpolation!r}, fill={self.fill})"
        )


def forward(turn: Array, zoom: Array, shear: Array) -> Array:
    """The matrices s R S, (N, 2, 2), of points (x, y), y downwards.

    Args:
        turn: degrees, clockwise, (N,). zoom: factors, (N,). shear: degrees, along rows and columns, (N, 2).
    """
    a, (b, c) = np.radians(turn), np.tan(np.radians(shear)).T
    one, none = np.ones_like(a), np.zeros_like(a)
    rotation = _matrices(np.cos(a), -np.sin(a), np.sin(a), np.cos(a))
    along_columns = _matrices(one, none, -c, one)
    along_rows = _matrices(one, -b, none, one)
    matrices: Array = zoom[:, None, None] * (rotation @ along_columns @ along_rows)
    return matrices


def warp(images: Array, matrices: Array, move: Array, interpolation: Interpolation, fill: Any) -> Array:
    """Images whose points p, from the centre, have gone to ``matrices @ p + move``.

    Shapes: images (N, C, H, W), matrices (N, 2, 2), move (N, 2) -> (N, C, H, W).
    """
    height, width = images.shape[2:]
    if interpolation == "bilinear" and images.dtype.kind != "f":
        raise DtypeError(
            f"bilinear interpolation mixes pixels, which {images.dtype} cannot hold. Put ToTensor before."
        )
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).reshape(-1, 2)  # (H*W, 2)
    back = np.linalg.inv(matrices)  # (N, 2, 2)
    points = (grid - centre - move[:, None]) @ back.transpose(0, 2, 1) + centre  # (N, H*W, 2)
    x, y = points[..., 0], points[..., 1]
    if interpolation == "nearest":
        # A thousandth of a pixel decides nothing: what should lie halfway goes the same way on every machine.
        taken = _at(images, np.floor(x + 0.5 - 1e-6), np.floor(y + 0.5 - 1e-6), fill)
    else:
        left, top = np.floor(x), np.floor(y)
        right_part, low_part = (x - left).astype(images.dtype), (y - top).astype(images.dtype)
        taken = sum(
            _at(images, left + dx, top + dy, fill)
            * ((right_part if dx else 1 - right_part) * (low_part if dy else 1 - low_part))[:, None]
            for dy in (0, 1)
            for dx in (0, 1)
        )
    return np.ascontiguousarray(taken).reshape(images.shape)


def _at(images: Array, x: Array, y: Array, fill: Any) -> Array:
    """The pixels at whole x and y, (N, P) each, or ``fill`` outside; (N, C, P)."""
    count, channels, height, width = images.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    place = np.where(inside, y * width + x, 0).astype(np.intp)  # (N, P)
    taken = np.take_along_axis(images.reshape(count, channels, height * width), place[:, None], axis=2)
    return np.where(inside[:, None], taken, np.asarray(fill, images.dtype))


def _matrices(a: Array, b: Array, c: Array, d: Array) -> Array:
    """[[a, b], [c, d]] for each, (N, 2, 2)."""
    return np.stack([a, b, c, d], axis=-1).reshape(-1, 2, 2)


def _range(name: str, option: str, value: float | Sequence[float]) -> tuple[float, float]:
    """(least, most); one number stands for either way."""
    if isinstance(value, int | float | np.number):
        if not 0 <= value < math.inf:
            raise ValueError(f"{name}: {option} must be at least 0, or (least, most); got {value!r}.")
        return -value, value
    ends = several(value)
    if len(ends) != 2 or not -math.inf < ends[0] <= ends[1] < math.inf:
        raise ValueError(f"{name}: {option} is a number or (least, most), got {value!r}.")
    return ends[0], ends[1]


def _shears(name: str, shear: float | Sequence[float] | None) -> tuple[float, float, float, float]:
    if shear is None:
        return 0.0, 0.0, 0.0, 0.0
    numbers = several(shear)
    if isinstance(shear, int | float | np.number) or len(numbers) == 2:
        return *_range(name, "shear", shear), 0.0, 0.0
    if len(numbers) != 4:
        raise ValueError(f"{name}: shear is one number, two or four, got {shear!r}.")
    return *_range(name, "shear", numbers[:2]), *_range(name, "shear", numbers[2:])
