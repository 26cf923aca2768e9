"""Where an operation does otherwise than PyTorch's, and why. The page of differences is made of it.

A sample that deviates has to be described by one of these records, or the test fails.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """A deviation that is meant. ``calls`` is a pattern of the call, ``said`` of what is otherwise."""

    names: tuple[str, ...]
    here: str
    there: str
    why: str
    calls: str
    said: str

    def covers(self, name: str, call: str, problem: str) -> bool:
        """Whether a deviation of the operation ``name`` is this one."""
        return (
            name in self.names
            and re.search(self.calls, call) is not None
            and re.search(self.said, problem) is not None
        )


COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
LOGIC = ("logical_and", "logical_or", "logical_xor")
CHOICES = ("maximum", "minimum")

DIFFERENCES = (
    Difference(
        names=(*COMPARISONS, "max", "min"),
        here="`mg.lt(2, x)` takes a number on the left.",
        there="`torch.lt(2, x)` raises; `torch.add(2, x)` does not.",
        why="One rule for all operations of two operands. `2 < x` runs in both.",
        calls=r"^\w+\(2, int64\[3\]\)$",
        said=r"^accepted; PyTorch raises TypeError",
    ),
    Difference(
        names=(*CHOICES, *LOGIC, "isclose", *(f"Tensor.{name}" for name in (*CHOICES, *LOGIC, "isclose"))),
        here="`mg.maximum(x, 0)`, `mg.logical_and(x, True)`, `mg.isclose(x, 1)` take a number.",
        there="These raise: they want two tensors.",
        why="One rule for all operations of two operands, and NumPy's habit. `x.clamp(min=0)` runs in both.",
        calls=r"\((2, int64\[3\]|int64\[3\], 2)\)$",
        said=r"^accepted; PyTorch raises TypeError",
    ),
    Difference(
        names=("bernoulli", "normal", "Tensor.bernoulli"),
        here="`mg.bernoulli(p)`, `mg.normal(mean, std)`: what is drawn requires no gradient.",
        there="It requires one if an argument does, and this gradient is 0.",
        why="A draw has no slope. A `backward()` that raises says so; a 0 is not noticed. For a gradient "
        "write `mean + std * mg.randn_like(mean)`.",
        calls=r"float64",
        said=r"^requires_grad is False; PyTorch's True$",
    ),
    Difference(
        names=("add", "sub", "mul", "div", "floor_divide"),
        here="`mg.add(2, 3)`: of two numbers it raises.",
        there="It makes a tensor of them.",
        why="Python adds numbers. That none is a tensor is a mistake more often than meant.",
        calls=r"^\w+\([-\d.a-zA-Z]+, [-\d.a-zA-Z]+(, rounding_mode='\w+')?\)$",
        said=r"^raises TypeError: \w+: expected a tensor, got (int|float|bool)",
    ),
    Difference(
        names=("nn.functional.interpolate",),
        here='`F.interpolate(mode="bilinear")`: in large float32 images, the fourth digit of some pixels.',
        there="As far from what float64 gives, at other pixels.",
        why="Both compute in float32 where a pixel comes from, and round at other places.",
        calls=r"float32\[2, 3, 345, 456\].*mode='bilinear'",
        said=r"^\d\d? of \d{6} numbers differ",
    ),
    Difference(
        names=("pow", "Tensor.pow", "Tensor.pow_", "Tensor.__pow__", "Tensor.__rpow__"),
        here="Integers to a negative power: `2 ** mg.tensor([-1])` raises.",
        there="It is 0; `torch.tensor([2]) ** -1` raises.",
        why="2 ** -1 is not 0. Convert with `x.float()`.",
        calls=r"int64",
        said=r"^raises RuntimeError: pow: an integer to a negative power",
    ),
    Difference(
        names=("nn.functional.avg_pool1d", "nn.functional.avg_pool2d"),
        here="`F.avg_pool1d` and `F.avg_pool2d` of integers raise, as `mean` does.",
        there="They cut each mean to an integer; `mean` raises.",
        why="-1.5 is not -1. Convert with `x.float()`.",
        calls=r"int64",
        said=r"^raises DtypeError: avg_pool.d: expected a floating tensor",
    ),
    Difference(
        names=("nn.functional.batch_norm",),
        here="`F.batch_norm` of an input of one axis raises.",
        there="It raises, too, unless the input is empty.",
        why="There is no axis of channels. The message says what to do with a single example.",
        calls=r"\(float\d\d\[0\], float",
        said=r"^raises ShapeError: batch_norm: the channels are at axis 1",
    ),
)


def known(name: str, call: str, problem: str) -> Difference | None:
    """The record that describes a deviation."""
    return next((d for d in DIFFERENCES if d.covers(name, call, problem)), None)
