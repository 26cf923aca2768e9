"""Gradient clipping at the joints of the loop."""

from minigrad.nn.utils import clip_grad_norm_, clip_grad_value_
from minigrad.train.callbacks.base import Callback
from minigrad.train.run import Run


class ClipGradients(Callback):
    """Bound the gradients before each step: their common norm, or every element.

    Args:
        max_norm: the gradients are scaled by one factor to at most this norm.
        norm_type: which norm; 2 by default, ``inf`` for the largest element.
        max_value: every element is cut to [-max_value, max_value].

    Attributes:
        norm: of the last batch's gradients, before the scaling.

    See `minigrad.nn.utils`.
    """

    def __init__(
        self, max_norm: float | None = None, *, norm_type: float = 2.0, max_value: float | None = None
    ) -> None:
        if (max_norm is None) == (max_value is None):
            raise ValueError("ClipGradients: expected either max_norm or max_value, and got both or neither.")
        bound = max_norm if max_value is None else max_value
        if bound is None or not bound > 0:
            raise ValueError(f"ClipGradients: the bound must be above 0, got {bound!r}")
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.max_value = max_value
        self.norm: float | None = None

    def on_backward_end(self, run: Run) -> None:
        parameters = [p for group in run.optimizer.param_groups for p in group["params"]]
        if self.max_norm is not None:
            self.norm = float(clip_grad_norm_(parameters, self.max_norm, self.norm_type).item())
        elif self.max_value is not None:
            clip_grad_value_(parameters, self.max_value)
