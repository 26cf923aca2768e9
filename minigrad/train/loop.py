"""The training loop."""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor
from minigrad.train.callbacks import Callback, ProgressBar
from minigrad.train.check import check_arguments, count_batches
from minigrad.train.checkpoint import Saved, restore, restore_callbacks
from minigrad.train.evaluate import (
    Loss,
    Metric,
    Metrics,
    evaluate,
    in_words,
    measure,
    moved,
    named,
    one_number,
    pair,
    where,
)
from minigrad.train.history import History
from minigrad.train.interrupt import Interrupt, catch_interrupt
from minigrad.train.means import Means
from minigrad.train.resume import batches_after, checkpoint_of
from minigrad.train.run import Run
from minigrad.train.sources import Sources


def fit(
    model: Module,
    data: Iterable[Any],
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    *,
    validation: Iterable[Any] | None = None,
    metrics: Metrics | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
    resume: bool | str | os.PathLike[str] | None = None,
) -> History:
    """Train ``model``: in each epoch, one step of the optimiser per batch, then validation.

    Args:
        model: the network; it is set to training mode and changed.
        data: batches (inputs, targets): a ``DataLoader``, or another iterable that gives them anew each time.
            They are brought to the device that the model is on.
        loss: ``loss(output, target)``, the mean over a batch: ``nn.CrossEntropyLoss()``.
        optimizer: holds the model's parameters.
        epochs: how often the data are gone through, at most.
        validation: batches to measure after each epoch. Without them no column has ``val_``.
        metrics: functions of output and target that return the mean over a batch, in a list, or by the names
            that their columns are to have: ``[train.accuracy]``.
        callbacks: called in this order at the joints of the loop.
        progress: whether to show a progress bar; one among the callbacks is not doubled.
        resume: True goes on from the file of the ``Checkpoint`` among the callbacks, and begins anew if there
            is none yet; the name of a checkpoint goes on from that; False begins anew and overwrites. Left
            out, a checkpoint of an earlier training is an error rather than overwritten.

    Returns the history; its ``ended`` says why training ended.

    A training that goes on from a checkpoint ends bit for bit where it would have ended: with the same
    program, on the same machine, with the same number of threads. See docs/guides/training.md.

    The first Ctrl-C ends training after the batch under way: callbacks finish, the history has the epochs
    that were completed, and ``ended`` is "interrupted". The second raises KeyboardInterrupt at once.

    Raises:
        ValueError, TypeError: arguments that cannot be trained with; nothing has been changed then.
        CheckpointError: the checkpoint is damaged, or of another training. FileExistsError: see ``resume``.
        FloatingPointError: the loss became infinite or not a number.
    """
    check_arguments(model, data, loss, optimizer, epochs, validation, callbacks)
    by_name = named(metrics)
    saved = checkpoint_of(resume, callbacks)
    if progress and not any(isinstance(callback, ProgressBar) for callback in callbacks):
        callbacks = [ProgressBar(), *callbacks]
    drawing = [callback for callback in callbacks if not isinstance(callback, ProgressBar)]  # bars never do
    sources = Sources(model=model, data=data, validation=validation, loss=loss, callbacks=drawing)
    run = Run(model, optimizer, epochs, count_batches(data), History(), callbacks=callbacks, sources=sources)
    training = _Training(run, data, loss, by_name, validation)
    try:
        with catch_interrupt() as interrupt:
            training.go(saved, interrupt)
    finally:
        for callback in callbacks:
            callback.close()
    return run.history


