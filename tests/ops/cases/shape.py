"""Cases of minigrad/ops/shape.py, and of in-place writes, which are recorded with its operations."""

import math

import numpy as np

import minigrad as mg
from tests.ops.cases.table import case


def factors(d, shape):
    """Another shape of as many elements: the sizes in another order, with ones put in, one perhaps as -1."""
    sizes = [shape[i] for i in d.random.permutation(len(shape))]
    sizes.insert(d.integer(0, len(sizes)), 1)
    if math.prod(sizes) and d.flag():
        sizes[d.integer(0, len(sizes) - 1)] = -1
    return tuple(sizes)


@case("reshape", "Tensor.reshape", "Tensor.view")
def _(d, name):
    shape = d.shape()
    new = factors(d, shape)
    if name == "Tensor.view":
        return lambda x: (x * 1).view(*new), mg.tensor(d.numbers(shape), requires_grad=True)
    return (lambda x: mg.reshape(x, new)) if name == "reshape" else (lambda x: x.reshape(*new)), d.tensor(
        shape
    )


@case("Tensor.reshape_as", "Tensor.view_as")
def _(d, name):
    shape = d.shape()
    like = mg.zeros(*reversed(shape))
    return lambda x: getattr(x * 1, name.partition(".")[2])(like), mg.tensor(
        d.numbers(shape), requires_grad=True
    )


@case("permute", "Tensor.permute")
def _(d, name):
    x = d.tensor(d.shape())
    dims = tuple(int(i) - (x.ndim if d.flag() else 0) for i in d.random.permutation(x.ndim))
    return (lambda x: mg.permute(x, dims)) if name == "permute" else (lambda x: x.permute(*dims)), x


@case("transpose", "movedim")
def _(d, name):
    x = d.tensor(d.shape(1))
    a, b = d.dim(x.ndim), d.dim(x.ndim)
    return lambda x: getattr(mg, name)(x, a, b), x


@case("t", "Tensor.T", "Tensor.mT")
def _(d, name):
    f = {"t": mg.t, "Tensor.T": lambda x: x.T, "Tensor.mT": lambda x: x.mT}[name]
    low, high = {"t": (0, 2), "Tensor.T": (2, 2), "Tensor.mT": (2, 4)}[name]
    return lambda x: f(x) * 1, d.tensor(d.shape(low, high))


@case("squeeze", "unsqueeze", "flatten")
def _(d, name):
    x = d.tensor(d.shape(longest=2))
    if name == "unsqueeze":
        dim = d.integer(-x.ndim - 1, x.ndim)
        return lambda x: mg.unsqueeze(x, dim), x
    if name == "flatten":
        start, end = sorted(d.integer(0, max(x.ndim - 1, 0)) for _ in range(2))
        end -= x.ndim if x.ndim and d.flag() else 0
        return lambda x: mg.flatten(x, start, end), x
    dim = d.pick(None, d.dim(x.ndim), tuple(range(x.ndim)))
    return lambda x: mg.squeeze(x, dim), x


@case("unflatten")
def _(d):
    a, b = d.integer(1, 2), d.integer(1, 3)
    x = d.tensor((2, a * b, 2))
    sizes = d.pick((a, b), (a, -1), (-1, b, 1))
    dim = d.pick(1, -2)
    return lambda x: mg.unflatten(x, dim, sizes), x


@case("broadcast_to", "Tensor.expand", "Tensor.expand_as")
def _(d, name):
    narrow, wide = d.shapes(2)
    shape = np.broadcast_shapes(narrow, wide)
    x = d.tensor(narrow)
    if name == "broadcast_to":
        return lambda x: mg.broadcast_to(x, shape), x
    if name == "Tensor.expand_as":
        return lambda x: x.expand_as(mg.zeros(*shape)), x
    kept = [
        -1 if i >= len(shape) - len(narrow) and d.flag() and shape[i] == narrow[i - len(shape)] else size
        for i, size in enumerate(shape)
    ]
    return lambda x: x.expand(*kept), x


@case("Tensor.contiguous", "Tensor.clone")
def _(d, name):
    x = d.tensor(d.shape(2))
    return lambda x: getattr(x.transpose(0, 1), name.partition(".")[2])() * 2, x


# Joining and splitting --------------------------------------------------------------------------------------


@case("hstack", "vstack")
def _(d, name):
    shape = d.shape(0)
    return lambda *xs: getattr(mg, name)(xs), [d.tensor(shape) for _ in range(3)]


