"""Where an operation does otherwise than PyTorch's, and why. The page of differences is made of it.

A sample that deviates has to be described by one of these records, or the test fails.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """A deviation that is meant. ``calls`` is a pattern of the sample, ``said`` of what is otherwise."""

    heading: str  # of the page
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


OPERATIONS = "Operations that do otherwise"
TRAINING = "Training and data that do otherwise"
ERRORS = "Errors of another kind"
"""Headings of the page."""

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
LOGIC = ("logical_and", "logical_or", "logical_xor")
CHOICES = ("maximum", "minimum")
OPTIMISERS = ("SGD", "Adam", "AdamW", "NAdam", "RMSprop", "Adagrad")
PLACES = (
    *("gather", "scatter", "scatter_add"),
    *("Tensor.gather", "Tensor.scatter", "Tensor.scatter_add", "Tensor.scatter_add_"),
)

DIFFERENCES = (
    Difference(
        heading=OPERATIONS,
        names=(*COMPARISONS, "max", "min"),
        here="`mg.lt(2, x)` takes a number on the left.",
        there="`torch.lt(2, x)` raises; `torch.add(2, x)` does not.",
        why="One rule for all operations of two operands. `2 < x` runs in both.",
        calls=r"^\w+\(2, int64\[3\]\)$",
        said=r"^accepted; PyTorch raises TypeError",
    ),
    Difference(
        heading=OPERATIONS,
        names=(*CHOICES, *LOGIC, "isclose", *(f"Tensor.{name}" for name in (*CHOICES, *LOGIC, "isclose"))),
        here="`mg.maximum(x, 0)`, `mg.logical_and(x, True)`, `mg.isclose(x, 1)` take a number.",
        there="These raise: they want two tensors.",
        why="One rule for all operations of two operands, and NumPy's habit. `x.clamp(min=0)` runs in both.",
        calls=r"\((2, int64\[3\]|int64\[3\], 2)\)$",
        said=r"^accepted; PyTorch raises TypeError",
    ),
    Difference(
        heading=OPERATIONS,
        names=("bernoulli", "normal", "Tensor.bernoulli"),
        here="`mg.bernoulli(p)`, `mg.normal(mean, std)`: what is drawn requires no gradient.",
        there="It requires one if an argument does, and this gradient is 0.",
        why="A draw has no slope. A `backward()` that raises says so; a 0 is not noticed. For a gradient "
        "write `mean + std * mg.randn_like(mean)`.",
        calls=r"float64",
        said=r"^requires_grad is False; PyTorch's True$",
    ),
    Difference(
        heading=OPERATIONS,
        names=("add", "sub", "mul", "div", "floor_divide"),
        here="`mg.add(2, 3)`: of two numbers it raises.",
        there="It makes a tensor of them.",
        why="Python adds numbers. That none is a tensor is a mistake more often than meant.",
        calls=r"^\w+\([-\d.a-zA-Z]+, [-\d.a-zA-Z]+(, rounding_mode='\w+')?\)$",
        said=r"^raises TypeError: \w+: expected a tensor, got (int|float|bool)",
    ),
    Difference(
        heading=OPERATIONS,
        names=("nn.functional.interpolate",),
        here='`F.interpolate(mode="bilinear")`: in large float32 images, the fourth digit of some pixels.',
        there="As far from what float64 gives, at other pixels.",
        why="Both compute in float32 where a pixel comes from, and round at other places.",
        calls=r"float32\[2, 3, 345, 456\].*mode='bilinear'",
        said=r"^\d\d? of \d{6} numbers differ",
    ),
    Difference(
        heading=OPERATIONS,
        names=("pow", "Tensor.pow", "Tensor.pow_", "Tensor.__pow__", "Tensor.__rpow__"),
        here="Integers to a negative power: `2 ** mg.tensor([-1])` raises.",
        there="It is 0; `torch.tensor([2]) ** -1` raises.",
        why="2 ** -1 is not 0. Convert with `x.float()`.",
        calls=r"int64",
        said=r"^raises RuntimeError: pow: an integer to a negative power",
    ),
    Difference(
        heading=OPERATIONS,
        names=("nn.functional.avg_pool1d", "nn.functional.avg_pool2d"),
        here="`F.avg_pool1d` and `F.avg_pool2d` of integers raise, as `mean` does.",
        there="They cut each mean to an integer; `mean` raises.",
        why="-1.5 is not -1. Convert with `x.float()`.",
        calls=r"int64",
        said=r"^raises DtypeError: avg_pool.d: expected a floating tensor",
    ),
    Difference(
        heading=OPERATIONS,
        names=("nn.functional.batch_norm",),
        here="`F.batch_norm` of an input of one axis raises.",
        there="It raises, too, unless the input is empty.",
        why="There is no axis of channels. The message says what to do with a single example.",
        calls=r"\(float\d\d\[0\], float",
        said=r"^raises ShapeError: batch_norm: the channels are at axis 1",
    ),
    Difference(
        heading=TRAINING,
        names=tuple(f"optim.{name}" for name in OPTIMISERS),
        here="The same parameter twice in one group of an optimiser raises.",
        there="It warns that this will be an error; in two groups it raises.",
        why="It would be updated twice in each step.",
        calls=r"a param group cannot have duplicate parameters$",
        said=r"^raises ValueError: \w+: parameter 1 .* was given before",
    ),
    Difference(
        heading=TRAINING,
        names=("optim.NAdam",),
        here="NAdam's `mu_product` is float32, and stays so when a state is loaded.",
        there="Loading casts it to the parameter's dtype.",
        why="What was saved and loaded goes on to the last digit as if it had not been.",
        calls=r"float64",
        said=r"^from the other's state_dict\(\): state \d has mu_product with dtype float32",
    ),
    Difference(
        heading=TRAINING,
        names=("optim.lr_scheduler.ConstantLR",),
        here="`ConstantLR(optimizer, factor=0)`: after `total_iters` epochs at 0 the rates are the old ones.",
        there="It divides by 0.",
        why="The documentation's formula has no quotient.",
        calls=r"factor=0\.0",
        said=r"accepted; PyTorch raises ZeroDivisionError",
    ),
    Difference(
        heading=TRAINING,
        names=("utils.data.RandomSampler", "utils.data.DataLoader"),
        here="`DataLoader([], shuffle=True)` gives no batches; `num_samples=0` draws nothing.",
        there="Both raise; `DataLoader([])` gives no batches.",
        why="Whether it is shuffled makes no difference to an empty data set.",
        calls=r"\(0\).*shuffle=True|RandomSampler\(range\(0\)(, \w+, None)?\)|num_samples=0",
        said=r"^accepted; PyTorch raises ValueError: num_samples should be a positive integer",
    ),
    Difference(
        heading=TRAINING,
        names=("utils.data.random_split",),
        here="`random_split(data, [11, -1])` raises.",
        there="Of 10 samples it gives a part of 10 and one of none.",
        why="There is no part of -1 samples.",
        calls=r"-1\]",
        said=r"^raises ValueError: random_split: expected lengths that add up",
    ),
    Difference(
        heading=TRAINING,
        names=("utils.data.TensorDataset",),
        here="`TensorDataset()` raises.",
        there="It is made, and has no length.",
        why="A data set without data is a mistake.",
        calls=r"^TensorDataset\(\)$",
        said=r"^raises ValueError: TensorDataset: expected at least one tensor",
    ),
    Difference(
        heading=ERRORS,
        names=PLACES,
        here="A place out of range in `gather`, `scatter` and `scatter_add`: `IndexError`.",
        there="`RuntimeError`; of `x[9]` an `IndexError`.",
        why="One kind for one mistake.",
        calls=r"^(Tensor\.)?(gather|scatter|scatter_add_?)\(",
        said=r"^raises IndexError: .*; PyTorch raises RuntimeError",
    ),
    Difference(
        heading=ERRORS,
        names=("amax", "amin", "Tensor.amax", "Tensor.amin"),
        here="`amax()` and `amin()` of no numbers: `IndexError`.",
        there="`RuntimeError`; along an axis without numbers an `IndexError`.",
        why="One kind, with an axis or without.",
        calls=r"^(Tensor\.)?am(ax|in)\(",
        said=r"^raises IndexError: .*; PyTorch raises RuntimeError",
    ),
    Difference(
        heading=ERRORS,
        names=("linspace", "narrow", "Tensor.narrow"),
        here="`linspace` between tensors with axes, `narrow` from a boolean on: `TypeError`.",
        there="`RuntimeError`.",
        why="What was given is of the wrong type.",
        calls=r"^(linspace\(int64\[2\]|(Tensor\.)?narrow\(.*bool\[\])",
        said=r"^raises TypeError: .*; PyTorch raises RuntimeError",
    ),
    Difference(
        heading=ERRORS,
        names=("nn.Embedding", "nn.CrossEntropyLoss"),
        here="Fewer than 0 rows, a `label_smoothing` above 1: `ValueError` when the layer is made.",
        there="`RuntimeError`, of `label_smoothing` when the layer is called.",
        why="The number is wrong, and the line that says it is the one to mend.",
        calls=r"num_embeddings=-1|label_smoothing=1\.5",
        said=r"^raises ValueError: .*; PyTorch raises RuntimeError",
    ),
    Difference(
        heading=ERRORS,
        names=("utils.data.TensorDataset", "utils.data.ConcatDataset"),
        here="Data sets that cannot be made: `ShapeError`, `ValueError`, `TypeError`.",
        there="`AssertionError`.",
        why="`python -O` leaves assertions out.",
        calls=r"^(Tensor|Concat)Dataset\(",
        said=r"^raises (ShapeError|ValueError|TypeError): .*; PyTorch raises AssertionError",
    ),
    Difference(
        heading=ERRORS,
        names=("utils.data.ConcatDataset",),
        here="`ConcatDataset(...)[-9]` of fewer samples: `IndexError`.",
        there="`ValueError`; of `[9]` an `IndexError`.",
        why="One kind for one mistake.",
        calls=r"\[-\d\]$",
        said=r"^raises IndexError: .*; PyTorch raises ValueError",
    ),
    Difference(
        heading=ERRORS,
        names=("utils.data.RandomSampler", "utils.data.WeightedRandomSampler"),
        here="Draws that are not possible: `ValueError`. Of weights it comes when the sampler is made.",
        there="`RuntimeError` or `ZeroDivisionError`, in the loop.",
        why="The message says which argument is wrong, near the line that gives it.",
        calls=r"RandomSampler\(",
        said=r"^raises ValueError: .*; PyTorch raises (RuntimeError|ZeroDivisionError)",
    ),
)


def known(name: str, call: str, problem: str) -> Difference | None:
    """The record that describes a deviation."""
    return next((d for d in DIFFERENCES if d.covers(name, call, problem)), None)