class _Training:
    """The loop over epochs and batches, and what it is given."""

    def __init__(
        self,
        run: Run,
        data: Iterable[Any],
        loss: Loss,
        metrics: Mapping[str, Metric],
        validation: Iterable[Any] | None,
    ) -> None:
        self.run = run
        self.data = data
        self.loss = loss
        self.metrics = metrics
        self.validation = validation

    def go(self, saved: Saved | None, interrupt: Interrupt) -> None:
        run = self.run
        run.model.train()
        batches = self._begin(saved)
        while not run.stop:
            if run.between:
                if run.epoch >= run.epochs:
                    run.stop = "finished"
                    break
                batches = self._begin_epoch()
            if not self._batches(batches, interrupt):
                run.stop = run.stop or "interrupted"
                run.history.ended = run.stop
                self._tell("on_settled")
                break
            self._end_epoch(interrupt)
        run.history.ended = run.stop
        self._tell("on_fit_end")

    def _begin(self, saved: Saved | None) -> Iterator[Any]:
        """Begin, or take the checkpoint's place; then return the batches that are left of its epoch."""
        run = self.run
        if saved is None:
            self._tell("on_fit_begin")
            return iter(())
        restore(run, saved)
        self._tell("on_fit_begin")
        restore_callbacks(run, saved)
        states = saved.content["random"]
        run.began = time.perf_counter()
        batches: Iterator[Any] = iter(())
        if run.between:
            run.sources.restore(states["now"])
        else:
            batches = batches_after(run.batch, self.data, run.sources, states["at epoch"], states["now"])
        self._tell("on_settled")  # for a file that was due when the program was killed
        return batches

    def _begin_epoch(self) -> Iterator[Any]:
        run = self.run
        run.epoch += 1
        run.batch, run.scores, run.extra, run.means, run.between = 0, {}, {}, Means(), False
        run.seconds, run.began = 0.0, time.perf_counter()
        self._tell("on_epoch_begin")
        run.at_epoch = run.sources.states()
        return iter(self.data)

    def _batches(self, batches: Iterator[Any], interrupt: Interrupt) -> bool:
        """Go through what is left of the epoch. False if training ends before the epoch does."""
        run = self.run
        if interrupt:
            return False
        for batch in batches:
            run.batch += 1
            if not self._step(batch):
                return False
            self._tell("on_batch_end")
            self._tell("on_settled")
            if interrupt and run.batch != run.batches:
                return False  # before another batch is fetched: it might draw random numbers, and is not used
        if not run.batch:
            raise ValueError(
                f"fit: the data gave no batch in epoch {run.epoch}. An iterator or a generator can be gone "
                "through only once: use a DataLoader, or a list of batches."
                if run.epoch > 1
                else "fit: the data have no batches. Is the data set empty, or drop_last=True too much?"
            )
        return True

    def _step(self, batch: Any) -> bool:
        """One step of the optimiser. False if the loss is no number and a callback wants to end for it."""
        run = self.run
        x, target = moved(*pair(batch), where(run.model))
        if not len(target):
            raise ValueError(
                f"fit: batch {run.batch} of epoch {run.epoch} has no samples ({in_words(x, target)}). Leave "
                "empty batches out."
            )
        try:
            output = run.model(x)
            loss = self.loss(output, target)
            value = one_number(loss)
        except Exception as error:
            error.add_note(f"fit: raised in epoch {run.epoch}, batch {run.batch}: {in_words(x, target)}")
            raise
        if not math.isfinite(value):
            self._tell("on_not_finite", value)
            if run.stop:
                return False
            raise FloatingPointError(_not_finite(value, run, x))
        run.optimizer.zero_grad()
        loss.backward()
        self._tell("on_backward_end")
        run.optimizer.step()
        run.steps += 1
        run.means.add(len(target), measure(output, target, value, self.metrics))
        run.scores = run.means()
        return True

    def _end_epoch(self, interrupt: Interrupt) -> None:
        run = self.run
        if self.validation is not None:
            scores = evaluate(run.model, self.validation, self.loss, self.metrics)
            run.scores |= {f"val_{name}": value for name, value in scores.items()}
        run.scores |= run.extra
        run.history.append(run.scores, run.seconds + time.perf_counter() - run.began)
        run.between = True
        self._tell("on_epoch_end")
        if not run.stop:  # what a callback has found stays true when training goes on some time
            run.stop = "interrupted" if interrupt else "finished" if run.epoch >= run.epochs else ""
        run.history.ended = run.stop
        self._tell("on_settled")

    def _tell(self, joint: str, *values: Any) -> None:
        for callback in self.run.callbacks:
            method: Callable[..., None] = getattr(callback, joint)
            method(self.run, *values)


def _not_finite(loss: float, run: Run, inputs: Any) -> str:
    place = f"fit: the loss is {loss} in epoch {run.epoch}, batch {run.batch}"
    if isinstance(inputs, Tensor) and not inputs.isfinite().all().item():
        return f"{place}, and the inputs of this batch are not finite themselves. Look for NaN in the data."
    return (
        f"{place}. A lower learning rate or clipped gradients (train.ClipGradients) help as a rule; "
        "minigrad.autograd.detect_anomaly() names the operation. train.StopOnNaN ends training without error."
    )
