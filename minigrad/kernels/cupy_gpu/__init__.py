"""The kernels for a card, in CUDA C++. What each computes is said in `reference/`, under its name.

    source/*.cu     the kernels: plain CUDA, each compiled when it is first used
    launch.py       compiles and launches them: on the card for CuPy arrays, on the CPU for NumPy's
    on_cpu.py       runs the same source on the CPU, so that everything is tested without a card
    conv.py, ...    what is worked out on the host: tables, sizes, how many blocks

No kernel adds atomically: results repeat bit for bit.
"""

from minigrad.kernels.cupy_gpu.activation import erf, leaky_relu, leaky_relu_grad, relu, relu_grad
from minigrad.kernels.cupy_gpu.conv import conv2d, conv2d_input_grad, conv2d_weight_grad
from minigrad.kernels.cupy_gpu.dropout import dropout
from minigrad.kernels.cupy_gpu.loss import softmax_cross_entropy, softmax_cross_entropy_grad
from minigrad.kernels.cupy_gpu.matmul import matmul
from minigrad.kernels.cupy_gpu.norm import channel_sums, moments, norm_grad, scale_and_shift
from minigrad.kernels.cupy_gpu.optimisers import adagrad_step, adam_step, nadam_step, rmsprop_step, sgd_step
from minigrad.kernels.cupy_gpu.pool import (
    avg_pool2d,
    avg_pool2d_grad,
    max_pool2d,
    max_pool2d_grad,
    max_pool2d_pick,
)
from minigrad.kernels.cupy_gpu.rows import index_add_rows

__all__ = [
    "adagrad_step",
    "adam_step",
    "avg_pool2d",
    "avg_pool2d_grad",
    "channel_sums",
    "conv2d",
    "conv2d_input_grad",
    "conv2d_weight_grad",
    "dropout",
    "erf",
    "index_add_rows",
    "leaky_relu",
    "leaky_relu_grad",
    "matmul",
    "max_pool2d",
    "max_pool2d_grad",
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