@case("scatter")
def _(d):
    shape = d.shape(2, side=1)
    dim = d.dim(len(shape))
    # Each place once: which of two is written last is not said.
    order = d.integers((1,) * len(shape), 0, shape[dim])
    return lambda x, source: mg.scatter(x, dim, order, source), [d.tensor(shape), d.tensor(shape)]


@case("cat", "stack")
def _(d, name):
    shape = d.shape(1)
    dim = d.dim(len(shape))
    parts = []
    for _ in range(3):
        sizes = list(shape)
        if name == "cat":
            sizes[dim] = d.integer(0, 2)
        parts.append(d.tensor(tuple(sizes)))
    parts[1].requires_grad_(d.flag())
    again = d.flag()
    join = getattr(mg, name)
    return lambda *xs: join([*xs, xs[0]] if again else xs, dim), parts


@case("split", "Tensor.split", "chunk", "unbind")
def _(d, name):
    x = d.tensor(d.shape(1, side=1))
    dim = d.dim(x.ndim)
    size = x.shape[dim]
    if name == "unbind":
        return lambda x: mg.unbind(x, dim), x
    if name == "chunk":
        count = d.integer(1, 4)
        return lambda x: mg.chunk(x, count, dim), x
    first = d.integer(0, size)
    sections = d.pick(d.integer(1, 4), [first, size - first])
    return (lambda x: mg.split(x, sections, dim)) if name == "split" else (
        lambda x: x.split(sections, dim)
    ), x


# Turning, shifting, padding ---------------------------------------------------------------------------------


@case("Tensor.flip")
def _(d):
    x = d.tensor(d.shape(1))
    dims = d.pick((0,), (-1,), tuple(range(x.ndim)), ())
    return lambda x: x.flip(dims), x


@case("roll")
def _(d):
    x = d.tensor(d.shape())
    shift = d.integer(-4, 4)
    several = tuple(d.integer(-2, 2) for _ in range(x.ndim))
    options = [(shift, None), (several, tuple(range(x.ndim)))] if x.ndim else [(shift, None)]
    if x.ndim:
        options.append((shift, d.dim(x.ndim)))
    shifts, dims = d.pick(*options)
    return lambda x: mg.roll(x, shifts, dims), x


@case("tril", "triu")
def _(d, name):
    diagonal = d.integer(-2, 2)
    return lambda x: getattr(mg, name)(x, diagonal), d.tensor(d.shape(2, 3))


@case("Tensor.repeat", "tile")
def _(d, name):
    x = d.tensor(d.shape(high=2))
    times = tuple(d.integer(0 if d.flag() else 1, 2) for _ in range(x.ndim + d.integer(0, 1)))
    if name == "tile":
        times = times[d.integer(0, len(times)) :]
        return lambda x: mg.tile(x, times), x
    return lambda x: x.repeat(*times), x


@case("repeat_interleave")
def _(d):
    x = d.tensor(d.shape())
    count, dim = d.integer(0, 2), d.pick(None, d.dim(x.ndim)) if x.ndim else None
    return lambda x: mg.repeat_interleave(x, count, dim), x


@case("F.pad")
def _(d):
    x = d.tensor(d.shape(1, side=2))
    widths = [d.integer(-1, 2) for _ in range(2 * d.integer(0, x.ndim))]
    value = d.pick(None, 1.5)
    return lambda x: mg.nn.functional.pad(x, widths, value=value), x


# Indexing ---------------------------------------------------------------------------------------------------


def any_index(d, shape):
    """An index of any kind into ``shape``: integers, slices, None, Ellipsis, masks, integer arrays, mixed."""
    kind = d.pick("basic", "mask", "arrays", "mixed", "rows")
    if kind == "mask":
        depth = d.integer(0, len(shape))
        return d.mask(shape[:depth])
    if kind == "rows":
        return d.integers(d.shape(high=2), -shape[0], shape[0]) if shape else ()
    parts = []
    common = d.shape(high=2, side=1)  # integer arrays broadcast with each other
    for size in shape[: d.integer(0, len(shape))]:
        part = (
            d.pick("slice", "number")
            if kind == "basic"
            else "array"
            if kind == "arrays"
            else d.pick("slice", "array")
        )
        if part == "number":
            parts.append(d.integer(-size, size - 1))
        elif part == "slice":
            start, stop = (d.pick(None, d.integer(-size, size)) for _ in range(2))
            parts.append(slice(start, stop, d.pick(None, 1, 2, -1, -2)))
        else:
            parts.append(d.integers(common, -size, size))
        if kind != "arrays" and d.integer(0, 3) == 0:
            parts.append(None)
    if kind in ("basic", "mixed") and d.flag():
        parts.append(...)
    return tuple(parts)


