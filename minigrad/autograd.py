"""Automatic differentiation, under PyTorch's names: ``grad``, ``backward``, the modes, and the numerical
checks. And ``explain_gradient``, which PyTorch does not have: what is wrong with a rule?
"""

from importlib import import_module
from typing import TYPE_CHECKING

from minigrad.engine.anomaly import AnomalyError
from minigrad.engine.backward import backward, grad
from minigrad.engine.modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from minigrad.gradcheck import GradcheckError, gradcheck, gradgradcheck

__all__ = [
    "AnomalyError",
    "GradcheckError",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "explain_gradient",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]


if TYPE_CHECKING:
    from minigrad.diagnosis import explain_gradient
else:

    def __getattr__(name):
        # It takes a moment to load, which a program that does without need not wait for.
        if name == "explain_gradient":
            return import_module("minigrad.diagnosis").explain_gradient
        raise AttributeError(f"module 'minigrad.autograd' has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
