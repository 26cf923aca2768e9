"""Pooling: each window of an image becomes one number, its largest or its mean.

Images are (N, C, H, W), and a window slides over each of the N C planes alone. ``kernel_size``, ``stride``
and ``dilation`` are (of rows, of columns); ``padding`` is ((top, bottom), (left, right)).
"""

import numpy as np

from minigrad.kernels.reference.arrays import Array, Padding, Pair

__all__ = [
    "avg_pool2d",
    "avg_pool2d_grad",
    "max_pool2d",
    "max_pool2d_grad",
    "max_pool2d_indices",
    "max_pool2d_pick",
]


def max_pool2d(
    x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array
) -> Array:
    """The largest element of each window, and into ``places`` which one that is.

        y[n, c, i, j] = max over a < KH, b < KW of x[n, c, i SH - top + a DH, j SW - left + b DW]

    Elements outside of the image do not count; each window must have one inside. ``places`` (N, C, OH, OW)
    of small integers is overwritten with a KW + b, of equal elements the first; its shape says how many
    windows there are. A NaN is larger than anything, the last one of several.
    """
    check_planes("max_pool2d", x, places)
    (H, W), (OH, OW) = x.shape[2:], places.shape[2:]
    (KH, KW), (SH, SW), (DH, DW) = kernel_size, stride, dilation
    (top, _), (left, _) = padding
    bottom = max((OH - 1) * SH + (KH - 1) * DH + 1 - top - H, 0)  # how far the last windows reach out
    right = max((OW - 1) * SW + (KW - 1) * DW + 1 - left - W, 0)
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    image = np.pad(np.ones_like(x, dtype=bool, shape=(H, W), order="C"), ((top, bottom), (left, right)))

    y = np.zeros_like(x, shape=places.shape, order="C")
    places[...] = 0
    found = np.zeros_like(image, shape=(OH, OW))  # the windows that have an element by now
    for a in range(KH):
        for b in range(KW):
            # Element (a, b) of every window at once.
            row, column = a * DH, b * DW
            at = (slice(row, row + (OH - 1) * SH + 1, SH), slice(column, column + (OW - 1) * SW + 1, SW))
            element, inside = padded[:, :, *at], image[at]
            larger = inside & ((element > y) | (element != element) | ~found)  # unlike itself: a NaN
            np.copyto(y, element, where=larger)
            np.copyto(places, a * KW + b, where=larger)
            found |= inside
    return y


def max_pool2d_indices(
    places: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, width: int
) -> Array:
    """The places as numbers of elements in the whole plane, h W + w, where ``width`` is W. Shape of places,
    int64.
    """
    a, b = np.divmod(places.astype(np.int64), kernel_size[1])
    i = np.arange(places.shape[2], like=places)[:, None]
    j = np.arange(places.shape[3], like=places)
    h = i * stride[0] - padding[0][0] + a * dilation[0]
    w = j * stride[1] - padding[1][0] + b * dilation[1]
    index: Array = h * width + w
    return index


def max_pool2d_pick(
    x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array
) -> Array:
    """The element of each window at its place: y = max_pool2d(x) for the places that it found."""
    check_planes("max_pool2d_pick", x, places)
    index = max_pool2d_indices(places, kernel_size, stride, padding, dilation, x.shape[3])
    N, C, H, W = x.shape
    OH, OW = places.shape[2:]
    y = np.take_along_axis(x.reshape(N, C, H * W), index.reshape(N, C, OH * OW), axis=2)
    return y.reshape(places.shape)


def max_pool2d_grad(
    dy: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array, size: Pair
) -> Array:
    """The gradient of max_pool2d and of max_pool2d_pick: dy of each window added at its place.

    Shapes: dy and places (N, C, OH, OW), result (N, C, H, W) with ``size`` (H, W).
    """
    if dy.shape != places.shape:
        raise ValueError(f"max_pool2d_grad: dy has shape {dy.shape}, places {places.shape}")
    N, C = dy.shape[:2]
    index = max_pool2d_indices(places, kernel_size, stride, padding, dilation, size[1])
    dx = np.zeros_like(dy, shape=(N * C * size[0] * size[1],), order="C")
    plane = size[0] * size[1] * np.arange(N * C, like=dy).reshape(N, C, 1, 1)
    np.add.at(dx, plane + index, dy)
    return dx.reshape(N, C, *size)


