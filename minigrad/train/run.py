"""Run: a training under way."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor
from minigrad.train.history import History
from minigrad.train.interrupt import Interrupt
from minigrad.train.means import Means
from minigrad.train.sources import Sources

if TYPE_CHECKING:
    from minigrad.train.callbacks.base import Callback

POSITION = ("batches", "epoch", "batch", "steps", "between", "stop", "scores", "extra", "means", "seconds")
"""What `Run.position` has."""


@dataclass
class Run:
    """A training under way, as callbacks see it.

    Attributes:
        epochs: how many are planned. epoch: the one under way, from 1.
        batches: how many an epoch has; None if the data cannot say. batch: the one under way, from 1.
        steps: how many steps the optimiser has taken since the training began.
        scores: means over the epoch so far; after the epoch, its row of the history.
        extra: what a callback writes here becomes a column of the epoch's row, the learning rate for one.
        between: whether an epoch has ended, and the next one has not begun.
        stop: a callback ends training by writing the reason here; the epoch under way is finished first.
        interrupt: true once Ctrl-C was pressed; training ends after the batch under way.
        resumed: the name of the checkpoint that this training goes on from; "" if it began anew.
    """

    model: Module
    optimizer: Optimizer
    epochs: int
    batches: int | None
    history: History
    epoch: int = 0
    batch: int = 0
    steps: int = 0
    scores: dict[str, float] = field(default_factory=dict)
    extra: dict[str, float] = field(default_factory=dict)
    between: bool = True
    stop: str = ""
    interrupt: Interrupt = field(default_factory=Interrupt)
    resumed: str = ""
    callbacks: Sequence["Callback"] = ()
    means: Means = field(default_factory=Means)
    sources: Sources = field(default_factory=Sources)
    at_epoch: dict[str, Any] = field(default_factory=dict)  # the random states with which the epoch began
    seconds: float = 0.0  # that the epoch had taken before it was gone on with
    began: float = 0.0  # when the epoch began, or was gone on with, by time.perf_counter

    def position(self) -> dict[str, Any]:
        """How far training is, as a checkpoint holds it."""
        held = {name: getattr(self, name) for name in POSITION}
        seconds = 0.0 if self.between else self.seconds + time.perf_counter() - self.began
        return held | {"means": self.means.state_dict(), "seconds": seconds}

    def go_on_from(self, position: Mapping[str, Any]) -> None:
        """Be where ``position`` told of. How many batches an epoch has is for the data to say, and stays."""
        for name in ("epoch", "batch", "steps", "between", "seconds"):
            setattr(self, name, position[name])
        self.scores, self.extra = dict(position["scores"]), dict(position["extra"])
        self.means.load_state_dict(position["means"])
        if position["stop"] not in ("finished", "interrupted"):  # those may go on, with more epochs at least
            self.stop = position["stop"]

    def copy_of_state(self) -> dict[str, Tensor]:
        """The model's weights and buffers as they are now."""
        return {name: value.clone() for name, value in self.model.state_dict().items()}
