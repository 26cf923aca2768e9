"""The training loop."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.train.callbacks import Callback, Run
from minigrad.train.evaluate import Loss, Means, Metric, evaluate, measure, pair
from minigrad.train.history import History
from minigrad.train.interrupt import Interrupt, catch_interrupt


def fit(
    model: Module,
    loader: Iterable[Any],
    optimizer: Optimizer,
    loss_fn: Loss,
    *,
    epochs: int,
    validation: Iterable[Any] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Sequence[Callback] = (),
) -> History:
    """Train ``model``: in each epoch, one step of the optimiser per batch, then validation.

    Args:
        model: the network; it is set to training mode and changed.
        loader: batches (inputs, targets), with a length.
        optimizer: holds the model's parameters.
        loss_fn: ``loss_fn(output, target)``, the mean over a batch.
        epochs: how often the data are gone through, at most.
        validation: batches to measure after each epoch. Without them no column has ``val_``.
        metrics: by name, functions of output and target that return the mean over a batch.
        callbacks: called in this order at the joints of the loop.

    Returns the history; its ``ended`` says why training ended.

    The first Ctrl-C ends training after the batch under way: callbacks finish, the history has the epochs
    that were completed, and ``ended`` is "interrupted". The second raises KeyboardInterrupt at once.

    Raises:
        ValueError: there is nothing to train on.
        FloatingPointError: the loss became infinite or not a number.
    """
    if not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"fit: epochs must be an integer of at least 1, got {epochs!r}")
    batches = len(loader)  # type: ignore[arg-type]
    if not batches:
        raise ValueError("fit: the loader has no batches. Is the data set empty, or drop_last=True too much?")
    history = History()
    run = Run(model, optimizer, epochs, batches, history)
    model.train()
    with catch_interrupt() as interrupt:
        _tell(callbacks, "on_fit_begin", run)
        while not run.stop:
            run.epoch += 1
            began = time.perf_counter()
            if not _epoch(run, loader, loss_fn, metrics, callbacks, interrupt):
                run.stop = "interrupted"
                break
            if validation is not None:
                scores = evaluate(model, validation, loss_fn, metrics)
                run.scores |= {f"val_{name}": value for name, value in scores.items()}
            history.append(run.scores, time.perf_counter() - began)
            _tell(callbacks, "on_epoch_end", run)
            if interrupt:
                run.stop = "interrupted"
            elif run.epoch == epochs and not run.stop:
                run.stop = "finished"
        history.ended = run.stop
        _tell(callbacks, "on_fit_end", run)
    return history


def _epoch(
    run: Run,
    loader: Iterable[Any],
    loss_fn: Loss,
    metrics: Mapping[str, Metric] | None,
    callbacks: Sequence[Callback],
    interrupt: Interrupt,
) -> bool:
    """Go through the data once. False if it was interrupted before the end."""
    run.batch, run.scores, means = 0, {}, Means()
    _tell(callbacks, "on_epoch_begin", run)
    for batch in loader:
        if interrupt:
            return False
        run.batch += 1
        x, target = pair(batch)
        output = run.model(x)
        loss = loss_fn(output, target)
        _check(loss.item(), run)
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
        means.add(len(target), measure(output, target, loss, metrics))
        run.scores = means()
        _tell(callbacks, "on_batch_end", run)
    return True


def _check(loss: float, run: Run) -> None:
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"fit: the loss is {loss} in epoch {run.epoch}, batch {run.batch}. A lower learning rate or "
            "clipped gradients help as a rule; minigrad.autograd.detect_anomaly() names the operation."
        )


def _tell(callbacks: Sequence[Callback], joint: str, run: Run) -> None:
    for callback in callbacks:
        getattr(callback, joint)(run)
