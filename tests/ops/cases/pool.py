"""Cases of minigrad/ops/pool.py, adaptive_pool.py, pad.py and resize.py.

Maxima have kinks where two elements are equal; images drawn with ties have many. gradcheck steps aside there.
"""

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.autograd import grad
from tests.ops.cases.table import case


def image(d, axes, low=2, high=4, batches=(0, 1)):
    """A shape (N, C, ...) or (C, ...)."""
    front = d.pick((1, 1), (1, 2), (1,), (2,)) if d.integer(0, 9) else (batches[0], 1)
    return (*front, *(d.integer(low, high) for _ in range(axes)))


def number_or_each(d, axes, low, high):
    return d.pick(d.integer(low, high), tuple(d.integer(low, high) for _ in range(axes)))


def windows(d, axes):
    """Options of pooling that fit into an image of at least 2 x 2."""
    kernel = number_or_each(d, axes, 1, 2)
    half = 1 if kernel == 2 or kernel == (2,) * axes else 0
    return {
        "kernel_size": kernel,
        "stride": d.pick(None, number_or_each(d, axes, 1, 3)),
        "padding": d.pick("same", number_or_each(d, axes, 0, half)),
        "ceil_mode": d.flag(),
    }


@case("F.max_pool1d", "F.max_pool2d", kinks=True)
def _(d, name):
    axes = 1 if "1d" in name else 2
    options = windows(d, axes)
    dilated = d.flag() and isinstance(options["padding"], int)
    shape = image(d, axes, 3 if dilated else 2, high=24 if axes == 1 else 4)  # a short line has few ties
    if dilated:
        options |= {"dilation": 2, "padding": 0}
    if d.flag():
        options["return_indices"] = True
    return lambda x: getattr(F, name[2:])(x, **options), d.with_ties(shape)


@case("F.max_pool2d, its gradient")
def _(d):
    options, x = windows(d, 2), d.with_ties((1, 2, 3, 3))
    y = F.max_pool2d(x, **options)
    return lambda dy: grad(y, x, dy, create_graph=True)[0], d.tensor(y.shape)


@case("F.avg_pool1d", "F.avg_pool2d")
def _(d, name):
    axes = 1 if "1d" in name else 2
    options = {**windows(d, axes), "count_include_pad": d.flag()}
    if axes == 2:
        options["divisor_override"] = d.pick(None, 3)
    return lambda x: getattr(F, name[2:])(x, **options), d.tensor(image(d, axes))


@case("F.avg_pool2d, its gradient")
def _(d):
    x = d.tensor((1, 2, 3, 3))

    def f(dy):
        y = F.avg_pool2d(x, 2, 1)
        return grad(y, x, dy, create_graph=True)[0]

    return f, d.tensor((1, 2, 2, 2))


@case("F.adaptive_avg_pool1d", "F.adaptive_avg_pool2d")
def _(d, name):
    axes = 1 if "1d" in name else 2
    size = number_or_each(d, axes, 1, 5)
    return lambda x: getattr(F, name[2:])(x, size), d.tensor(image(d, axes, 1))


@case("F.adaptive_max_pool1d", "F.adaptive_max_pool2d", kinks=True)
def _(d, name):
    axes = 1 if "1d" in name else 2
    size, indices = number_or_each(d, axes, 1, 5), d.flag()
    return lambda x: getattr(F, name[2:])(x, size, indices), d.with_ties(image(d, axes, 1))


@case("F.max_unpool1d", "F.max_unpool2d")
def _(d, name):
    axes = 1 if "1d" in name else 2
    x = mg.tensor(d.random.permutation(16).reshape((1, 16) if axes == 1 else (1, 1, 4, 4)) / 1.0)
    y, indices = getattr(F, f"max_pool{axes}d")(x, 2, return_indices=True)
    return lambda y: getattr(F, name[2:])(y, indices, 2), d.tensor(y.shape)


@case("F.dropout1d", "F.dropout2d")
def _(d, name):
    p, seed, training = d.pick(0.0, 0.3, 0.9), d.integer(0, 1000), d.integer(0, 4) > 0
    shape = d.pick((2, 3, 2), (3, 2)) if "1d" in name else (2, 2, 2, 1)

    def f(x):
        mg.manual_seed(seed)
        return getattr(F, name[2:])(x, p, training) * 2

    return f, d.tensor(shape)


# Padding and resizing ---------------------------------------------------------------------------------------


@case("F.pad, of an image")
def _(d):
    axes = d.integer(1, 2)
    mode = d.pick("reflect", "replicate", "circular")
    widths = [d.integer(-1, 1 if mode != "replicate" else 3) for _ in range(2 * axes)]
    return lambda x: F.pad(x, widths, mode), d.tensor(image(d, axes, 3, 4))


@case("F.pad, its gradient")
def _(d):
    # Reflection takes slices in no order, replication some of them several times.
    x, mode = d.tensor((1, 2, 4)), d.pick("reflect", "replicate", "circular")
    return lambda dy: grad(F.pad(x, (2, 1), mode), x, dy, create_graph=True)[0], d.tensor((1, 2, 7))


@case("F.interpolate")
def _(d):
    axes = d.integer(1, 2)
    mode = d.pick("nearest", "nearest-exact", "area", "linear" if axes == 1 else "bilinear")
    options = d.pick(
        {"size": number_or_each(d, axes, 1, 6)},
        {"scale_factor": d.pick(2, 1.5, 0.7, (1.3,) * axes), "recompute_scale_factor": d.pick(None, True)},
    )
    if "linear" in mode:
        options["align_corners"] = d.pick(None, False, True)
    shape = (*d.pick((1, 1), (1, 2)), *(d.integer(2, 4) for _ in range(axes)))
    return lambda x: F.interpolate(x, mode=mode, **options), d.tensor(shape)


@case("F.pixel_shuffle", "F.pixel_unshuffle")
def _(d, name):
    r, front = d.integer(1, 2), d.pick((), (2,))
    shape = (r * r, 1, 2) if name == "F.pixel_shuffle" else (1, r, 2 * r)
    return lambda x: getattr(F, name[2:])(x, r), d.tensor((*front, *shape))
