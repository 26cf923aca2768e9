"""What can be told of a model while it trains: its accuracy, and how many numbers it has."""

import numpy as np

from minigrad.errors import ShapeError
from minigrad.nn import Module
from minigrad.tensor import Tensor


def accuracy(output: Tensor, target: Tensor) -> float:
    """The share of samples whose highest score is that of their class.

    Shapes: output (N, classes) of scores or probabilities, target (N,) of class numbers.
    """
    if output.ndim != 2 or target.shape != output.shape[:1]:
        raise ShapeError(
            f"accuracy: expected output (N, classes) and target (N,), got {output.shape} and {target.shape}. "
            "One-hot targets become class numbers with target.argmax(1)."
        )
    if not len(target):
        raise ValueError(
            "accuracy: there are no samples, and no share of none. Leave empty batches out; is the data set "
            "empty?"
        )
    right = output.detach().cpu().numpy().argmax(axis=1) == target.cpu().numpy()
    return float(np.mean(right))


def count_parameters(model: Module) -> int:
    """How many numbers training changes."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
