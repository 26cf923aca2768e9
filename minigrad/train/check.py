"""What ``fit`` and ``fit_gan`` are given, looked at before anything is changed."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minigrad.data import DataLoader, Dataset
from minigrad.devices import CPU
from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.optim.lr_scheduler import LRScheduler
from minigrad.tensor import Tensor
from minigrad.train.callbacks import Callback
from minigrad.train.evaluate import where


def check_arguments(
    owner: str,
    model: Module,
    data: Iterable[Any],
    optimizer: Optimizer,
    epochs: int,
    validation: Iterable[Any] | None,
    callbacks: Sequence[Callback],
    *losses: Any,
) -> None:
    """Raise TypeError or ValueError, with the likely fix, for arguments that cannot be trained with.

    ``owner`` is the function that an error is to name.
    """
    if not isinstance(model, Module):
        raise TypeError(f"{owner}: expected model to be a Module, got {_kind(model)}.")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "fit: loss and optimizer are the wrong way round: fit(model, data, loss, optimizer, epochs)."
            if any(isinstance(loss, Optimizer) for loss in losses)
            else f"{owner}: expected optimizer to be one of minigrad.optim, such as "
            f"optim.Adam(model.parameters()), got {_kind(optimizer)}."
        )
    for loss in losses:
        if isinstance(loss, type) or not callable(loss):
            raise TypeError(
                f"{owner}: expected loss to be a function of output and target, such as "
                f"nn.CrossEntropyLoss(), got {_kind(loss)}."
            )
    if not isinstance(epochs, int) or isinstance(epochs, bool) or epochs < 1:
        raise ValueError(f"{owner}: epochs must be an integer of at least 1, got {epochs!r}")
    own = {id(p) for p in model.parameters()}
    if not any(id(p) in own for group in optimizer.param_groups for p in group["params"]):
        raise ValueError(
            f"{owner}: the optimizer has none of the model's parameters, so no step would change the model. "
            "Make it with this model's: optim.Adam(model.parameters())."
        )
    if not any(p.requires_grad for group in optimizer.param_groups for p in group["params"]):
        raise ValueError(
            f"{owner}: all parameters that the optimizer has are frozen, so there is nothing to learn. "
            "model.requires_grad_() lets them learn again."
        )
    for name, batches in (("data", data), ("validation", validation)):
        if batches is not None:
            _check_data(owner, name, batches)
    _check_callbacks(owner, callbacks)


def check_capture(owner: str, model: Module, callbacks: Sequence[Callback]) -> None:
    """Raise ValueError where a step of this training cannot be captured as one graph."""
    if where(model) is CPU:
        raise ValueError(
            f"{owner}: capture=True is for a model on a GPU, and this one is on the CPU. Move it there, "
            'model.to("cuda"), or leave capture out.'
        )
    for callback in callbacks:
        if type(callback).on_backward_end is not Callback.on_backward_end:
            raise ValueError(
                f"{owner}: capture=True takes each step as a whole, and {type(callback).__name__} is to be "
                "called within it, when the gradients are there (on_backward_end). Leave out one of the two."
            )


def count_batches(data: Iterable[Any]) -> int | None:
    """How many batches an epoch has; None if the data cannot say."""
    try:
        return len(data)  # type: ignore[arg-type]
    except TypeError:
        return None


def _check_data(owner: str, name: str, data: Any) -> None:
    if isinstance(data, Dataset) and not isinstance(data, DataLoader):
        raise TypeError(
            f"{owner}: {name} is a {type(data).__name__}, which gives single samples. Make batches of them: "
            "DataLoader(dataset, batch_size=32, shuffle=True)."
        )
    if _are_arrays(data) or not isinstance(data, Iterable):
        raise TypeError(
            f"{owner}: expected {name} to give batches (inputs, targets), got {_kind(data)}. For tensors x "
            "and y: DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)."
        )
    if count_batches(data) == 0:
        raise ValueError(
            f"{owner}: {'the data' if name == 'data' else name} has no batches. Is the data set empty, or "
            "drop_last=True too much?"
        )


def _are_arrays(data: Any) -> bool:
    """Whether the data are given whole: one array, or (inputs, targets). A list may be one of batches."""
    kinds = (Tensor, np.ndarray)
    if isinstance(data, tuple) and len(data) == 2:
        return all(isinstance(part, kinds) for part in data)
    return isinstance(data, kinds)


def _check_callbacks(owner: str, callbacks: Any) -> None:
    if isinstance(callbacks, Callback) or not isinstance(callbacks, list | tuple):
        raise TypeError(
            f"{owner}: expected callbacks to be a list, got {_kind(callbacks)}. Use brackets: [...]."
        )
    for i, callback in enumerate(callbacks):
        if isinstance(callback, Callback):
            continue
        if isinstance(callback, type) and issubclass(callback, Callback):
            hint = f"Make one of the class: {callback.__name__}()."
        elif isinstance(callback, LRScheduler):
            hint = f"Say when it is to be stepped: train.Schedule({type(callback).__name__}(...))."
        else:
            hint = "Derive its class from train.Callback."
        raise TypeError(f"{owner}: callbacks[{i}] is no callback but {_kind(callback)}. {hint}")
    if len({id(callback) for callback in callbacks}) < len(callbacks):
        raise ValueError(
            f"{owner}: the same callback is twice in the list, and would be told everything twice."
        )


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
