"""Measuring a network: in evaluation mode, without recording a graph, without changing anything."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.devices import CPU, device
from minigrad.engine.modes import no_grad
from minigrad.errors import ShapeError
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.train.means import Means

Array = npt.NDArray[Any]
Loss = Callable[[Tensor, Tensor], Tensor]
Metric = Callable[[Tensor, Tensor], float]
Metrics = Mapping[str, Metric] | Sequence[Metric]


def measure(output: Tensor, target: Tensor, loss: float, metrics: Mapping[str, Metric]) -> dict[str, float]:
    """The loss and the metrics of one batch."""
    with no_grad():
        output = output.detach() if isinstance(output, Tensor) else output
        said = {name: _value(name, metric, output, target) for name, metric in metrics.items()}
        return {"loss": loss} | said


def _value(name: str, metric: Metric, output: Tensor, target: Tensor) -> float:
    """What the metric says of the batch. Raises ShapeError or TypeError if that is not one number."""
    try:
        value: Any = metric(output, target)
    except Exception as error:
        error.add_note(f"raised by the metric {name!r}")
        raise
    shape = tuple(getattr(value, "shape", ()))
    if math.prod(shape) != 1:
        raise ShapeError(
            f"the metric {name!r} should say one number of the batch, and says values of shape {shape}. "
            "Return their mean."
        )
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"the metric {name!r} should return a number, and returned {value!r}. Is there a return?"
        ) from None


def named(metrics: Metrics | None) -> Mapping[str, Metric]:
    """The metrics by name: those of a list have the names of their functions."""
    if metrics is None:
        return {}
    if callable(metrics):
        raise TypeError(
            "metrics: expected a list of functions or a dict of them, got one function. Use brackets: [...]."
        )
    given = metrics if isinstance(metrics, Mapping) else {_name_of(metric): metric for metric in metrics}
    for name, metric in given.items():
        if not callable(metric):
            raise TypeError(
                f"metrics: {name!r} is a {type(metric).__name__} and cannot be called. Expected functions of "
                "output and target, such as train.accuracy, in a list or by name."
            )
        if name == "loss" or name.startswith("val_"):
            raise ValueError(f"metrics: the name {name!r} is that of another column. Choose a different one.")
    if not isinstance(metrics, Mapping) and len(given) < len(metrics):
        raise ValueError("metrics: two functions of the list have the same name. Give a dict.")
    return given


def _name_of(metric: Any) -> str:
    return str(getattr(metric, "__name__", metric if isinstance(metric, str) else type(metric).__name__))


def one_number(loss: Any) -> float:
    """The loss as a number. Raises ShapeError for a loss of each sample, TypeError for what is no tensor."""
    if not isinstance(loss, Tensor):
        raise TypeError(
            f"the loss should be a tensor, so that gradients can be had, and is a {type(loss).__name__}. "
            "Compute it with minigrad's functions, and leave out .item() and .numpy()."
        )
    if loss.numel() != 1:
        raise ShapeError(
            f"the loss should be one number for the batch, and has shape {tuple(loss.shape)}. Take its mean: "
            'reduction="mean", or loss.mean().'
        )
    return float(loss.item())


def pair(batch: Any) -> tuple[Tensor, Tensor]:
    """The inputs and the targets of a batch."""
    try:
        if isinstance(batch, Tensor | np.ndarray):  # of two samples, they would be taken for the two parts
            raise TypeError
        inputs, targets = batch
    except (TypeError, ValueError):
        parts = f" of {len(batch)}" if isinstance(batch, list | tuple) else ""
        raise TypeError(
            "expected a loader whose batches are pairs (inputs, targets), got a "
            f"{type(batch).__name__}{parts}. Use a data set whose samples are pairs; of tensors x and y, "
            "DataLoader(TensorDataset(x, y), batch_size=32)."
        ) from None
    return inputs, targets


def in_words(inputs: Any, targets: Any) -> str:
    """ "inputs (32, 784) float32, targets (32,) int64"."""

    def shape(value: Any) -> str:
        if not isinstance(value, Tensor):
            return f"a {type(value).__name__}"
        return f"{tuple(value.shape)} {value.dtype}"

    return f"inputs {shape(inputs)}, targets {shape(targets)}"


def where(model: Module) -> device:
    """The device of the model's parameters."""
    return next((parameter.device for parameter in model.parameters()), CPU)


def moved(inputs: Any, targets: Any, there: device) -> tuple[Any, Any]:
    """A batch on the model's device; what is no tensor stays as it is."""
    if isinstance(inputs, Tensor) and inputs.device != there:
        inputs = inputs.to(there)
    if isinstance(targets, Tensor) and targets.device != there:
        targets = targets.to(there)
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
    model: Module, loader: Iterable[Any], loss_fn: Loss, metrics: Metrics | None = None
) -> dict[str, float]:
    """The mean loss and metrics over all samples of ``loader``.

    Args:
        model: the network, which is not changed.
        loader: batches (inputs, targets).
        loss_fn: ``loss_fn(output, target)``, the mean over a batch.
        metrics: functions of output and target that return the mean over a batch, in a list or by name.

    Returns ``{"loss": ..., name of a metric: ...}``. Raises ValueError if there are no batches.
    """
    means, metrics, there = Means(), named(metrics), where(model)
    with evaluating(model):
        for number, batch in enumerate(loader, 1):
            x, target = moved(*pair(batch), there)
            try:
                output = model(x)
                loss = one_number(loss_fn(output, target))
                means.add(len(target), measure(output, target, loss, metrics))
            except Exception as error:
                error.add_note(f"evaluate: raised in batch {number}: {in_words(x, target)}")
                raise
    if not means.samples:
        raise ValueError("evaluate: the loader has no samples. Is the data set empty?")
    return means()


def predict(model: Module, loader: Iterable[Any]) -> tuple[Array, Array]:
    """The network's outputs for all samples of ``loader``, and their targets, as two arrays."""
    outputs, targets, there = [], [], where(model)
    with evaluating(model):
        for number, batch in enumerate(loader, 1):
            x, target = moved(*pair(batch), there)
            try:
                outputs.append(model(x).cpu().numpy())
            except Exception as error:
                error.add_note(f"predict: raised in batch {number}: {in_words(x, target)}")
                raise
            targets.append(target.cpu().numpy())
    if not outputs:
        raise ValueError("predict: the loader has no samples. Is the data set empty?")
    return np.concatenate(outputs), np.concatenate(targets)
