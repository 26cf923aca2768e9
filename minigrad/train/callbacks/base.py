"""Callback: what happens around the training loop, at its joints."""

from typing import Any

from minigrad.train.run import Run


class Callback:
    """Base of the callbacks. Override what you need; the rest does nothing.

    A callback that remembers something which later epochs depend on also defines ``state_dict`` and
    ``load_state_dict``: then a training that goes on from a checkpoint goes on with it.
    """

    def on_fit_begin(self, run: Run) -> None:
        """Before anything else: begin anew. ``run.resumed`` says whether an earlier training goes on."""

    def on_epoch_begin(self, run: Run) -> None:
        """Before the first batch of an epoch."""

    def on_batch_begin(self, run: Run) -> None:
        """When a batch is there, before it is worked on."""

    def on_backward_end(self, run: Run) -> None:
        """When a batch's gradients are there, before the step. Not in training with ``capture=True``."""

    def on_batch_end(self, run: Run) -> None:
        """After the step of a batch."""

    def on_epoch_end(self, run: Run) -> None:
        """After an epoch and its validation, once the history has its row."""

    def on_not_finite(self, run: Run, loss: float) -> None:
        """The loss of the batch is infinite or not a number. Unless ``run.stop`` is set, fit raises."""

    def on_settled(self, run: Run) -> None:
        """After all callbacks were told of a batch or an epoch: nothing is half done, the run can be saved.

        Also when an interrupted training ends in the middle of an epoch.
        """

    def on_fit_end(self, run: Run) -> None:
        """At the end, also after Ctrl-C. Not after an exception."""

    def close(self) -> None:
        """Last of all, also after an exception: give back what is open."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint is to keep of it: tensors, numbers, strings, lists and dicts of them."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned."""
