"""The kernels compiled for the CPU with numba. What each computes is said in `reference/`, under its name.

All are loops over flat, C-ordered arrays, and run on one core. A second one was tried: handing half of an
Adam step over 235,146 parameters to it takes 0.05 ms where one core alone takes 0.04, and numba's own
parallel loops wait for milliseconds when the other core is busy. The loops release the interpreter's lock.

Each comment says what a kernel does otherwise than the reference, and the time of the reference -> its own,
on one core of an AMD EPYC (AVX-512), with 235,146 float32 parameters (a network 784-256-128-10) for
optimisers.
"""

from minigrad.kernels.numba_cpu.activation import leaky_relu, leaky_relu_grad, relu, relu_grad
from minigrad.kernels.numba_cpu.functions import erf, index_add_rows
from minigrad.kernels.numba_cpu.loss import softmax_cross_entropy, softmax_cross_entropy_grad
from minigrad.kernels.numba_cpu.norm import moments, norm_grad, scale_and_shift
from minigrad.kernels.numba_cpu.optimisers import adagrad_step, adam_step, nadam_step, rmsprop_step, sgd_step
from minigrad.kernels.numba_cpu.random import dropout

__all__ = [
    "adagrad_step",
    "adam_step",
    "dropout",
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
