"""The training loop of a network with a loss."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from minigrad import cuda
from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor
from minigrad.train.callbacks import Callback, ProgressBar
from minigrad.train.check import check_arguments, check_capture, count_batches
from minigrad.train.epochs import Epochs
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
from minigrad.train.resume import checkpoint_of
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
    capture: bool = False,
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
        capture: for a model on a GPU: take each step as one captured graph, see `minigrad.cuda.capture`,
            which frees small networks from Python's time. Callbacks cannot look at gradients then, and a loss
            that is no number is noticed after its step.

    Returns the history; its ``ended`` says why training ended.

    A training that goes on from a checkpoint ends bit for bit where it would have ended: with the same
    program, on the same machine, with the same number of threads. See docs/guides/training.md. The one
    exception is a captured step with dropout, which draws other masks when it is captured anew.

    The first Ctrl-C ends training after the batch under way: callbacks finish, the history has the epochs
    that were completed, and ``ended`` is "interrupted". The second raises KeyboardInterrupt at once.

    Raises:
        ValueError, TypeError: arguments that cannot be trained with; nothing has been changed then.
        CheckpointError: the checkpoint is damaged, or of another training. FileExistsError: see ``resume``.
        FloatingPointError: the loss became infinite or not a number.
    """
    check_arguments("fit", model, data, optimizer, epochs, validation, callbacks, loss)
    if capture:
        check_capture("fit", model, callbacks)
    by_name = named(metrics)
    saved = checkpoint_of("fit", resume, callbacks)
    callbacks = with_bar(callbacks, progress)
    sources = Sources(
        model=model, data=data, validation=validation, loss=loss, callbacks=that_draw(callbacks)
    )
    run = Run(model, optimizer, epochs, count_batches(data), History(), callbacks=callbacks, sources=sources)
    return _Supervised(run, data, loss, by_name, validation, capture).train(saved)


def with_bar(callbacks: Sequence[Callback], progress: bool) -> Sequence[Callback]:
    """The callbacks, a progress bar before them if one is wanted and there is none."""
    if progress and not any(isinstance(callback, ProgressBar) for callback in callbacks):
        return [ProgressBar(), *callbacks]
    return callbacks


def that_draw(callbacks: Sequence[Callback]) -> list[Callback]:
    """The callbacks that may draw random numbers: bars never do."""
    return [callback for callback in callbacks if not isinstance(callback, ProgressBar)]


class _Supervised(Epochs):
    """A step is a forward pass, the loss of the output beside the target, and the way back."""

    def __init__(
        self,
        run: Run,
        data: Iterable[Any],
        loss: Loss,
        metrics: Mapping[str, Metric],
        validation: Iterable[Any] | None,
        capture: bool,
    ) -> None:
        super().__init__(run, data)
        self.loss = loss
        self.metrics = metrics
        self.validation = validation
        self.captured = cuda.capture(self._whole_step) if capture else None

    def step(self, batch: Any) -> bool:
        run = self.run
        x, target = moved(*pair(batch), where(run.model))
        if not len(target):
            raise ValueError(
                f"fit: batch {run.batch} of epoch {run.epoch} has no samples ({in_words(x, target)}). Leave "
                "empty batches out."
            )
        try:
            output, loss = (self.captured or self._forward)(x, target)
            value = one_number(loss)
        except Exception as error:
            error.add_note(f"fit: raised in epoch {run.epoch}, batch {run.batch}: {in_words(x, target)}")
            raise
        if not self.learn(loss, value, x, taken=self.captured is not None):
            return False
        self.count(len(target), measure(output, target, value, self.metrics))
        return True

    def _forward(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        output = self.run.model(x)
        return output, self.loss(output, target)

    def _whole_step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Forward, back, and the optimiser's step: what is captured, and so reads nothing from the card."""
        output, loss = self._forward(x, target)
        self.run.optimizer.zero_grad()
        loss.backward()
        self.run.optimizer.step()
        return output.detach(), loss.detach()

    def validate(self) -> dict[str, float]:
        if self.validation is None:
            return {}
        scores = evaluate(self.run.model, self.validation, self.loss, self.metrics)
        return {f"val_{name}": value for name, value in scores.items()}
