"""Cases of minigrad/ops/reduce.py and order.py."""

import numpy as np

import minigrad as mg
from tests.ops.cases.table import case


@case("sum")
def _(d):
    shape = d.shape()
    dim, keepdim, dtype = d.dims(len(shape)), d.flag(), d.pick(None, mg.float64)
    return lambda x: mg.sum(x, dim, keepdim, dtype=dtype), d.tensor(shape)


@case("mean", "logsumexp")
def _(d, name):
    shape = d.shape(side=1)
    dim, keepdim = d.dims(len(shape)), d.flag()
    if name == "logsumexp" and dim is None:
        dim = ()
    return lambda x: getattr(mg, name)(x, dim, keepdim), d.tensor(shape)


@case("logsumexp, with -inf")
def _(d):
    # exp(-inf) = 0 is a constant part of the sum.
    x, mask = d.tensor((2, 3)), np.array([[False, False, True], [True, False, True]])
    return lambda x: mg.logsumexp(x.masked_fill(mg.tensor(mask), -np.inf), 1), x


@case("prod")
def _(d):
    shape = d.shape()
    dim, keepdim = d.pick(None, d.dim(len(shape))), d.flag()
    # One zero or several in a row: y / x cannot be the rule there.
    values = d.numbers(shape) * (d.random.random(shape) < d.pick(1.0, 0.7, 0.3))
    return (lambda x: mg.prod(x) if dim is None else mg.prod(x, dim, keepdim)), mg.tensor(
        values, requires_grad=True
    )


@case("cumsum")
def _(d):
    shape = d.shape()
    dim = d.dim(len(shape))
    return lambda x: mg.cumsum(x, dim), d.tensor(shape)


@case("amax", "amin", kinks=True)
def _(d, name):
    shape = d.shape(side=1)
    dim, keepdim = d.dims(len(shape)), d.flag()
    if dim is None:
        dim = ()
    return lambda x: getattr(mg, name)(x, dim, keepdim), d.with_ties(shape)


@case("max", "min", kinks=True)
def _(d, name):
    f = getattr(mg, name)
    shape = d.shape(side=1)
    dim, keepdim = d.dim(len(shape)), d.flag()
    a, b = d.shapes(2)
    return d.pick(
        (f, d.with_ties(shape)),
        (lambda x: f(x, dim, keepdim).values, d.with_ties(shape)),
        (f, [d.with_ties(a), d.with_ties(b)]),
    )


@case("sort", "topk", kinks=True)
def _(d, name):
    shape = d.shape(side=1)
    dim, descending = d.dim(len(shape)), d.flag()
    if name == "sort":
        return lambda x: mg.sort(x, dim, descending).values, d.with_ties(shape)
    k = d.integer(1, shape[dim] if shape else 1)
    return lambda x: mg.topk(x, k, dim, largest=descending).values, d.with_ties(shape)


@case("var", "std")
def _(d, name):
    f = getattr(mg, name)
    shape = d.shape(1, 3, side=3, longest=4)
    dim, keepdim = d.dims(len(shape)), d.flag()
    if isinstance(dim, (tuple, list)) and not dim:
        dim = None
    unbiased, correction = d.flag(), d.pick(0, 1, 2, 0.5)
    g = d.pick(
        lambda x: f(x),
        lambda x: f(x, unbiased),
        lambda x: f(x, dim, unbiased, keepdim),
        lambda x: f(x, dim, correction=correction, keepdim=keepdim),
    )
    return g, d.tensor(shape)


@case("std, of equal numbers", kinks=True)
def _(d):
    # The root has no derivative at 0; its rule gives 0 and no NaN.
    values = np.where(d.random.random((3, 1)) < 0.5, 1.5, d.numbers((3, 3)))
    return lambda x: mg.std(x, 1), mg.tensor(values, requires_grad=True)


@case("norm", kinks=True)
def _(d):
    shape = d.shape(side=1)
    p = d.pick(2, "fro", 1, 3, 4, np.inf, -np.inf)
    dim, keepdim = d.dims(len(shape)), d.flag()
    if isinstance(dim, (tuple, list)) and not dim:
        dim = None
    return lambda x: mg.norm(x, p, dim, keepdim), d.with_ties(shape)


@case("norm, of any power")
def _(d):
    shape = d.shape(side=1)
    p = d.pick(2.5, 1.5, 0.5, -1, -2)
    return lambda x: mg.norm(x, p), d.apart_from_zero(shape)
