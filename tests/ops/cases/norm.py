"""Cases of minigrad/ops/norm.py: normalisation by channels."""

import numpy as np

import minigrad as mg
import minigrad.nn.functional as F
from tests.ops.cases.table import case


def call(d, f, x, channels):
    """f(x, weight, bias) with both, one of them, or neither."""
    weight, bias = d.tensor((channels,), 0.5, 1.5), d.tensor((channels,))
    which = d.pick("", "w", "b", "wb")
    if which == "b":
        return lambda x, b: f(x, None, b), [x, bias]
    return f, [x, weight, bias][: 1 + len(which)]


@case("F.batch_norm")
def _(d):
    shape = d.shape(1, 3, side=1)
    axis = d.dim(len(shape))
    channels = shape[axis]
    if channels == np.prod(shape):  # one value per channel has no variance
        shape, axis = (2, *shape), axis % len(shape) + 1
    mean, var, momentum = d.numbers((channels,)), d.numbers((channels,), 0.5, 2.0), d.pick(0.1, 1.0)
    tracked, eps = d.flag(), d.pick(1e-2, 0.3)

    def f(x, w=None, b=None):
        running = (mg.tensor(mean), mg.tensor(var)) if tracked else (None, None)
        return F.batch_norm(x, *running, w, b, True, momentum, eps, axis=axis)

    return call(d, f, d.tensor(shape), channels)


@case("F.batch_norm, in evaluation")
def _(d):
    shape = d.shape(1, 3)
    axis, eps = d.dim(len(shape)), d.pick(1e-2, 0.3)
    channels = shape[axis]
    mean, var = mg.tensor(d.numbers((channels,))), mg.tensor(d.numbers((channels,), 0.5, 2.0))
    return call(
        d,
        lambda x, w=None, b=None: F.batch_norm(x, mean, var, w, b, eps=eps, axis=axis),
        d.tensor(shape),
        channels,
    )


@case("F.group_norm")
def _(d):
    groups, members = d.integer(1, 3), d.integer(1, 2)
    shape = (2, groups * members, *d.shape(high=2, side=1))
    eps = d.pick(1e-2, 0.3)
    return call(d, lambda x, w=None, b=None: F.group_norm(x, groups, w, b, eps), d.tensor(shape), shape[1])


@case("F.batch_norm, of nothing", "F.group_norm, of nothing")
def _(d, name):
    def f(x, w, b):
        return F.batch_norm(x, None, None, w, b, True) if "batch" in name else F.group_norm(x, 1, w, b)

    return f, [d.tensor((0, 2, 3)), d.tensor((2,)), d.tensor((2,))]


@case("F.instance_norm")
def _(d):
    shape = (d.integer(0, 2), d.integer(1, 3), *d.pick((2,), (3,), (2, 2), (1, 3)))
    mean, var = d.numbers(shape[1:2]), d.numbers(shape[1:2], 0.5, 2.0)
    batch = d.integer(0, 3) > 0

    def f(x, w=None, b=None):
        return F.instance_norm(x, mg.tensor(mean), mg.tensor(var), w, b, batch, eps=0.1)

    return call(d, f, d.tensor(shape), shape[1])