@case("getitem")
def _(d):
    x = d.tensor(d.shape(side=1))
    index = any_index(d, x.shape)
    return lambda x: x[index] * 1, x


@case("getitem, lists and iteration")
def _(d):
    x = d.tensor((3, 2))
    f = d.pick(
        lambda x: x[[0, 2, 2, -1]],
        lambda x: x[[True, False, True]],
        tuple,
        lambda x: x[:, [1, 0]],
        lambda x: x[[]],
    )
    return f, x


@case("setitem")
def _(d):
    shape = d.shape(side=1)
    index = any_index(d, shape)
    if not isinstance(index, mg.Tensor):  # each element at most once: which of two values wins is not defined
        index = tuple(part for part in index if not isinstance(part, mg.Tensor))
    elif index.dtype != mg.bool:
        index = d.mask(shape)
    place = np.zeros(shape)[np.array(index.tolist()) if isinstance(index, mg.Tensor) else index].shape
    value = d.pick(place, place[1:], (), (1, 1, *place), tuple(1 for _ in place))

    def f(x, v):
        y = x.clone()
        y[index] = v
        return y

    return f, [d.tensor(shape), d.tensor(value)]


@case("writes through views")
def _(d):
    # replace_region: the base gets a history for what its view was given.
    shape = d.shape(2, 3, side=1)
    dim = d.dim(len(shape))
    view = d.pick(
        lambda h: h[0],
        lambda h: h.transpose(0, 1)[:, ::2],
        lambda h: h.view(-1),
        lambda h: h.select(dim, -1),
        lambda h: h[..., None, :1],
    )
    w = d.tensor(view(mg.zeros(*shape)).shape)

    def f(x, w):
        h = x.clone()
        part = view(h)
        part.mul_(w)
        h.mul_(2)
        part.add_(w * w)
        return h, part

    return f, [d.tensor(shape), w]


@case("Tensor.copy_, Tensor.fill_")
def _(d):
    wide, narrow = (3, 2), d.pick((3, 2), (2,), (), (3, 1), (1, 3, 2)[1:])

    def f(x, source):
        h = x * 1
        h.copy_(source)
        k = x * 2
        k[0].fill_(source.sum())
        return h, k

    return f, [d.tensor(wide), d.tensor(narrow)]


@case("narrow", "select")
def _(d, name):
    x = d.tensor(d.shape(1, side=1))
    dim = d.dim(x.ndim)
    size = x.shape[dim]
    start = d.integer(0, size - 1)
    if name == "select":
        index = start - (size if d.flag() else 0)
        return lambda x: mg.select(x, dim, index), x
    length = d.integer(0, size - start)
    return lambda x: mg.narrow(x, dim, start, length), x


@case("index_select")
def _(d):
    x = d.tensor(d.shape(1, side=1))
    dim = d.dim(x.ndim)
    index = d.integers((d.integer(0, 4),), 0, x.shape[dim])
    return lambda x: mg.index_select(x, dim, index), x


@case("masked_select")
def _(d):
    a, b = d.shapes(2)
    mask = d.mask(b)
    return lambda x: mg.masked_select(x, mask), d.tensor(a)


@case("gather")
def _(d):
    shape = d.shape(1, side=1)
    dim = d.dim(len(shape))
    index_shape = [d.integer(0, size) for size in shape]
    index_shape[dim] = d.integer(0, 4)
    index = d.integers(tuple(index_shape), 0, shape[dim])
    return lambda x: mg.gather(x, dim, index), d.tensor(shape)


@case("scatter_add", "Tensor.scatter_add_")
def _(d, name):
    shape = d.shape(1, side=1)
    dim = d.dim(len(shape))
    index_shape = [d.integer(0, size) for size in shape]
    index_shape[dim] = d.integer(0, 4)
    index = d.integers(tuple(index_shape), 0, shape[dim])
    larger = tuple(size + d.integer(0, 1) for size in index_shape)
    if name == "scatter_add":
        return lambda x, source: mg.scatter_add(x, dim, index, source), [d.tensor(shape), d.tensor(larger)]
    return lambda x, source: (x * 2).scatter_add_(dim, index, source), [d.tensor(shape), d.tensor(larger)]
