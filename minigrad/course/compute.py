"""A record's formulas, computed by the engine in float64."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.autograd import grad
from minigrad.course.formula import FUNCTIONS
from minigrad.course.hints import meant
from minigrad.creation import tensor as make_tensor
from minigrad.creation import zeros_like
from minigrad.tensor import Tensor

if TYPE_CHECKING:
    from minigrad.course.example import Example, Node


def gradient_of(output: Tensor, at: Tensor) -> Tensor:
    """What ``grad(L, b)`` means in a formula."""
    gradient: Tensor | None = None
    if output.requires_grad and at.requires_grad:
        gradient = grad(output, at, retain_graph=True, allow_unused=True)[0]
    if gradient is None:
        raise ValueError(
            "the first of the two in grad(...) is not computed from the second, or the second has no "
            "gradient. Write the result first, and then what its gradient is taken by, grad(L, b), and in "
            "the table the gradient of b in place of -."
        )
    return gradient


AFTERWARDS: Mapping[str, Callable[..., Any]] = {**FUNCTIONS, "grad": gradient_of}
"""What the formulas of ``then`` may call."""


class Run:
    """The tensors of a record, computed: ``run["h1"]``, and ``run["h1"].grad`` if the record has gradients.

    Attributes:
        output: where backward began, or would begin.
    """

    def __init__(self, tensors: Mapping[str, Tensor], output: Tensor) -> None:
        self._tensors = tensors
        self.output = output

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._tensors:
            raise KeyError(f"there is no {name!r}{meant(name, self._tensors)}")
        return self._tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def tensors(self) -> dict[str, Tensor]:
        """All of them, by name."""
        return dict(self._tensors)


def run(example: "Example") -> Run:
    """Forward and, if the record has gradients, backward; the graph stays, for a picture of it."""
    tensors = _forward(example)
    output = tensors[example.output]
    if example.has_gradients:
        line = example.nodes[example.output].line
        if output.numel() != 1:
            raise line.error(
                f"backward begins at one number, and {example.output} has shape {tuple(output.shape)}. Add a "
                "line that makes one number of it, or name another node: output=..."
            )
        if not output.requires_grad:
            raise line.error(f"no input of {example.output} has a gradient; write one instead of -.")
        reached = {name: tensor for name, tensor in tensors.items() if tensor.requires_grad}
        with np.errstate(all="ignore"):
            gradients = grad(output, list(reached.values()), retain_graph=True, allow_unused=True)
        for tensor, gradient in zip(reached.values(), gradients, strict=True):
            tensor.grad = zeros_like(tensor) if gradient is None else gradient  # of inner nodes, too
    return Run(tensors, output)


def run_then(example: "Example") -> dict[str, Tensor]:
    """What is computed after backward, by name."""
    tensors = _forward(example)
    return {name: _compute(node, tensors, AFTERWARDS) for name, node in example.then.items()}


def local_derivative(node: "Node", below: str, tensors: Mapping[str, Tensor]) -> npt.NDArray[Any]:
    """The derivative of one node by one of those it is computed from, all else held still."""
    assert node.formula is not None
    inputs = {name: tensors[name].detach().clone().requires_grad_() for name in node.formula.names}
    (gradient,) = grad(node.formula.evaluate(inputs), inputs[below])
    return np.asarray(gradient)


def _forward(example: "Example") -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for node in example.nodes.values():
        tensor = _compute(node, tensors, FUNCTIONS)
        if not tensor.requires_grad and (
            node.gradient is not None or (node.formula is None and not example.has_gradients)
        ):
            tensor.requires_grad_()
    return tensors


def _compute(node: "Node", tensors: dict[str, Tensor], functions: Mapping[str, Callable[..., Any]]) -> Tensor:
    if node.formula is None:
        tensor = make_tensor(node.value.exact())
    else:
        try:
            with np.errstate(all="ignore"):  # a NaN is shown beside what was written
                tensor = node.formula.evaluate(tensors, functions)
        except (RuntimeError, ValueError, TypeError, IndexError, ArithmeticError) as error:
            raise node.line.error(f"{node.name} cannot be computed: {error}") from error
    tensors[node.name] = tensor
    return tensor
