"""A call of every kernel for a card, with sizes that take it through more than one block, part and tile."""

import numpy as np

from minigrad.kernels import reference
from minigrad.kernels.cupy_gpu import tiles

ONE = (1, 1)


def arrays(dtype, *shapes):
    rng = np.random.default_rng(0)
    return [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]


def _conv(n, c, o, size, k, s, p, groups=1):
    out = (size + 2 * p - k) // s + 1
    return (
        (n, c, size, size),
        (o, c // groups, k, k),
        (n, o, out, out),
        ((s, s), ((p, p), (p, p)), ONE, groups),
    )


CONVOLUTIONS = {
    "a table for each k": _conv(2, 5, 8, 10, 3, 2, 1),
    "depthwise": _conv(2, 6, 6, 9, 3, 1, 1, 6),
}
ON_TENSOR_CORES = {  # by float32 alone
    "channels alike": _conv(2, 16, 20, 9, 3, 1, 1),
    "two tiles below each other": _conv(2, 16, 72, 8, 3, 1, 1),
    "split sums": _conv(2, 128, 16, 6, 3, 1, 1),
    "rows of fours": _conv(3, 3, 40, 8, 2, 2, 0),
}


def calls(dtype):
    """(what it is, kernel's name, arguments): arrays are made anew each time."""
    convolutions = CONVOLUTIONS | (ON_TENSOR_CORES if dtype == np.float32 else {})
    for case, (x_shape, w_shape, y_shape, options) in convolutions.items():
        x, w, dy, bias = arrays(dtype, x_shape, w_shape, y_shape, w_shape[:1])
        yield case, "conv2d", (x, w, bias, *options)
        yield case, "conv2d_input_grad", (dy, w, None, x_shape[2:], *options)
        yield case, "conv2d_weight_grad", (dy, x, w_shape[2:], *options)
    x, dy = arrays(dtype, (3, 700), (3, 700))
    for name, args in (
        *((name, (x,)) for name in ("relu", "relu_", "silu", "silu_", "erf")),
        *((name, (dy, x)) for name in ("relu_grad", "silu_grad")),
        ("dropout", (x, 0.3, 5)),
    ):
        yield "", name, args
        yield (
            "between vectors",
            name,
            tuple(a[1:, 1:2].copy() if isinstance(a, np.ndarray) else a for a in args),
        )
    yield "", "leaky_relu", (x, 0.1)
    yield "", "leaky_relu_grad", (dy, x, 0.1)
    for case, shape in {
        "a block for each part": (70, 3, 1, 64),
        "vectors do not fit": (9, 4, 1, 63),
        "neighbours are channels": (40, 300, 1, 1),
        "groups": (5, 2, 3, 9),
    }.items():
        x, dy, weight = arrays(dtype, shape, shape, shape[1:3])
        mean, rstd = np.linspace(-1, 1, shape[1]), np.linspace(1, 2, shape[1])
        channels = np.linspace(-1, 1, shape[1] * shape[2])
        flat = x.reshape(shape[0], -1, shape[3])
        yield case, "moments", (flat,)
        yield case, "scale_and_shift", (flat, channels, channels, channels)
        yield case, "norm_grad", (dy, x, weight, mean, rstd, False, True)
        yield case, "channel_sums", (flat,)
    for kind in (np.uint8, np.int32):
        windows = (3, 2), (2, 1), ((1, 0), (0, 1)), (1, 2)
        x, dy = arrays(dtype, (3, 4, 9, 11), (3, 4, 4, 10))
        places = np.empty(dy.shape, kind)
        reference.max_pool2d(x, *windows, places)
        yield kind.__name__, "max_pool2d", (x, *windows, places)
        yield kind.__name__, "max_pool2d_pick", (x, *windows, places)
        yield kind.__name__, "max_pool2d_grad", (dy, *windows, places, x.shape[2:])
    rows, columns = (np.arange(n)[:, None] * 2 + np.array([0, 3]) for n in (4, 5))
    share = np.full((4, 5), 1 / 9, dtype)
    x, dy = arrays(dtype, (3, 4, 9, 11), (3, 4, 4, 5))
    yield "", "avg_pool2d", (x, rows, columns, share)
    yield "", "avg_pool2d_grad", (dy, rows, columns, share, x.shape[2:])
    x, dy = arrays(dtype, (19, 70), (19,))
    target = np.arange(19) * 3
    yield "", "softmax_cross_entropy", (x, target)
    yield "", "softmax_cross_entropy_grad", (dy, x, target)
    dy, index = arrays(dtype, (600, 7))[0], np.arange(600) ** 2 % 5
    yield "", "index_add_rows", (dy, index, 6)
    dy, index = arrays(dtype, (8200, 1))[0], np.arange(8200) ** 2 % 8191
    yield "sorted", "index_add_rows", (dy, index, 8200)
    for name, states, numbers in (
        ("sgd_step", 1, (0.1, 0.9, 0.1, 0.3, True, False)),
        ("adam_step", 3, (3, 0.1, 0.9, 0.999, 1e-8, 0.3, True, False)),
        ("nadam_step", 2, (3, 0.1, 0.9, 0.999, 1e-8, 0.3, 0.45, 0.46, 0.4, False, True)),
        ("adagrad_step", 1, (3, 0.1, 0.1, 1e-10, 0.3, False)),
        ("rmsprop_step", 3, (0.1, 0.99, 1e-8, 0.3, 0.9, False)),
    ):
        shapes = (5000,), (3, 4), ()
        lists = [arrays(dtype, *shapes) for _ in range(2 + states)]
        for state in lists[2:]:
            for x in state:
                x[...] = 4 + np.abs(x)  # a mean of squares, say
        yield "", name, (*lists, *numbers)


def in_tiles_of(m):
    """A plan for convolutions with tiles of m rows, which is for larger ones than these."""
    tile = next(tile for tile in tiles.TILES if tile.m == m)
    return lambda rows, columns, *_: tiles.Plan(tile, 1, -(-columns // tiles.COLUMNS), -(-rows // m))


def copied(x):
    """The arguments, with arrays of their own."""
    if isinstance(x, list | tuple):
        return type(x)(map(copied, x))
    return x.copy() if isinstance(x, np.ndarray) else x


def results(backend, name, args):
    """Every array that the call returns or has written into."""
    args = copied(args)
    returned = getattr(backend, name)(*args)
    found = list(returned) if isinstance(returned, tuple) else [returned]
    for arg in args:
        found += arg if isinstance(arg, list) else [arg]
    return [x for x in found if isinstance(x, np.ndarray)]
