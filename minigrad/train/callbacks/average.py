"""A running average of weights, beside those that are trained."""

from typing import Any

from minigrad.nn import Module
from minigrad.optim.swa_utils import AveragedModel
from minigrad.train.callbacks.base import Callback
from minigrad.train.run import Run


class Average(Callback):
    """Take a network's weights into an average after every batch.

        average = optim.swa_utils.AveragedModel(
            gan.generator, multi_avg_fn=optim.swa_utils.get_ema_multi_avg_fn(0.999)
        )
        train.fit_gan(gan, loader, optimizer, 100, callbacks=[train.Average(average, gan.generator)])

    A training that goes on from a checkpoint goes on with the average, too.

    Args:
        average: the average. model: the network, the one that is trained or a part of it.
    """

    def __init__(self, average: AveragedModel, model: Module) -> None:
        if not isinstance(average, AveragedModel):
            raise TypeError(
                f"Average: expected an AveragedModel of the network, got a {type(average).__name__}. Make "
                "one: optim.swa_utils.AveragedModel(network)."
            )
        self.average = average
        self.model = model

    def on_batch_end(self, run: Run) -> None:
        self.average.update_parameters(self.model)

    def state_dict(self) -> dict[str, Any]:
        return dict(self.average.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.average.load_state_dict(state)
