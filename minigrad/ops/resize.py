"""Images made larger and smaller: interpolation, and channels rearranged to pixels."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.engine.op import Array, Tensor, of_tensors, raw
from minigrad.errors import DtypeError, ShapeError, refuse
from minigrad.ops.adaptive_pool import adaptive_avg_pool1d, adaptive_avg_pool2d
from minigrad.ops.along import slices_at
from minigrad.ops.shape import permute, reshape

__all__ = ["interpolate", "pixel_shuffle", "pixel_unshuffle"]

LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}
"""The modes that mix neighbours, and the number of axes each is for."""

Factors = float | Sequence[float]


@of_tensors
def interpolate(
    input: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: Factors | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """x read at evenly spaced places along each axis after the channels. With ``scale`` the distance from one
    place to the next, place i of an axis of n elements is

        "nearest"                          floor(i scale)
        "nearest-exact"                    floor((i + 1/2) scale)
        "linear", "bilinear", "trilinear"  p = (i + 1/2) scale - 1/2, or i (n - 1) / (out - 1) with
                                           ``align_corners``; y mixes the elements on both sides of p,
                                           (1 - t) x[floor(p)] + t x[floor(p) + 1] with t = p - floor(p)
        "area"                             no place, but a mean: adaptive average pooling

    Shapes: x (N, C, L), (N, C, H, W) or (N, C, D, H, W); the linear modes are for one, two and three axes.

    Arguments: ``size`` of the output, or ``scale_factor``, by which its sizes are n scale_factor, rounded
    down; each a number for all axes or one for each. The distance is 1 / scale_factor if that is given, else
    n / out; ``recompute_scale_factor`` takes the latter in both cases.

    Not supported: the mode "bicubic", and ``antialias``.

    Raises NotImplementedError for another mode, ValueError for options that contradict each other, DtypeError
    for integers to be mixed, ShapeError for sizes below 1.
    """
    refuse("interpolate", antialias=antialias)
    if mode in ("bicubic", "lanczos"):
        raise NotImplementedError(f'interpolate: mode {mode!r} is not supported; "bilinear" comes nearest')
    if mode not in ("nearest", "nearest-exact", "area", *LINEAR):
        raise NotImplementedError(
            f"interpolate: mode {mode!r} is not one of nearest, nearest-exact, linear, bilinear, "
            "trilinear, area"
        )
    axes = input.ndim - 2
    if axes not in (1, 2, 3) or LINEAR.get(mode, axes) != axes:
        expected = "one to three axes" if mode not in LINEAR else f"{LINEAR[mode]} axes"
        raise NotImplementedError(
            f"interpolate: mode {mode} is for {expected} after (N, C); got shape {tuple(input.shape)}"
        )
    if align_corners is not None and mode not in LINEAR:
        raise ValueError(f"interpolate: align_corners is for linear, bilinear and trilinear, not for {mode}")
    if mode in LINEAR and input.dtype.kind != "f":
        raise DtypeError(f"interpolate: {mode} mixes numbers and needs floating ones, got {input.dtype}")
    lengths = tuple(input.shape[2:])
    sizes, factors = _sizes(lengths, size, scale_factor)
    if recompute_scale_factor:
        if size is not None:
            raise ValueError("interpolate: recompute_scale_factor is for scale_factor; size was given")
        factors = None
    if mode == "area":
        return _area(input, sizes)
    if min((*lengths, *sizes, input.shape[1])) < 1:
        raise ShapeError(
            f"interpolate: sizes are at least 1; x has shape {tuple(input.shape)}, y would have {sizes}"
        )
    y = input
    for k, (n, out) in enumerate(zip(lengths, sizes, strict=True)):
        # As in PyTorch, in these modes a size that stays, though n scale_factor was rounded, leaves x alone.
        if n != out or not (mode in LINEAR or (mode == "nearest" and axes == 2)):
            distance = n / out if factors is None else 1 / factors[k]
            y = _along(y, 2 + k, out, distance, mode, bool(align_corners))
    return y


def _along(x: Array, dim: int, out: int, distance: float, mode: str, align_corners: bool) -> Array:
    """x read at ``out`` places along one axis."""
    n = x.shape[dim]
    # In the dtype that PyTorch works them out in: rounding decides between two neighbours.
    number = x.dtype.type if mode in LINEAR else np.float32
    i, scale = np.arange(out).astype(number), number(distance)
    if mode not in LINEAR:
        at = i * scale if mode == "nearest" else (i + number(0.5)) * scale
        if mode == "nearest" and out == 2 * n and x.ndim == 4:
            at = i / 2
        return slices_at(x, dim, np.minimum(np.floor(at).astype(np.int64), n - 1))
    if align_corners:
        p = i * number((n - 1) / (out - 1) if out > 1 else 0)
    else:
        p = np.maximum((i + number(0.5)) * scale - number(0.5), 0)
    low = np.minimum(np.floor(p).astype(np.int64), n - 1)
    high = np.minimum(low + 1, n - 1)
    t = np.clip(p - low.astype(number), 0, 1).reshape((-1,) + (1,) * (x.ndim - 1 - dim))
    t = place.constant(raw(x), t)
    return slices_at(x, dim, low) * (1 - t) + slices_at(x, dim, high) * t


def _sizes(
    lengths: tuple[int, ...], size: int | Sequence[int] | None, scale_factor: Factors | None
) -> tuple[tuple[int, ...], tuple[float, ...] | None]:
    """The sizes of the output, and the factors if they were given."""
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"interpolate: expected size or scale_factor, one of them; got size={size!r} and "
            f"scale_factor={scale_factor!r}"
        )
    given: Any = size if size is not None else scale_factor
    every = tuple(given) if isinstance(given, (tuple, list)) else (given,) * len(lengths)
    if len(every) != len(lengths):
        raise ValueError(
            f"interpolate: expected a number for each of the {len(lengths)} axes {lengths} after (N, C), or "
            f"one for all; got {given!r}"
        )
    if size is None:
        factors = tuple(map(float, every))
        return tuple(math.floor(n * f) for n, f in zip(lengths, factors, strict=True)), factors
    if not all(isinstance(n, (int, np.integer)) for n in every):
        raise TypeError(f"interpolate: size is made of integers, got {size!r}")
    return every, None


def _area(input: Array, sizes: tuple[int, ...]) -> Array:
    if len(sizes) == 3:
        raise NotImplementedError("interpolate: mode area is supported for one and two axes, not for three")
    return adaptive_avg_pool1d(input, sizes) if len(sizes) == 1 else adaptive_avg_pool2d(input, sizes)


@of_tensors
def pixel_shuffle(input: Array, upscale_factor: int) -> Tensor:
    """Each r x r channels made one channel of r times the rows and columns:
    y[c, h r + a, w r + b] = x[c r r + a r + b, h, w].

    Shapes: (..., C r r, H, W) -> (..., C, H r, W r). Shi et al. 2016.

    Raises ShapeError unless the channels are a multiple of r r.
    """
    r = _factor("pixel_shuffle", "upscale_factor", upscale_factor, input)
    *front, channels, H, W = input.shape
    if channels % (r * r):
        raise ShapeError(
            f"pixel_shuffle: the {channels} channels of {tuple(input.shape)} are not a multiple of "
            f"upscale_factor squared, {r * r}"
        )
    C, n = channels // (r * r), len(front)
    apart = reshape(input, (*front, C, r, r, H, W))
    order = (*range(n + 1), n + 3, n + 1, n + 4, n + 2)  # (..., C, H, r, W, r)
    return reshape(permute(apart, order), (*front, C, H * r, W * r))


@of_tensors
def pixel_unshuffle(input: Array, downscale_factor: int) -> Tensor:
    """pixel_shuffle undone: (..., C, H r, W r) -> (..., C r r, H, W)

    Raises ShapeError unless height and width are multiples of r.
    """
    r = _factor("pixel_unshuffle", "downscale_factor", downscale_factor, input)
    *front, C, height, width = input.shape
    if height % r or width % r:
        raise ShapeError(
            f"pixel_unshuffle: height and width of {tuple(input.shape)} are not multiples of the "
            f"downscale_factor {r}"
        )
    H, W, n = height // r, width // r, len(front)
    apart = reshape(input, (*front, C, H, r, W, r))
    order = (*range(n + 1), n + 2, n + 4, n + 1, n + 3)  # (..., C, r, r, H, W)
    return reshape(permute(apart, order), (*front, C * r * r, H, W))


def _factor(name: str, option: str, factor: Any, input: Array) -> int:
    if not isinstance(factor, (int, np.integer)):
        raise TypeError(f"{name}: {option} is an integer, got {factor!r}")
    if factor < 1:
        raise ShapeError(f"{name}: {option} is at least 1, got {factor}")
    if input.ndim < 3:
        raise ShapeError(f"{name}: expected x of shape (..., C, H, W), got {tuple(input.shape)}")
    return int(factor)
