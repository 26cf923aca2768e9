"""Measuring a network: in evaluation mode, without recording a graph, without changing anything."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.engine.modes import no_grad
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.train.metrics import Array

Loss = Callable[[Tensor, Tensor], Tensor]
Metric = Callable[[Tensor, Tensor], float]


class Means:
    """Means over samples, from means over batches: each batch counts as often as it has samples."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self.samples = 0

    def add(self, samples: int, scores: Mapping[str, float]) -> None:
        self.samples += samples
        for name, value in scores.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * samples

    def __call__(self) -> dict[str, float]:
        return {name: total / self.samples for name, total in self._sums.items()}


def measure(
    output: Tensor, target: Tensor, loss: Tensor, metrics: Mapping[str, Metric] | None
) -> dict[str, float]:
    """The loss and the metrics of one batch."""
    scores = {"loss": float(loss.item())}
    for name, metric in (metrics or {}).items():
        scores[name] = float(metric(output, target))
    return scores


def pair(batch: Any) -> tuple[Tensor, Tensor]:
    """The inputs and the targets of a batch."""
    try:
        inputs, targets = batch
    except (TypeError, ValueError):
        parts = f" of {len(batch)}" if isinstance(batch, list | tuple) else ""
        raise TypeError(
            "expected a loader whose batches are pairs (inputs, targets), got a "
            f"{type(batch).__name__}{parts}. Use a data set whose samples are pairs."
        ) from None
    return inputs, targets


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """The model in evaluation mode and no graph recorded; afterwards every module is as it was."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, mode in modes:  # one by one: a layer that was frozen in evaluation mode stays so
            module.training = mode


def evaluate(
    model: Module, loader: Iterable[Any], loss_fn: Loss, metrics: Mapping[str, Metric] | None = None
) -> dict[str, float]:
    """The mean loss and metrics over all samples of ``loader``.

    Args:
        model: the network, which is not changed.
        loader: batches (inputs, targets).
        loss_fn: ``loss_fn(output, target)``, the mean over a batch.
        metrics: by name, functions of output and target that return the mean over a batch.

    Returns ``{"loss": ..., name of a metric: ...}``. Raises ValueError if there are no batches.
    """
    means = Means()
    with evaluating(model):
        for batch in loader:
            x, target = pair(batch)
            output = model(x)
            means.add(len(target), measure(output, target, loss_fn(output, target), metrics))
    if not means.samples:
        raise ValueError("evaluate: the loader has no samples. Is the data set empty?")
    return means()


def predict(model: Module, loader: Iterable[Any]) -> tuple[Array, Array]:
    """The network's outputs for all samples of ``loader``, and their targets, as two arrays."""
    outputs, targets = [], []
    with evaluating(model):
        for batch in loader:
            x, target = pair(batch)
            outputs.append(model(x).numpy())
            targets.append(target.numpy())
    if not outputs:
        raise ValueError("predict: the loader has no samples. Is the data set empty?")
    return np.concatenate(outputs), np.concatenate(targets)
