"""What a picture of a graph says, as plain data: boxes, arrows between them, modules around them."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.viz.graphs import text

Key = str


@dataclass
class Box:
    """One box of the picture.

    Attributes:
        kind: "operation" (with its result), "module", "chain" or "stretch" (several operations as one), or a
            tensor: "parameter" (a leaf with a gradient) or "constant".
        label: of an operation its sign and options, of several operations what they are.
        operation: the name of the operation, as ``grad_fn`` prints it; None for anything else.
        name: what the learner, or the module, calls the tensor or the result; None if nothing.
        path: of a module's parameter, its name in the outermost module: "0.weight".
        shape, dtype: of the tensor or the result.
        value: its numbers, a copy, where they are known and few.
        gradient: likewise, what has arrived of its gradient. has_gradient: whether any has, few or many.
        partial: (arrived, all): over how many ways the gradient has come, while some are missing.
        taken: (done, all): how many of several operations backward has taken, while some are left.
        state: under ``step``, "done", "current", "partly", "waiting" or "" for not yet.
        notes: what else the box says, line by line.
        cluster: the key of the innermost module drawn around it.
        room: the gradients that it has at one step or another, if it is to be large enough for each.
    """

    key: Key
    kind: str
    label: str = ""
    operation: str | None = None
    name: str | None = None
    path: str | None = None
    shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] | None = None
    value: Any = None
    gradient: Any = None
    has_gradient: bool = False
    partial: tuple[int, int] | None = None
    taken: tuple[int, int] | None = None
    state: str = ""
    notes: list[str] = field(default_factory=list)
    cluster: Key | None = None
    room: list[Any] = field(default_factory=list)


@dataclass
class Arrow:
    """From a value to what uses it. ``label`` says which argument it is where their order matters.

    ``carried`` says that under ``step`` a gradient has come back along it.
    """

    source: Key
    target: Key
    label: str = ""
    carried: bool = False


@dataclass
class Cluster:
    """A module whose operations are drawn inside a frame."""

    key: Key
    label: str
    parent: Key | None


@dataclass
class Description:
    """All that a picture says.

    Attributes:
        boxes: by key, in the order of computation. result: the key of the box of what was asked for.
        operations: how many are drawn if none are put together, which is how many steps backward has.
        dtype: of all floating tensors, or float32; a box with another one says so.
        notes: said under the picture. alt: the picture in words.
        keys: by the id of a node or a leaf, the key of its box, as long as they live.
    """

    boxes: dict[Key, Box]
    arrows: list[Arrow]
    clusters: list[Cluster]
    result: Key
    operations: int
    dtype: np.dtype[Any]
    step: int | None
    notes: list[str]
    alt: str = ""
    keys: dict[int, Key] = field(default_factory=dict)

    def box(self, name: str) -> Box:
        """The box of the tensor, or the operation with the result, that has this name."""
        for box in self.boxes.values():
            if box.name == name:
                return box
        names = ", ".join(sorted({box.name for box in self.boxes.values() if box.name}))
        raise KeyError(f"no box is named {name!r}; there are {names or 'no names'}")

    def inputs(self, box: Box) -> list[Box]:
        """The boxes that arrows lead from to this one, in the order of its arguments."""
        return [self.boxes[arrow.source] for arrow in self.arrows if arrow.target == box.key]


def in_words(drawn: Description) -> str:
    """The picture for those who do not see it."""
    result = drawn.boxes[drawn.result]
    tensors = [b for b in drawn.boxes.values() if b.kind in ("parameter", "constant") and b.name]
    named = [f"{b.path or b.name} {text.shape_of(b.shape)}".strip() for b in tensors]
    steps = [b.label for b in drawn.boxes.values() if b.kind not in ("parameter", "constant")]
    count = f"{drawn.operations:,} operation{'s' if drawn.operations > 1 else ''}"
    sentences = [f"Computation graph of {result.name or 'the result'}, {count}."]
    if named:
        sentences.append(f"It begins at {', '.join(named[:12])}{', …' if len(named) > 12 else ''}.")
    sentences.append(f"In order: {', '.join(steps[:20])}{', …' if len(steps) > 20 else ''}.")
    if result.value is not None and math.prod(result.shape) == 1:
        sentences.append(f"The result is {text.number(result.value.item())}.")
    return " ".join([*sentences, *drawn.notes])
