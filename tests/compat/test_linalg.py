"""Products beside PyTorch's: matmul in every combination of ranks, einsum in every kind of equation."""

import pytest

from tests.compat.samples import DTYPES, draw

SHAPES = [(3,), (0,), (2, 3), (3, 2), (3, 3), (5, 2, 3), (5, 3, 2), (1, 3, 4), (2, 1, 3, 4), (0, 3), (3, 0)]


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
@pytest.mark.parametrize("name", ["matmul", "mm", "bmm", "dot", "outer", "mv"])
def test_every_combination_of_ranks(beside, name, dtype):
    """Where PyTorch multiplies, so does minigrad; where it refuses, minigrad refuses."""
    accepted = 0
    for a in [(), *SHAPES]:
        for b in [(), *SHAPES]:
            x, y, what = draw(a, dtype), draw(b, dtype, seed=1), f"{name} of {a} and {b}"
            try:
                getattr(beside.torch, name)(beside.torch.tensor(x), beside.torch.tensor(y))
            except IndexError:
                continue  # mv of no matrix: PyTorch stumbles over the dimension
            except RuntimeError:
                beside.refused(
                    lambda L, F, x, y: getattr(L, name)(x, y), x, y, words=[str(a), str(b)], what=what
                )
            else:
                accepted += 1
                beside(lambda L, F, x, y: getattr(L, name)(x, y), x, y, what=what, rtol=1e-4)
                beside(lambda L, F, x, y: getattr(x, name)(y), x, y, what=what, rtol=1e-4)
                if name == "matmul":
                    beside(lambda L, F, x, y: x @ y, x, y, what=what, rtol=1e-4)
    assert accepted >= 2


def test_argument_names(beside):
    x, y = draw((2, 3)), draw((3, 2), seed=1)
    beside(lambda L, F, x, y: L.matmul(input=x, other=y), x, y)
    beside(lambda L, F, x, y: L.mm(input=x, mat2=y), x, y)
    beside(lambda L, F, x, y: L.bmm(input=x[None], mat2=y[None]), x, y)
    beside(lambda L, F, x, y: L.mv(input=x, vec=y[:, 0]), x, y)
    beside(lambda L, F, x, y: L.dot(input=x[0], tensor=y[:, 0]), x, y)
    beside(lambda L, F, x, y: L.outer(input=x[0], vec2=y[:, 0]), x, y)


@pytest.mark.parametrize("dtype", DTYPES[:-1])
def test_dtypes(beside, dtype):
    x, y = draw((2, 3), dtype), draw((3, 2), dtype, seed=1)
    beside(lambda L, F, x, y: [x @ y, L.einsum("ij,jk", x, y), L.outer(x[0], y[0])], x, y, rtol=1e-4)


EINSUMS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ba,cb", (2, 3), (4, 2)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ij", (2, 3)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("b i j , b j k -> b i k", (2, 3, 4), (2, 4, 5)),
    ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)),
    ("...i->...", (2, 3, 4)),
    ("i...->...", (2, 3, 4)),
    ("...,...->...", (2, 3), (3,)),
    ("ab...,b...->a...", (2, 3, 4), (3, 4)),
    ("ij...->ji...", (2, 3, 4)),
    ("i,j->ij", (2,), (3,)),
    ("i,i", (3,), (3,)),
    ("ij,kj,k->i", (2, 3), (4, 3), (4,)),
    ("ijj->i", (2, 3, 3)),
    ("iij->j", (2, 2, 3)),
    ("iii->i", (3, 3, 3)),
    ("ij,ij->ij", (2, 3), (1, 3)),
    ("ab,cd->abcd", (2, 2), (3, 1)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)),
    ("ijk->kij", (2, 3, 4)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("Ab,bC", (2, 3), (3, 4)),
    ("ij,i", (0, 3), (0,)),
    (",->", (), ()),
    ("i,->i", (3,), ()),
]


@pytest.mark.parametrize(("equation", "shapes"), [(e, s) for e, *s in EINSUMS], ids=[e for e, *_ in EINSUMS])
def test_einsum(beside, equation, shapes):
    for dtype in ("float64", "int64"):
        operands = [draw(shape, dtype, seed=i) for i, shape in enumerate(shapes)]
        beside(lambda L, F, *xs: L.einsum(equation, *xs), *operands)
        beside(lambda L, F, *xs: L.einsum(equation, list(xs)), *operands)


@pytest.mark.parametrize(
    ("equation", "shapes", "words"),
    [
        ("i->ii", [(3,)], ["i->ii"]),
        ("ij,jk->il", [(2, 3), (3, 4)], ["ij,jk->il"]),
        ("ij,jk->ik", [(2, 3), (4, 4)], ["'j'", "3", "4"]),
        ("ij", [(2, 3, 4)], ["'ij'", "(2, 3, 4)"]),
        ("ij,jk->ik", [(2, 3)], ["2 operands", "1"]),
        ("i1->i", [(2, 2)], ["i1->i"]),
        ("ii", [(2, 3)], ["'i'", "2", "3"]),
    ],
)
def test_einsum_refuses(beside, equation, shapes, words):
    beside.refused(lambda L, F, *xs: L.einsum(equation, *xs), *map(draw, shapes), words=words)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
@pytest.mark.parametrize(
    ("x", "weight", "bias"),
    [
        ((3,), (4, 3), (4,)),
        ((2, 3), (4, 3), (4,)),
        ((2, 5, 3), (4, 3), (4,)),
        ((0, 3), (4, 3), (4,)),
        ((2, 3), (4, 3), None),
        ((2, 3), (3,), None),
        ((2, 5, 3), (3,), None),
        ((3,), (3,), None),
        ((2, 3), (1, 3), (1,)),
        ((2, 0), (4, 0), (4,)),
    ],
)
def test_linear(beside, x, weight, bias, dtype):
    given = [draw(x, dtype), draw(weight, dtype, seed=1)]
    beside(lambda L, F, x, w: F.linear(x, w), *given, rtol=1e-4)
    if bias is not None:
        b = draw(bias, dtype, seed=2)
        beside(lambda L, F, x, w, b: F.linear(input=x, weight=w, bias=b), *given, b, rtol=1e-4)


@pytest.mark.parametrize("bias", [(), (1,)])
@pytest.mark.parametrize("rows", [3, 300])  # of so many the product is a kernel's
def test_linear_with_one_bias_for_all(beside, bias, rows):
    x, weight = draw((rows, 40), "float32"), draw((50, 40), "float32")
    beside(lambda L, F, x, w, b: F.linear(x, w, b), x, weight, draw(bias, "float32"))


def test_linear_refuses(beside):
    w, b = draw((4, 3)), draw((4,))
    beside.refused(lambda L, F, x, w: F.linear(x, w), draw((2, 5)), w, words=["(2, 5)", "(4, 3)"])
    beside.refused(lambda L, F, x, w: F.linear(x, w), draw((2, 3, 1)), w, words=["flatten(1)"])
    beside.refused(lambda L, F, x, w: F.linear(x, w), draw(()), w, words=["()", "(4, 3)"])
    beside.refused(lambda L, F, x, w, b: F.linear(x, w, b), draw((2, 3)), w, b[:3], words=["(3,)", "(4,)"])
    beside.refused(lambda L, F, x, w: F.linear(x.float(), w), draw((2, 3)), w, words=["float32", "float64"])
    beside.refused(lambda L, F, x, w: F.linear(x, w), draw((2, 3), "int64"), w, words=["int64", ".float()"])
