"""What no sample of PyTorch's shows: short programs that end otherwise there, and why.

The page of differences is made of it, and a test runs each program with both libraries.
"""

import ast
import copy
import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Program:
    """Lines of which the last is an expression, what that is in each library, and the row of the page.

    A tensor is given by its numbers, an exception by its name.
    """

    lines: str
    gives: Any
    gives_there: Any
    here: str
    there: str
    why: str


PROGRAMS = (
    Program(
        """
y = mg.ones(2, 2, requires_grad=True) * 1
y.chunk(2)[0].mul_(5)
y
""",
        [[5, 5], [1, 1]],
        "RuntimeError",
        here="`y.chunk(2)[0].mul_(5)`: what `chunk`, `split` and `unbind` give can be written to.",
        there="It raises if `y` requires a gradient. `y[:1].mul_(5)` does not.",
        why="One rule for all views; gradients are right.",
    ),
    Program(
        "mg.tensor([1, 2, 3])[::-1]",
        [3, 2, 1],
        "ValueError",
        here="`x[::-1]` reads backwards.",
        there="A step below 0 raises.",
        why="NumPy's habit. `x.flip(0)` runs in both.",
    ),
    Program(
        """
x = mg.tensor([1.0, math.nan, 3.0], requires_grad=True)
x.amax().backward()
x.grad
""",
        [0, 1, 0],
        [math.nan, math.nan, math.nan],
        here="The gradient of `amax` and `amin` goes to the NaN, if there is one.",
        there="It is NaN for all; that of `max()` and `min()` goes to the NaN.",
        why="`max()` and `amax()` are one operation.",
    ),
    Program(
        """
@mg.no_grad()
class Model:
    pass
type(Model).__name__
""",
        "TypeError",
        "function",
        here="`@mg.no_grad()` of a class raises.",
        there="It makes a function of the class, and warns that this will end.",
        why="Decorate the methods that are meant.",
    ),
    Program(
        "mg.zeros(2, 3).shape.numel()",
        "AttributeError",
        6,
        here="`x.shape` is a plain tuple.",
        there="It is a `torch.Size`, a tuple with a method `numel`.",
        why="A tuple is what NumPy has at hand. `x.numel()` runs in both.",
    ),
    Program(
        "(mg.tensor([1]) + mg.tensor([2], dtype=mg.uint64)).to(mg.float64)",
        [3],
        "RuntimeError",
        here="uint16, uint32 and uint64 meet other integers as in NumPy: int64 and uint64 give float64.",
        there="These three meet no other integers: it raises.",
        why="Pictures and indices come in these dtypes. Say `x.long()` for what runs in both.",
    ),
    Program(
        """
layer = mg.nn.utils.spectral_norm(mg.nn.Linear(2, 3))
layer(mg.ones(1, 2))
copy.deepcopy(layer).weight.shape[0]
""",
        3,
        "RuntimeError",
        here="A module can be copied that has kept a tensor of its last pass; the copy has the numbers.",
        there="It raises: a tensor with history cannot be copied.",
        why="An average of a network with spectral norm begins with a copy. A tensor alone raises here, too.",
    ),
    Program(
        """
p = mg.ones(2, requires_grad=True)
optimizer = mg.optim.Adam([p], lr=0.5)
p.sum().backward()
optimizer.step()
p.data = p.data.double()
p.grad = mg.ones(2, dtype=mg.float64)
optimizer.step()
mg.round(p.detach())
""",
        [0, 0],
        "RuntimeError",
        here="Adam goes on after `model.double()`, with averages in the old dtype.",
        there="Adam raises; SGD with momentum goes on as here.",
        why="A step is right to the digits of the old dtype. For all make the optimiser after the cast.",
    ),
    Program(
        """
x = mg.zeros(8, 16, 12, 12)
x[0, 0, 6, 6] = math.inf
y = mg.nn.functional.conv2d(x, mg.ones(16, 16, 3, 3), padding=1)
(~mg.isfinite(y[0, 0])).sum() > 9
""",
        True,
        False,
        here="A NaN, an infinity or a float32 above 1e30 in a convolution spoils results up to five pixels "
        "away.",
        there="It reaches the windows that it is in: 9 results of a kernel of 3 x 3.",
        why="Many channels and kernels of 3 x 3, 2 x 2 or 4 x 4 are computed with fewer products (Winograd), "
        'which add and subtract neighbours. `mg.set_float32_conv_precision("highest")` takes the plain sums.',
    ),
    Program(
        "mg.nn.functional.conv2d(mg.full((1, 1, 3, 3), 1e-39), mg.full((1, 1, 3, 3), 1e3)).item() > 0",
        False,
        True,
        here="In float32 products and convolutions numbers below 1.2e-38 count as 0; results below 1e-34 "
        "have few digits.",
        there="They count, unless `torch.set_flush_denormal(True)` was called.",
        why="A sum with such numbers takes a hundred times as long.",
    ),
    Program(
        "mg.ones(1, 2) @ mg.ones(2, 1, dtype=mg.float64)",
        [[2]],
        "RuntimeError",
        here="A product of matrices of two dtypes has their common one, as a sum has.",
        there="It raises.",
        why="One rule for `+`, `*` and `@`. Layers (`linear`, convolutions) want one dtype here, too.",
    ),
    Program(
        "round(mg.nn.functional.cross_entropy(mg.zeros(1, 2), mg.tensor([1], dtype=mg.int32)).item(), 4)",
        0.6931,
        "RuntimeError",
        here="Class numbers may be of any integer dtype, and weights of classes of any floating one.",
        there="Class numbers are int64 (or uint8, in places), weights of the dtype of the scores.",
        why="A class is a class.",
    ),
    Program(
        "mg.nn.functional.max_pool1d(mg.ones(1, 1, 1), 2, 3, 1, 2, True)",
        "ShapeError",
        [[[-math.inf]]],
        here="Maximum pooling in which a window meets no pixel raises.",
        there="Its maximum is -inf.",
        why="No number is the largest of none. The message says which padding, dilation or size does it.",
    ),
)


def result(program: Program, library: Any) -> Any:
    """What the last line is, if minigrad is the ``library``."""
    *before, last = ast.parse(program.lines).body
    assert isinstance(last, ast.Expr)
    names = {"mg": library, "math": math, "copy": copy}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(ast.Module(before, []), "<program>", "exec"), names)
            value = eval(compile(ast.Expression(last.value), "<program>", "eval"), names)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the answer)
        return type(error).__name__
    return value.tolist() if hasattr(value, "tolist") else value


def same(a: Any, b: Any) -> bool:
    """Whether two results are the same, NaN being NaN."""
    if isinstance(a, str) or isinstance(b, str):
        return bool(a == b)
    return np.array_equal(a, b, equal_nan=True)
