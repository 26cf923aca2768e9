"""Indexing beside PyTorch's: reading, assigning, adding in place, by every kind of index on every rank."""

import numpy as np
import pytest

import minigrad as mg
from tests.compat.samples import draw

TENSORS = {"3d": (2, 3, 4), "2d": (3, 4), "1d": (5,), "0d": (), "empty": (0, 3)}

# Written as a person would; t makes a tensor in the library under test.
INDICES = """
0 | -1 | 5 | -5 | 1: | : | ::2 | 1::2 | 5: | -1: | None | ... | 0,1 | :,1 | ...,0 | ...,None | None,...
0,...,1 | None,0,None | 1:,None,::2 | 0,0,0,0 | ::0 | 1.0 | t([1.0]) | 'a'
[0,1] | [0] | [-1] | [] | [9] | [0,1],[1,1] | :,[0,1] | [True,False] | ((0,1),(1,1)) | ((0,1),)
t([0,1]) | t([1]) | t(1) | t(-1) | t(9) | t([9]) | t([-9]) | t([[0,1],[1,0]]) | t([0,0,1])
t([0,1]),t([1,2]) | :,t([0,2]) | t([0,1]),: | t([0,1]),:,t([1,2]) | 0,:,t([1,2]) | 0,...,t([1,2])
t([0,1]),None | ...,t([0,1]) | t([[0],[1]]),t([0,1]) | None,t([0,1]) | 0,None,t([0,1]) | 1,t([0,1]),0
t([0,1]),0 | :,0,t([0,1]) | t([0,1]),1:,0 | 0,t([True,False,True]) | t(0),:,t([0,1])
t([True,False,True]),0 | True | False | True,0 | 0,True | t(True) | t(False)
t([True,False]) | :,t([True,False,True]) | t([True,True]),t([0,1]) | t([True,True]),t([True,False,True])
t([True,False,True,True,True]) | t([[True,False,True],[False,True,False]])
t([True,True]),t([True,True,True])
np.array([0,1]) | np.int64(1) | np.array([True,False]) | t(0):t(2) | np.int64(0):np.int64(2)
0,:,np.array([1,2]) | t([0,1]).int() | range(2)
"""
EXPRESSIONS = [text.strip() for line in INDICES.strip().splitlines() for text in line.split("|")]


def code(text):
    return compile(f"x[{text}]", "<index>", "eval")


def values(library):
    return {"t": library.tensor, "d": lambda x: library.tensor(x, dtype=library.float64), "np": np}


def read(L, F, x, index):
    return eval(index, values(L), {"x": x})


def assign(L, F, x, statement):
    y = x.clone()
    exec(statement, values(L), {"x": x, "y": y})
    return y * y  # the gradient must be that of the new values


def accepted(torch, function, x, *arguments):
    try:
        function(torch, None, torch.tensor(x), *arguments)
    except (IndexError, TypeError, ValueError, RuntimeError):
        return False
    return True


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_reading(beside, text):
    index = code(text)
    for rank, shape in TENSORS.items():
        if text in ("::0", "'a'") and not shape:
            continue  # wrong twice over: which is said first may differ
        run = beside if accepted(beside.torch, read, draw(shape), index) else beside.refused
        run(read, draw(shape), index, what=f"x[{text}] of {rank}")


@pytest.mark.parametrize("text", EXPRESSIONS)
@pytest.mark.parametrize("statement", ["y[{}] = 7.0", "y[{}] = x[{}] * 2", "y[{}] += 1"])
def test_assigning(beside, text, statement):
    compiled = compile(statement.format(text, text), "<assignment>", "exec")
    for rank, shape in TENSORS.items():
        if (text == "::0" and not shape) or text == "'a'":
            continue
        run = beside if accepted(beside.torch, assign, draw(shape), compiled) else beside.refused
        run(assign, draw(shape), compiled, what=f"{statement} of {rank}")


VALUES = [
    "y[0] = d([1.0, 2.0, 3.0, 4.0])",
    "y[:, 0] = d([1.0, 2.0, 3.0])",
    "y[...] = d([[1.0], [2.0], [3.0]])",
    "y[x > 0] = 0",
    "y[x > 0] = x[x > 0] * 3",
    "y[[0, 1]] = d([5.0])",
    "y[0] = d([[1.0, 2.0, 3.0, 4.0]])",
    "y[:, :2] = d(2)",
    "y[0, 1] = True",
    "y[1] = x[0]",
    "y[1:] = x[:2]",
    "y[t([0, 2]), t([1, 3])] = d([5.0, 6.0])",
    "y[2, 3] = x.sum()",
    "y[None, 0] = x[1]",
    "y[0:0] = d([1.0, 1.0, 1.0, 1.0])",
]


@pytest.mark.parametrize("statement", VALUES)
def test_assigned_values(beside, statement):
    beside(assign, draw((3, 4)), compile(statement, "<assignment>", "exec"))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("y[:, 0] = t([1.0, 2.0])", ["(2,)", "(3,)"]),
        ("y[0] = t([1.0, 2.0, 3.0])", ["(3,)", "(4,)"]),
        ("y[x > 0] = t([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])", ["(9,)"]),
    ],
)
def test_values_that_do_not_fit(beside, statement, words):
    beside.refused(assign, draw((3, 4)), compile(statement, "<assignment>", "exec"), words=words)


def test_gradients_of_what_is_read_twice_add_up(beside):
    beside(lambda L, F, x: x[L.tensor([0, 0, 2])], draw((3, 4)))
    beside(lambda L, F, x: x[L.tensor([0, 0]), L.tensor([1, 1])], draw((3, 4)))
    beside(lambda L, F, x: x[0] * x[0:1] + x[L.tensor([[0, 1], [0, 0]])].sum((0, 1)), draw((3, 4)))


def test_iteration(beside):
    beside(lambda L, F, x: [row * 2 for row in x], draw((3, 4)))

    def unpacked(L, F, x):
        first, _, last = x
        return [last, first]

    beside(unpacked, draw((3, 4)))


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("3", ["index 3", "dimension 0", "(3, 4)", "-3 to 2"]),
        ("0, 7", ["index 7", "dimension 1", "(3, 4)", "-4 to 3"]),
        (":, t([0, 9])", ["index 9", "dimension 1", "-4 to 3"]),
        ("0, 0, 0", ["too many", "2 dimensions", "(3, 4)"]),
        ("t([True, False])", ["mask", "(2,)", "(3,"]),
        ("0.0", ["integer"]),
    ],
)
def test_messages(beside, index, words):
    beside.refused(read, draw((3, 4)), code(index), words=words)
    statement = compile(f"y[{index}] = 0.0", "<assignment>", "exec")
    beside.refused(assign, draw((3, 4)), statement)


def test_the_gradient_of_one_element_that_was_stretched() -> None:
    """What comes back to it is a number of NumPy's, and no array: w[1] * (x0 + x1), squared, twice."""
    w = mg.tensor([2.0, 3.0], dtype=mg.float64, requires_grad=True)
    y = (w[1] * mg.tensor([1.0, 2.0], dtype=mg.float64)).sum()
    (dw,) = mg.autograd.grad(y * y, w, create_graph=True)
    assert dw.tolist() == [0.0, 2 * 3 * 3 * 3]
    dw.sum().backward()
    assert w.grad.tolist() == [0.0, 2 * 3 * 3]
