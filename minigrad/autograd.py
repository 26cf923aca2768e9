"""Automatic differentiation, under PyTorch's names: ``grad``, ``backward``, the modes, and the numerical
checks. And ``explain_gradient``, which PyTorch does not have: what is wrong with a rule?
"""

from minigrad.diagnosis import explain_gradient
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
