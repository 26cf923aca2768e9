"""Run: a training under way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.train.history import History
from minigrad.train.means import Means

if TYPE_CHECKING:
    from minigrad.train.callbacks.base import Callback
    from minigrad.train.sources import Sources


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
    resumed: str = ""
    callbacks: Sequence["Callback"] = ()
    means: Means = field(default_factory=Means)
    sources: "Sources | None" = None
    at_epoch: dict[str, Any] = field(default_factory=dict)  # the random states with which the epoch began
    seconds: float = 0.0  # that the epoch had taken before it was gone on with
    began: float = 0.0  # when the epoch began, or was gone on with, by time.perf_counter
