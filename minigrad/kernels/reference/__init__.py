"""Every kernel in plain array code: the specification that each backend is tested against."""

from minigrad.kernels.reference.activation import leaky_relu, leaky_relu_grad, relu, relu_grad
from minigrad.kernels.reference.functions import erf, index_add_rows
from minigrad.kernels.reference.loss import softmax_cross_entropy, softmax_cross_entropy_grad
from minigrad.kernels.reference.norm import moments, norm_grad, scale_and_shift
from minigrad.kernels.reference.optimisers import adagrad_step, adam_step, nadam_step, rmsprop_step, sgd_step
from minigrad.kernels.reference.random import dropout, dropout_mask

__all__ = [
    "adagrad_step",
    "adam_step",
    "dropout",
    "dropout_mask",
    "erf",
    "index_add_rows",
    "leaky_relu",
    "leaky_relu_grad",
    "moments",
    "nadam_step",
    "norm_grad",
    "relu",
    "relu_grad",
    "rmsprop_step",
    "scale_and_shift",
    "sgd_step",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
]
