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

from minigrad.kernels.numba_cpu.activation import *
from minigrad.kernels.numba_cpu.conv import *
from minigrad.kernels.numba_cpu.functions import *
from minigrad.kernels.numba_cpu.loss import *
from minigrad.kernels.numba_cpu.matmul import *
from minigrad.kernels.numba_cpu.norm import *
from minigrad.kernels.numba_cpu.optimisers import *
from minigrad.kernels.numba_cpu.pool import *
from minigrad.kernels.numba_cpu.random import *
from minigrad.kernels.numba_cpu.smooth import *
