"""Every kernel in plain array code: the specification that each backend is tested against."""

from minigrad.kernels.reference.activation import leaky_relu, leaky_relu_grad, relu, relu_grad
from minigrad.kernels.reference.conv import (
    col2im,
    conv2d,
    conv2d_input_grad,
    conv2d_weight_grad,
    im2col,
)
from minigrad.kernels.reference.functions import erf, index_add_rows
from minigrad.kernels.reference.loss import softmax_cross_entropy, softmax_cross_entropy_grad
from minigrad.kernels.reference.matmul import matmul
from minigrad.kernels.reference.norm import channel_sums, moments, norm_grad, scale_and_shift
from minigrad.kernels.reference.optimisers import adagrad_step, adam_step, nadam_step, rmsprop_step, sgd_step
from minigrad.kernels.reference.pool import (
    avg_pool2d,
    avg_pool2d_grad,
    max_pool2d,
    max_pool2d_grad,
    max_pool2d_indices,
    max_pool2d_pick,
)
from minigrad.kernels.reference.random import dropout, dropout_mask

__all__ = [
    "adagrad_step",
    "adam_step",
    "avg_pool2d",
    "avg_pool2d_grad",
    "channel_sums",
    "col2im",
    "conv2d",
    "conv2d_input_grad",
    "conv2d_weight_grad",
    "dropout",
    "dropout_mask",
    "erf",
    "im2col",
    "index_add_rows",
    "leaky_relu",
    "leaky_relu_grad",
    "matmul",
    "max_pool2d",
    "max_pool2d_grad",
    "max_pool2d_indices",
    "max_pool2d_pick",
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
