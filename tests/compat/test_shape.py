"""Operations on shapes beside PyTorch's: each line on every shape; what PyTorch refuses, minigrad does."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from tests.compat.samples import draw

SHAPES = [(2, 3, 4), (3, 4), (12,), (), (0,), (2, 0, 3)]

LINES = {
    "reshape": [
        lambda L, x: L.reshape(x, (-1,)),
        lambda L, x: x.reshape(-1),
        lambda L, x: x.reshape((2, -1)),
        lambda L, x: x.reshape([4, 3]),
        lambda L, x: x.reshape(2, 6),
        lambda L, x: L.reshape(input=x, shape=(3, 4)),
        lambda L, x: x.reshape(shape=(4, 3)),
        lambda L, x: x.reshape(0, -1),
        lambda L, x: x.reshape(()),
        lambda L, x: x.reshape(-1, -1),
        lambda L, x: x.reshape(1),
        lambda L, x: x.reshape(2.0, 6),
        lambda L, x: x.reshape_as(L.zeros(2, 6)),
    ],
    "view": [
        lambda L, x: x.view(-1),
        lambda L, x: x.view(-1, 2),
        lambda L, x: x.view((2, 6)),
        lambda L, x: x.view(size=(6, 2)),
        lambda L, x: x.view(1, 1),
        lambda L, x: x.view(5, 2),
        lambda L, x: x.view_as(L.zeros(2, 6)),
    ],
    "transpose": [
        lambda L, x: L.transpose(x, 0, 1),
        lambda L, x: x.transpose(-1, 0),
        lambda L, x: x.transpose(dim0=0, dim1=-1),
        lambda L, x: L.transpose(input=x, dim0=0, dim1=1),
        lambda L, x: x.t(),
        lambda L, x: L.t(x),
        lambda L, x: x.T if x.ndim == 2 else x,
        lambda L, x: x.mT if x.ndim >= 2 else x,
    ],
    "permute": [
        lambda L, x: x.permute(1, 0),
        lambda L, x: x.permute((2, 0, 1)),
        lambda L, x: L.permute(x, (0, -1, 1)),
        lambda L, x: L.permute(input=x, dims=(1, 0)),
        lambda L, x: x.permute(dims=(1, 0)),
        lambda L, x: x.permute(0, 0),
        lambda L, x: L.movedim(x, 0, -1),
        lambda L, x: x.movedim(0, 1),
        lambda L, x: L.movedim(x, (0, 1), (1, 0)),
        lambda L, x: L.movedim(input=x, source=(0, 2), destination=(2, 1)),
        lambda L, x: x.movedim((0, 1), (0, 0)),
        lambda L, x: x.movedim((0, 1), (0,)),
    ],
    "squeeze": [
        lambda L, x: x.squeeze(),
        lambda L, x: L.squeeze(x, 0),
        lambda L, x: x.squeeze(-1),
        lambda L, x: x.squeeze(5),
        lambda L, x: x[None].squeeze(0),
        lambda L, x: x[None].squeeze(),
        lambda L, x: L.squeeze(input=x[None, ..., None], dim=(0, -1)),
    ],
    "unsqueeze": [
        lambda L, x: x.unsqueeze(0),
        lambda L, x: x.unsqueeze(-1),
        lambda L, x: L.unsqueeze(x, 1),
        lambda L, x: L.unsqueeze(input=x, dim=2),
        lambda L, x: x.unsqueeze(-3),
    ],
    "expand": [
        lambda L, x: x.expand(5, *x.shape),
        lambda L, x: x.expand(-1, -1),
        lambda L, x: x.expand(2, -1, -1, -1),
        lambda L, x: x.expand(3),
        lambda L, x: x.expand((4, 4)),
        lambda L, x: x.expand(size=(3, 4)),
        lambda L, x: x.expand(-1, 4),
        lambda L, x: x[..., None].expand(*x.shape, 2),
        lambda L, x: x.expand_as(L.zeros(3, 4)),
    ],
    "broadcast_to": [
        lambda L, x: L.broadcast_to(x, (5, 2, 3, 4)),
        lambda L, x: x.broadcast_to((3, 4)),
        lambda L, x: L.broadcast_to(input=x, size=(3, 4)),
        lambda L, x: x.broadcast_to(size=(2, 3, 4)),
    ],
    "flatten": [
        lambda L, x: x.flatten(),
        lambda L, x: x.flatten(1),
        lambda L, x: L.flatten(x, 0, 1),
        lambda L, x: x.flatten(start_dim=-2),
        lambda L, x: x.flatten(start_dim=1, end_dim=0),
        lambda L, x: L.flatten(input=x, end_dim=0),
        lambda L, x: x.flatten(3),
        lambda L, x: x.unflatten(0, (1, -1)),
        lambda L, x: L.unflatten(x, -1, (2, 2)),
        lambda L, x: x.unflatten(dim=0, sizes=(3, 1)),
    ],
    "cat": [
        lambda L, x: L.cat((x, x)),
        lambda L, x: L.cat([x, x], dim=-1),
        lambda L, x: L.cat(tensors=(x, x, x), dim=0),
        lambda L, x: L.cat([x]),
        lambda L, x: L.cat([x, x[:0]]),
        lambda L, x: L.cat([x, x[:1] * 2, L.tensor([])]),
        lambda L, x: L.cat([x, x[None]]),
        lambda L, x: L.cat([x, x], 3) if x.shape != (0,) else x,
        lambda L, x: L.cat([x, x.double(), x.int()], 1) if x.ndim > 1 else x,
        lambda L, x: L.cat([]),
        lambda L, x: L.cat(x),
    ],
    "stack": [
        lambda L, x: L.stack((x, x)),
        lambda L, x: L.stack([x, x * 2], 1),
        lambda L, x: L.stack([x, x], dim=-1),
        lambda L, x: L.stack(tensors=[x, x], dim=0),
        lambda L, x: L.stack([x, x], 5),
        lambda L, x: L.stack([x, x[None]]),
        lambda L, x: L.stack([]),
    ],
    "split": [
        lambda L, x: L.split(x, 2),
        lambda L, x: x.split(2),
        lambda L, x: x.split(5, dim=1),
        lambda L, x: x.split([1, 2], 1),
        lambda L, x: L.split(x, [1, 1]),
        lambda L, x: x.split(1, -1),
        lambda L, x: L.split(tensor=x, split_size_or_sections=2, dim=0),
        lambda L, x: x.split(split_size=2, dim=0),
        lambda L, x: x.split(0),
        lambda L, x: x.split(-1),
    ],
    "chunk": [
        lambda L, x: L.chunk(x, 2),
        lambda L, x: x.chunk(3, 1),
        lambda L, x: x.chunk(chunks=3, dim=-1),
        lambda L, x: L.chunk(input=x, chunks=2, dim=0),
        lambda L, x: x.chunk(7),
        lambda L, x: x.chunk(0),
    ],
    "unbind": [
        lambda L, x: x.unbind(),
        lambda L, x: L.unbind(x, 1),
        lambda L, x: x.unbind(dim=-1),
        lambda L, x: L.unbind(input=x),
    ],
    "flip": [
        lambda L, x: L.flip(x, (0,)),
        lambda L, x: x.flip(0, 1),
        lambda L, x: x.flip([-1]),
        lambda L, x: x.flip(-1),
        lambda L, x: L.flip(input=x, dims=(0,)),
        lambda L, x: x.flip(dims=(1,)),
        lambda L, x: x.flip(()),
    ],
    "roll": [
        lambda L, x: L.roll(x, 1),
        lambda L, x: x.roll(-2, -1) if x.ndim else x,
        lambda L, x: x.roll((1, 2), (0, 1)) if x.ndim > 1 else x,
        lambda L, x: L.roll(input=x, shifts=1, dims=0) if x.ndim else x,
        lambda L, x: x.roll(shifts=(1,), dims=(0,)) if x.ndim else x,
        lambda L, x: x.roll(100, 0) if x.ndim else x,
    ],
    "tril and triu": [
        lambda L, x: L.tril(x),
        lambda L, x: x.triu(),
        lambda L, x: x.tril(-1),
        lambda L, x: x.triu(diagonal=1),
        lambda L, x: L.tril(input=x, diagonal=2),
        lambda L, x: L.triu(x, -1),
    ],
    "repeat": [
        lambda L, x: x.repeat(2),
        lambda L, x: x.repeat(2, 3, 1),
        lambda L, x: x.repeat((2, 1)),
        lambda L, x: x.repeat(repeats=(2, 1, 2)),
        lambda L, x: x.repeat(0, 1, 1, 1),
    ],
    "tile": [
        lambda L, x: L.tile(x, (2,)),
        lambda L, x: x.tile(2, 2),
        lambda L, x: x.tile((2, 1, 2, 1)),
        lambda L, x: L.tile(input=x, dims=(2,)),
        lambda L, x: x.tile(dims=(2, 2)),
    ],
    "repeat_interleave": [
        lambda L, x: L.repeat_interleave(x, 2),
        lambda L, x: x.repeat_interleave(2, 0),
        lambda L, x: x.repeat_interleave(3, dim=-1),
        lambda L, x: x.repeat_interleave(repeats=2, dim=1),
        lambda L, x: x.repeat_interleave(0),
        lambda L, x: x.repeat_interleave(L.tensor([1, 2, 0]), 0),
    ],
    "narrow": [
        lambda L, x: x.narrow(0, 0, 1),
        lambda L, x: L.narrow(x, 1, 1, 2),
        lambda L, x: L.narrow(input=x, dim=-1, start=0, length=2),
        lambda L, x: x.narrow(0, -1, 1),
        lambda L, x: x.narrow(0, 1, 5),
        lambda L, x: x.narrow(0, 0, 0),
        lambda L, x: x.narrow(0, 0, -1),
    ],
    "select": [
        lambda L, x: x.select(0, 0),
        lambda L, x: x.select(-1, -1),
        lambda L, x: L.select(x, dim=1, index=0),
        lambda L, x: x.select(0, 50),
        lambda L, x: x.select(7, 0),
    ],
    "masked_select": [
        lambda L, x: x.masked_select(x > 0),
        lambda L, x: L.masked_select(input=x, mask=x > 1),
        lambda L, x: L.masked_select(x, L.tensor([True, False, True, True])),
        lambda L, x: x.masked_select(x * 1.0),
    ],
    "copies": [lambda L, x: L.clone(x), lambda L, x: x.clone(), lambda L, x: x.contiguous()],
}


def line_of(function):
    """The text of a lambda, for messages."""
    return inspect.getsource(function).strip().rstrip(",")


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool"])
@pytest.mark.parametrize("name", LINES)
def test_shapes(beside, name, dtype):
    for line in LINES[name]:
        text = line_of(line)
        for shape in SHAPES:
            x, what = draw(shape, dtype), f"{text} on {dtype} {shape}"
            try:
                line(beside.torch, beside.torch.tensor(x))
            except Exception:  # noqa: BLE001 (whatever PyTorch refuses, with whatever class)
                beside.refused(lambda L, F, line, x: line(L, x), line, x, what=what)
            else:
                beside(lambda L, F, line, x: line(L, x), line, x, what=what)


def test_index_select(beside):
    x = draw((3, 4))
    beside(lambda L, F, x: L.index_select(x, 0, L.tensor([0, 2, 2])), x)
    beside(lambda L, F, x: x.index_select(dim=-1, index=L.tensor([3])), x)
    beside(lambda L, F, x: L.index_select(input=x, dim=1, index=L.tensor(1)), x)
    beside(lambda L, F, x: x.index_select(0, L.tensor([0], dtype=L.int32)), x)
    beside(lambda L, F, x: x.index_select(0, L.tensor([0])), draw(()))
    beside.refused(lambda L, F, x: x.index_select(0, L.tensor([3])), x, words=["3", "size 3", "dimension 0"])
    beside.refused(lambda L, F, x: x.index_select(0, L.tensor([-1])), x, words=["-1", "size 3"])
    beside.refused(lambda L, F, x: x.index_select(0, L.tensor([[0]])), x, words=["vector", "(1, 1)"])
    beside.refused(lambda L, F, x: x.index_select(0, L.tensor([0.5])), x, words=["float32", ".long()"])
    beside.refused(lambda L, F, x: x.index_select(2, L.tensor([0])), x, words=["dimension 2"])


def test_gather(beside):
    x = draw((3, 4))
    beside(lambda L, F, x: L.gather(x, 1, L.tensor([[0, 3], [1, 1], [2, 0]])), x)
    beside(lambda L, F, x: x.gather(dim=0, index=L.tensor([[0, 2]])), x)
    beside(lambda L, F, x: L.gather(input=x, dim=-1, index=L.tensor([[0, 2]])), x)
    beside(lambda L, F, x: L.gather(x, 1, L.zeros((3, 1), dtype=L.int32)), x)
    beside(lambda L, F, x: L.gather(x, 1, L.zeros((3, 0), dtype=L.int64)), x)
    beside(lambda L, F, x: L.gather(x, 0, L.tensor(0)), draw(()))
    beside(lambda L, F, x: L.gather(x, 1, L.zeros((2, 1, 2), dtype=L.int64)), draw((2, 3, 4)))
    beside.refused(lambda L, F, x: L.gather(x, 1, L.tensor([1])), x, words=["(1,)", "(3, 4)"])
    beside.refused(lambda L, F, x: L.gather(x, 1, L.zeros((5, 1), dtype=L.int64)), x, words=["(5, 1)"])
    beside.refused(lambda L, F, x: L.gather(x, 2, L.zeros((3, 1), dtype=L.int64)), x, words=["dimension 2"])
    beside.refused(lambda L, F, x: L.gather(x, 1, L.zeros((3, 1))), x, words=["float32", ".long()"])


def test_hstack_of_vectors_and_numbers(beside):
    beside(lambda L, F, x, y: L.hstack([x, y]), draw((3,)), draw((2,), seed=1))
    beside(lambda L, F, x, y: L.hstack([x, y]), draw(()), draw((2,), seed=1))
    beside(lambda L, F, x, y: L.hstack([x, y]), draw((2, 3)), draw((2, 1), seed=1))


def test_scatter_add(beside):
    x = draw((3, 4))
    beside(lambda L, F, x, s: x.scatter_add(0, L.tensor([[0, 1, 2, 0]]), s), x, draw((1, 4), seed=1))
    beside(
        lambda L, F, x: L.scatter_add(
            input=x, dim=1, index=L.tensor([[0, 0], [3, 1]]), src=L.ones(3, 4).double()
        ),
        x,
    )
    beside(lambda L, F, x: (x * 2).scatter_add_(1, L.tensor([[1, 1, 1]]), L.ones(1, 3).double()), x)
    beside(lambda L, F, x: x.scatter_add(0, L.zeros(0, 4, dtype=L.int64), L.ones(0, 4).double()), x)
    # PyTorch takes a larger src but has no gradient for it; here it is that of the part that was used.


def test_pad(beside):
    F_pad = [(1, 2), (1, 2, 3, 4), (-1, 0), (0, 0, 1, 1, 2, 0), (0, -2, -1, 1), ()]
    for pad in F_pad:
        for value in (None, 0, 1.5):
            beside(
                lambda L, F, x, p, v: F.pad(x, p, value=v), draw((2, 3, 4)), pad, value, what=f"{pad} {value}"
            )
            beside(
                lambda L, F, x, p, v: F.pad(input=x, pad=list(p), mode="constant", value=v),
                draw((2, 3, 4), "int64"),
                pad,
                value,
                what=f"{pad} {value}",
            )
    beside.refused(lambda L, F, x: F.pad(x, (1,)), draw((3,)), words=["pad", "(1,)"])
    beside.refused(lambda L, F, x: F.pad(x, (1, 1, 1, 1)), draw((3,)), words=["pad", "(1, 1, 1, 1)"])


def test_one_hot(beside):
    for classes, number in (([0, 2, 1], -1), ([0, 2, 1], 5), ([[0, 1], [2, 0]], -1), (1, -1), (1, 3)):
        beside(lambda L, F, c, n: F.one_hot(L.tensor(c), n), classes, number)
        beside(lambda L, F, c, n: F.one_hot(L.tensor(c), num_classes=n), classes, number)
    beside.refused(lambda L, F: F.one_hot(L.tensor([0, 3]), 3), words=["0 to 2", "3"])
    beside.refused(lambda L, F: F.one_hot(L.tensor([-1, 0]), 3), words=["-1"])
    beside.refused(lambda L, F: F.one_hot(L.tensor([0.5]), 3), words=["float32", ".long()"])
    beside.refused(lambda L, F: F.one_hot(L.zeros(0, dtype=L.int64)), words=["num_classes"])


def test_stacks_by_direction(beside):
    rng = np.random.default_rng(8)
    for shapes in (((), (2,)), ((2,), (3,)), ((2, 3), (2, 1)), ((2, 1, 2), (2, 2, 2))):
        beside(lambda L, F, x, z: L.hstack([x, z]), *(rng.normal(size=s) for s in shapes))
    for shapes in (((), ()), ((3,), (3,)), ((2, 3), (3,)), ((1, 2, 2), (2, 2, 2))):
        beside(lambda L, F, x, z: L.vstack((x, z)), *(np.asarray(rng.normal(size=s)) for s in shapes))


def test_scatter(beside):
    x, source = np.zeros((3, 4)), np.random.default_rng(9).normal(size=(3, 4))
    for dim, index in ((0, [[0, 1, 2, 0], [2, 0, 0, 1]]), (1, [[3, 0], [1, 2], [0, 1]]), (-1, [[2]])):
        index = np.array(index)
        part = source[: index.shape[0], : index.shape[1]]
        beside(lambda L, F, x, s, d, i: L.scatter(x, d, i, s), x, part, dim, index)
        beside(lambda L, F, x, s, d, i: L.scatter(x, d, i, s), x, source, dim, index, grad=False)
        beside(lambda L, F, x, d, i: x.scatter(d, i, 7.0), x, dim, index)
    with pytest.raises(IndexError, match="from 3 to 3, dimension 0 of size 3"):
        mg.tensor(x).scatter(0, mg.tensor([[3]]), 1.0)
    for index in (np.array(0), np.array([0])):  # one number is a vector of one
        src = np.array(2.0).reshape(index.shape)
        for name in ("scatter", "scatter_add"):
            beside(lambda L, F, x, s, i, f: getattr(L, f)(x, 0, i, s), np.array(1.0), src, index, name)
    beside(lambda L, F, x, i: L.scatter(x, -1, i, 3.0), np.array(1.0), np.array(0))
    beside.refused(lambda L, F, x, s, i: x.scatter(0, i, s[:, :1]), x, source, np.array([[0, 1]]))


FROM_NUMPY = {
    "squeeze": lambda x, one: x[:1].squeeze(one - 1),
    "unsqueeze": lambda x, one: x.unsqueeze(one),
    "movedim": lambda x, one: x.movedim(one - 1, one),
    "transpose": lambda x, one: x.transpose(one, one - 1),
    "flatten": lambda x, one: x.flatten(one - 1, one),
    "roll": lambda x, one: (x.roll(one, one), x.roll(one), x.roll((one, 2), (one - 1, one))),
    "prod": lambda x, one: x.prod(one),
    "prod with a zero": lambda x, one: (x * (x > x.min())).prod(one),
    "cumsum": lambda x, one: x.cumsum(one),
    "softmax": lambda x, one: x.softmax(one),
    "sort": lambda x, one: x.sort(one)[0],
    "topk": lambda x, one: x.topk(2, one)[0],
}


@pytest.mark.parametrize("name", FROM_NUMPY)
def test_dimensions_and_shifts_that_are_numpy_s_integers(beside, name):
    beside(lambda L, F, x, one: FROM_NUMPY[name](x, one), draw((2, 3)), np.int64(1), what=name)


def test_pieces_of_a_size_that_is_numpy_s():
    pieces = mg.arange(3).split(np.int64(2))
    assert [piece.tolist() for piece in pieces] == [[0, 1], [2]]


NO_INTEGER = {
    "squeeze": lambda L, x, dim: x.squeeze(dim),
    "unsqueeze": lambda L, x, dim: x.unsqueeze(dim),
    "movedim": lambda L, x, dim: x.movedim(dim, 0),
    "transpose": lambda L, x, dim: x.transpose(dim, 0),
    "flatten": lambda L, x, dim: x.flatten(dim),
    "cat": lambda L, x, dim: L.cat([x, x], dim),
    "stack": lambda L, x, dim: L.stack([x, x], dim),
    "split": lambda L, x, dim: x.split(1, dim),
    "unbind": lambda L, x, dim: x.unbind(dim),
    "select": lambda L, x, dim: x.select(dim, 0),
    "softmax": lambda L, x, dim: L.softmax(x, dim),
    "log_softmax": lambda L, x, dim: L.log_softmax(x, dim),
    "cumsum": lambda L, x, dim: x.cumsum(dim),
    "prod": lambda L, x, dim: x.prod(dim),
    "sort": lambda L, x, dim: x.sort(dim=dim),
    "argsort": lambda L, x, dim: x.argsort(dim=dim),
    "topk": lambda L, x, dim: x.topk(1, dim),
    "sum": lambda L, x, dim: x.sum(dim),
    "amax": lambda L, x, dim: x.amax(dim),
    "var": lambda L, x, dim: x.var(dim),
    "norm": lambda L, x, dim: x.norm(2, dim),
}


@pytest.mark.usefixtures("of_today")
@pytest.mark.parametrize("name", NO_INTEGER)
def test_a_dimension_that_is_no_integer(beside, name):
    wrong = [1.0, "1"]
    if name in ("softmax", "log_softmax", "cumsum"):
        wrong += [None, (0, 1)]
    elif name == "prod":
        wrong += [(0, 1)]
    for dim in wrong:
        words = [f"{name}: ", "dimension", "integer"]
        beside.refused(lambda L, F, x, d: NO_INTEGER[name](L, x, d), draw((2, 3)), dim, words=words)
