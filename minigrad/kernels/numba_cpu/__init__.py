"""The kernels compiled for the CPU with numba. What each computes is said in `reference/`, under its name.

All are loops over C-ordered arrays, and release the interpreter's lock. Those that go once over large arrays
(activations, normalisation, dropout, losses, optimisers) share them among threads, where an array is large
enough. A loop that is shared waits for its slowest thread, for milliseconds when another program has taken a
core: `minigrad.set_num_threads(1)` is the cure on a busy machine.

What is added up, and in which order, depends on shapes alone and not on the number of threads; but for the
weights' gradients of convolutions, where each thread adds up its own images first.

Each comment says what a kernel does otherwise than the reference, and the time of the reference -> its own.
For optimisers and functions it is that of one core of an AMD EPYC (AVX-512), with 235,146 float32 parameters
(a network 784-256-128-10) for optimisers; for the others it is said in their file.
"""

from minigrad.kernels.numba_cpu.activation import leaky_relu, leaky_relu_grad, relu, relu_grad
from minigrad.kernels.numba_cpu.conv import conv2d, conv2d_input_grad, conv2d_weight_grad
from minigrad.kernels.numba_cpu.functions import erf, index_add_rows
from minigrad.kernels.numba_cpu.loss import softmax_cross_entropy, softmax_cross_entropy_grad
from minigrad.kernels.numba_cpu.matmul import matmul
from minigrad.kernels.numba_cpu.norm import moments, norm_grad, scale_and_shift
from minigrad.kernels.numba_cpu.optimisers import adagrad_step, adam_step, nadam_step, rmsprop_step, sgd_step
from minigrad.kernels.numba_cpu.pool import avg_pool2d, avg_pool2d_grad, max_pool2d, max_pool2d_grad
from minigrad.kernels.numba_cpu.random import dropout

__all__ = [
    "adagrad_step",
    "adam_step",
    "avg_pool2d",
    "avg_pool2d_grad",
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
