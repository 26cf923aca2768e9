"""The kernels for a card, in CUDA C++. What each computes is said in `reference/`, under its name.

    source/*.cu     the kernels: plain CUDA, each compiled when it is first used
    launch.py       compiles and launches them: on the card for CuPy arrays, on the CPU for NumPy's
    on_cpu.py       runs the same source on the CPU, so that everything is tested without a card
    conv.py, ...    what is worked out on the host: tables, sizes, how many blocks

No kernel adds atomically: results repeat bit for bit.
"""

from minigrad.kernels.cupy_gpu.activation import *
from minigrad.kernels.cupy_gpu.conv import *
from minigrad.kernels.cupy_gpu.dropout import *
from minigrad.kernels.cupy_gpu.loss import *
from minigrad.kernels.cupy_gpu.matmul import *
from minigrad.kernels.cupy_gpu.norm import *
from minigrad.kernels.cupy_gpu.optimisers import *
from minigrad.kernels.cupy_gpu.pool import *
from minigrad.kernels.cupy_gpu.rows import *
