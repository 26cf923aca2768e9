"""Epochs: going through the data again and again, with all that happens around a step.

What a step is, a subclass says: `fit` has one for a network with a loss, `fit_gan` one for two networks.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from minigrad.tensor import Tensor
from minigrad.train.checkpoint import Saved, restore, restore_callbacks
from minigrad.train.history import History
from minigrad.train.interrupt import catch_interrupt
from minigrad.train.means import Means
from minigrad.train.resume import batches_after
from minigrad.train.run import Run


class Epochs:
    """The loop over epochs and batches. A subclass defines ``step``, and ``validate`` if there is any."""

    name = "fit"  # the function that an error is to name

    def __init__(self, run: Run, data: Iterable[Any]) -> None:
        self.run = run
        self.data = data

    def step(self, batch: Any) -> bool:
        """Work on one batch. False if a loss is no number and a callback wants to end for it."""
        raise NotImplementedError(f"{type(self).__name__} must define step(batch)")

    def validate(self) -> dict[str, float]:
        """What is measured after an epoch."""
        return {}

    def train(self, saved: Saved | None) -> History:
        """Go through all epochs, or through those that ``saved`` has left; Ctrl-C ends it cleanly."""
        try:
            with catch_interrupt() as self.run.interrupt:
                self._go(saved)
        finally:
            for callback in self.run.callbacks:
                callback.close()
        return self.run.history

    def learn(self, loss: Tensor, value: float, x: Any, *, taken: bool = False) -> bool:
        """One step of the optimiser down the slope of ``loss``, which is ``value`` for the inputs ``x``.

        False, with nothing changed, if it is no number and a callback wants to end for it. ``taken``: the
        step was taken already, in a captured graph; it is looked at and counted here.
        """
        run = self.run
        if not math.isfinite(value):
            self._tell("on_not_finite", value)
            if run.stop:
                return False
            raise FloatingPointError(_not_finite(self.name, value, run, x))
        if not taken:
            run.optimizer.zero_grad()
            loss.backward()
            self._tell("on_backward_end")
            run.optimizer.step()
        run.steps += 1
        return True

    def count(self, samples: int, scores: dict[str, float]) -> None:
        """Enter the scores of a batch into the means of the epoch."""
        self.run.means.add(samples, scores)
        self.run.scores = self.run.means()

    def _go(self, saved: Saved | None) -> None:
        run = self.run
        run.model.train()
        batches = self._begin(saved)
        while not run.stop:
            if run.between:
                if run.epoch >= run.epochs:
                    run.stop = "finished"
                    break
                batches = self._begin_epoch()
            if not self._batches(batches):
                run.stop = run.stop or "interrupted"
                run.history.ended = run.stop
                self._tell("on_settled")
                break
            self._end_epoch()
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

    def _batches(self, batches: Iterator[Any]) -> bool:
        """Go through what is left of the epoch. False if training ends before the epoch does."""
        run = self.run
        if run.interrupt:
            return False
        for batch in batches:
            run.batch += 1
            self._tell("on_batch_begin")
            if not self.step(batch):
                return False
            self._tell("on_batch_end")
            self._tell("on_settled")
            if run.interrupt and run.batch != run.batches:
                return False  # before another batch is fetched: it might draw random numbers, and is not used
        if not run.batch:
            raise ValueError(
                f"{self.name}: the data gave no batch in epoch {run.epoch}. An iterator or a generator can "
                "be gone through only once: use a DataLoader, or a list of batches."
                if run.epoch > 1
                else f"{self.name}: the data have no batches. Is the data set empty, or drop_last=True too "
                "much?"
            )
        return True

    def _end_epoch(self) -> None:
        run = self.run
        run.scores |= self.validate()
        run.scores |= run.extra
        run.history.append(run.scores, run.seconds + time.perf_counter() - run.began)
        run.between = True
        self._tell("on_epoch_end")
        if not run.stop:  # what a callback has found stays true when training goes on some time
            run.stop = "interrupted" if run.interrupt else "finished" if run.epoch >= run.epochs else ""
        run.history.ended = run.stop
        self._tell("on_settled")

    def _tell(self, joint: str, *values: Any) -> None:
        for callback in self.run.callbacks:
            method: Callable[..., None] = getattr(callback, joint)
            method(self.run, *values)


def _not_finite(owner: str, loss: float, run: Run, inputs: Any) -> str:
    place = f"{owner}: the loss is {loss} in epoch {run.epoch}, batch {run.batch}"
    if isinstance(inputs, Tensor) and not inputs.isfinite().all().item():
        return f"{place}, and the inputs of this batch are not finite themselves. Look for NaN in the data."
    return (
        f"{place}. A lower learning rate or clipped gradients (train.ClipGradients) help as a rule; "
        "minigrad.autograd.detect_anomaly() names the operation. train.StopOnNaN ends training without error."
    )
