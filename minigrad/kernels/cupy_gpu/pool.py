"""Pooling: see source/pool.cu."""

import functools

import numpy as np

from minigrad.kernels.cupy_gpu.arrays import Where, c_ordered, empty, sent, where_is
from minigrad.kernels.cupy_gpu.launch import blocks_for, launch
from minigrad.kernels.reference.arrays import Array, Padding, Pair
from minigrad.kernels.reference.pool import check_bounds, check_planes

__all__ = ["avg_pool2d", "avg_pool2d_grad", "max_pool2d", "max_pool2d_grad", "max_pool2d_pick"]


def max_pool2d(
    x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array
) -> Array:
    """See reference/."""
    check_planes("max_pool2d", x, places)
    x, y, filled = c_ordered(x), empty(places.shape, x), c_ordered(places)
    windows = _windows(where_is(x), x.shape, places.shape, kernel_size, stride, padding, dilation)
    _each_window("max_pool", places, y, filled, x, windows)
    if filled is not places:
        places[...] = filled
    return y


def max_pool2d_pick(
    x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array
) -> Array:
    """See reference/."""
    check_planes("max_pool2d_pick", x, places)
    x, places, y = c_ordered(x), c_ordered(places), empty(places.shape, x)
    windows = _windows(where_is(x), x.shape, places.shape, kernel_size, stride, padding, dilation)
    _each_window("max_pool_pick", places, y, places, x, windows)
    return y


def max_pool2d_grad(
    dy: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array, size: Pair
) -> Array:
    """See reference/."""
    if dy.shape != places.shape:
        raise ValueError(f"max_pool2d_grad: dy has shape {dy.shape}, places {places.shape}")
    dx = empty((*dy.shape[:2], *size), dy)
    if not dy.size:
        dx[...] = 0
    elif dx.size:
        dy, places = c_ordered(dy), c_ordered(places)
        windows = _windows(where_is(dy), dx.shape, dy.shape, kernel_size, stride, padding, dilation)
        args = dx, dy, places, windows
        launch("pool.cu", "max_pool_grad", blocks_for(dx.size), 256, *args, defines=_place_type(places))
    return dx


def avg_pool2d(x: Array, rows: Array, columns: Array, share: Array) -> Array:
    """See reference/."""
    check_bounds("avg_pool2d", rows, columns, share, x.shape[2:])
    x, (OH, OW) = c_ordered(x), share.shape
    y = empty((*x.shape[:2], OH, OW), x)
    if y.size:
        table = _bounds(where_is(x), *map(_frozen, (rows, columns)))
        planes = x.shape[0] * x.shape[1]
        args = y, x, *table, _shares(where_is(x), _frozen(share)), planes, *x.shape[2:], OH, OW
        launch("pool.cu", "avg_pool", blocks_for(y.size), 256, *args, defines=DEFAULT_PLACE)
    return y


def avg_pool2d_grad(dy: Array, rows: Array, columns: Array, share: Array, size: Pair) -> Array:
    """See reference/."""
    check_bounds("avg_pool2d_grad", rows, columns, share, size, dy.shape[2:])
    dx = empty((*dy.shape[:2], *size), dy)
    if not dy.size:
        dx[...] = 0
    elif dx.size:
        dy, where = c_ordered(dy), where_is(dy)
        windows = _frozen(rows), _frozen(columns)
        covers = _covers(where, windows[0], size[0]), _covers(where, windows[1], size[1])
        planes = dy.shape[0] * dy.shape[1]
        args = (
            dx,
            dy,
            *_bounds(where, *windows),
            *covers,
            _shares(where, _frozen(share)),
            planes,
            *size,
            *share.shape,
        )
        launch("pool.cu", "avg_pool_grad", blocks_for(dx.size), 256, *args, defines=DEFAULT_PLACE)
    return dx


DEFAULT_PLACE = (("PLACE", "int"),)


def _each_window(kernel: str, places: Array, *args: Array) -> None:
    if places.size:
        launch("pool.cu", kernel, blocks_for(places.size), 256, *args, defines=_place_type(places))


def _place_type(places: Array) -> tuple[tuple[str, str], ...]:
    if places.dtype not in (np.uint8, np.int32):
        raise TypeError(f"pooling: expected places of uint8 or int32, got {places.dtype}")
    return (("PLACE", "unsigned char"),) if places.dtype == np.uint8 else DEFAULT_PLACE


@functools.lru_cache(256)
def _windows(
    where: Where,
    image: tuple[int, ...],
    out: tuple[int, ...],
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
) -> Array:
    """struct Windows of pool.cu."""
    first = padding[0][0], padding[1][0]
    sizes = (out[0] * out[1], *image[2:], *out[2:], *kernel_size, *stride, *dilation, *first)
    return sent(sizes, where)


class _Frozen(tuple[bytes, str, tuple[int, ...]]):
    """A small array of the host as the key of a cache."""

    __slots__ = ()

    @property
    def array(self) -> Array:
        """The array, read-only."""
        return np.frombuffer(self[0], self[1]).reshape(self[2])


def _frozen(x: Array) -> _Frozen:
    return _Frozen((x.tobytes(), x.dtype.str, x.shape))


@functools.lru_cache(256)
def _bounds(where: Where, rows: _Frozen, columns: _Frozen) -> tuple[Array, Array]:
    """The first and the last row, and column, of each window."""
    return sent(rows.array.astype(np.int32), where), sent(columns.array.astype(np.int32), where)


@functools.lru_cache(256)
def _shares(where: Where, share: _Frozen) -> Array:
    return sent(share.array, where)


@functools.lru_cache(256)
def _covers(where: Where, bounds: _Frozen, size: int) -> Array:
    """For each row of the image the first window that covers it and the one after the last, (size, 2)."""
    at = np.arange(size)[:, None]
    covers = (bounds.array[:, 0] <= at) & (at < bounds.array[:, 1])  # (size, windows)
    first, last = covers.argmax(1), covers.shape[1] - covers[:, ::-1].argmax(1)
    return sent(np.stack([first, np.where(covers.any(1), last, first)], 1).astype(np.int32), where)