def avg_pool2d(x: Array, rows: Array, columns: Array, share: Array) -> Array:
    """Each window's sum times its share, 1 / (number of elements) for a mean:

        y[n, c, i, j] = share[i, j] (sum of x[n, c, h, w] over rows[i, 0] <= h < rows[i, 1] and
                                                          columns[j, 0] <= w < columns[j, 1])

    Shapes: x (N, C, H, W), rows (OH, 2) and columns (OW, 2) of int64, within the image and none empty, share
    (OH, OW) in the dtype of x -> y (N, C, OH, OW). The three are NumPy's, wherever x is.
    """
    check_bounds("avg_pool2d", rows, columns, share, x.shape[2:])
    if x.dtype.char == "e":  # a window's sum may be larger than a float16
        half: Array = avg_pool2d(x.astype(np.float32), rows, columns, share).astype(x.dtype)
        return half
    N, C, _, W = x.shape
    bands = np.empty_like(x, shape=(N, C, len(rows), W), order="C")  # summed over the rows alone
    for i, (top, bottom) in enumerate(rows):
        bands[:, :, i] = x[:, :, top:bottom].sum(axis=2)
    y = np.empty_like(x, shape=(N, C, len(rows), len(columns)), order="C")
    for j, (left, right) in enumerate(columns):
        y[:, :, :, j] = bands[:, :, :, left:right].sum(axis=3)
    y *= np.asarray(share, like=x)
    return y


def avg_pool2d_grad(dy: Array, rows: Array, columns: Array, share: Array, size: Pair) -> Array:
    """The gradient of avg_pool2d: each element gets its window's dy times the share, from all its windows.

    Shapes: dy (N, C, OH, OW), result (N, C, H, W) with ``size`` (H, W).
    """
    check_bounds("avg_pool2d_grad", rows, columns, share, size, dy.shape[2:])
    N, C, OH, _ = dy.shape
    d = dy * np.asarray(share, like=dy)
    dbands = np.zeros_like(dy, shape=(N, C, OH, size[1]), order="C")
    for j, (left, right) in enumerate(columns):
        dbands[:, :, :, left:right] += d[:, :, :, j : j + 1]
    dx = np.zeros_like(dy, shape=(N, C, *size), order="C")
    for i, (top, bottom) in enumerate(rows):
        dx[:, :, top:bottom] += dbands[:, :, i : i + 1]
    return dx


# A compiled loop looks at no bounds: every backend calls these first.


def check_planes(name: str, x: Array, places: Array) -> None:
    """Raise if x (N, C, H, W) and places (N, C, OH, OW) are not of as many planes."""
    if x.ndim != 4 or places.ndim != 4 or x.shape[:2] != places.shape[:2]:
        raise ValueError(f"{name}: x of shape {x.shape} and places of shape {places.shape} do not fit")


def check_bounds(
    name: str, rows: Array, columns: Array, share: Array, image: Pair, size: Pair | None = None
) -> None:
    """Raise if a window reaches out of the image or is empty, or if there are not as many shares, or dy, as
    windows.
    """
    if share.shape != (len(rows), len(columns)) or size not in (None, share.shape):
        raise ValueError(
            f"{name}: {len(rows)} x {len(columns)} windows have shares of shape {share.shape} and dy {size}"
        )
    for bounds, n in ((rows, image[0]), (columns, image[1])):
        if bounds.size and not 0 <= bounds.min() <= bounds.max() <= n:
            raise ValueError(
                f"{name}: the windows go from {bounds.min()} to {bounds.max()}, the image {image} is smaller"
            )
        if (empty := bounds[:, 0] >= bounds[:, 1]).any():
            raise ValueError(
                f"{name}: the window from {bounds[empty][0, 0]} to {bounds[empty][0, 1]} is empty"
            )
