"""The dtype of mixed operations: every pair of dtypes, in arrays with and without axes, and bare numbers."""

import numpy as np
import pytest

import minigrad as mg
from tests.compat.samples import DTYPES, draw

ALL = ("bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64")
PYTHON = {"True": True, "2": 2, "2.5": 2.5}
OPERATIONS = {
    "add": (lambda L, x, y: x + y, lambda *kinds: True),
    "mul": (lambda L, x, y: x * y, lambda *kinds: True),
    "sub": (lambda L, x, y: x - y, lambda *kinds: "bool" not in kinds),
    "div": (lambda L, x, y: x / y, lambda *kinds: True),
    "floor_divide": (lambda L, x, y: x // y, lambda *kinds: kinds != ("bool", "bool")),
    "remainder": (lambda L, x, y: x % y, lambda *kinds: kinds != ("bool", "bool")),
    "pow": (lambda L, x, y: x**y, lambda *kinds: kinds != ("bool", "bool")),
    "eq": (lambda L, x, y: x == y, lambda *kinds: True),
    "lt": (lambda L, x, y: x < y, lambda *kinds: True),
    "where": (lambda L, x, y: L.where(L.tensor([True, False, True]), x, y), lambda *kinds: True),
}


def ones(dtype, shape):
    return np.ones(shape, dtype)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_pair(beside, name):
    apply, defined = OPERATIONS[name]
    for a in ALL:
        for b in ALL:
            if not defined(a, b):
                continue
            for left in ((3,), ()):
                for right in ((3,), ()):
                    what = f"{name} of {a} {left} and {b} {right}"
                    beside(
                        lambda L, F, x, y: apply(L, x, y),
                        ones(a, left),
                        ones(b, right),
                        grad=False,
                        what=what,
                    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_python_numbers_are_weak(beside, name):
    apply, defined = OPERATIONS[name]
    for a in ALL:
        for text, number in PYTHON.items():
            if not defined(a, "bool" if number is True else ""):
                continue
            for shape in ((3,), ()):
                what = f"{name} of {a} {shape} and {text}"
                x = ones(a, shape)
                beside(lambda L, F, x, n: apply(L, x, n), x, number, grad=False, what=what)
                beside(lambda L, F, x, n: apply(L, n, x), x, number, grad=False, what=f"{what}, reversed")


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_functions_of_two_tensors(beside, name):
    for a in ALL:
        for b in ALL:
            for left in ((3,), ()):
                x, y = ones(a, left), ones(b, (3,))
                beside(lambda L, F, x, y: getattr(L, name)(x, y), x, y, grad=False, what=f"{a} {left} {b}")


def test_promote_types(beside):
    for a in ALL:
        for b in ALL:
            theirs = beside.torch.promote_types(getattr(beside.torch, a), getattr(beside.torch, b))
            assert str(theirs) == f"torch.{mg.promote_types(getattr(mg, a), getattr(mg, b))}", (a, b)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "sigmoid", "tanh", "erf", "reciprocal"])
def test_integers_become_float32(beside, name):
    for dtype in ALL:
        for shape in ((3,), ()):
            beside(lambda L, F, x: getattr(L, name)(x), ones(dtype, shape), grad=False, what=dtype)


def test_cat_and_stack(beside):
    for a in ALL:
        for b in ALL:
            x, y = ones(a, (2,)), ones(b, (2,))
            beside(lambda L, F, x, y: [L.cat([x, y]), L.stack([x, y])], x, y, grad=False, what=f"{a} {b}")


def test_the_default_dtype_decides_what_integers_become(beside):
    before = mg.get_default_dtype()
    mg.set_default_dtype(mg.float64)
    beside.torch.set_default_dtype(beside.torch.float64)
    try:
        x = np.array([1, 2, 3])
        beside(lambda L, F, x: [x / 2, x + 0.5, L.exp(x), L.tensor(0.5), L.zeros(2), L.tensor([1.5]) * x], x)
    finally:
        mg.set_default_dtype(before)
        beside.torch.set_default_dtype(beside.torch.float32)


# In place the dtype stays: a result of a higher kind does not fit.


@pytest.mark.parametrize("name", ["add_", "sub_", "mul_", "div_", "pow_"])
def test_in_place_keeps_the_dtype(beside, name):
    for a in ALL[1:]:
        for b in ALL[1:]:
            fits = "float" in a or "float" not in b
            fits = fits and (name != "div_" or "float" in a)
            x, y, what = ones(a, (3,)), ones(b, (3,)), f"{a}.{name}({b})"

            def run(L, F, x, y):
                return getattr(x.clone(), name)(y)

            if fits:
                beside(run, x, y, grad=False, what=what)
            else:
                beside.refused(run, x, y, words=[name, a], what=what)


def test_augmented_assignment(beside):
    def run(L, F, x, n):
        y = x.clone()
        y += n
        return y

    for dtype in ("int64", "int32", "uint8", "float32"):
        beside(run, draw((3,), dtype), 2, grad=False)
    beside.refused(run, draw((3,), "int64"), 0.5, words=["add_", "float32", "int64"])
    beside.refused(run, draw((3,), "bool"), 1, words=["add_", "int64", "bool"])


def test_assignment_converts(beside):
    """x[i] = v takes v into the dtype of x, unlike x += v."""

    def run(L, F, dtype, value):
        x = L.zeros(3, dtype=getattr(L, dtype))
        x[0] = value
        x[1:] = L.tensor([value, value])
        return x

    for dtype in DTYPES:
        for value in (True, 5, 2.75):
            beside(run, dtype, value, what=f"{value} into {dtype}")
