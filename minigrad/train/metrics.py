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
    known, classes = target.detach().cpu().numpy(), output.shape[1]
    if known.max() >= classes:
        raise ValueError(
            f"accuracy: an output of {classes} scores knows the classes 0 to {classes - 1}; the target has "
            f"{known.max()}. Count classes from 0, or give the model's last layer an output for each."
        )
    return float(np.mean(output.detach().cpu().numpy().argmax(axis=1) == known))


def count_parameters(model: Module) -> int:
    """How many numbers training changes."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
