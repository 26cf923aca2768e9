"""Matrix products by NVIDIA's cuBLAS, called by ourselves.

CuPy's own call refuses to be captured, copies what is transposed in a stack of matrices, and does not know
TF32 there. Source of names and numbers: the cuBLAS manual and cublas_api.h.
"""

import ctypes
import functools
import math
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels import precision
from minigrad.kernels.cupy_gpu.arrays import empty
from minigrad.kernels.cupy_gpu.launch import address
from minigrad.kernels.reference.arrays import Array

WORKSPACE = (
    32 << 20
)  # bytes: what NVIDIA recommends for Hopper; given by us, so that products can be captured
REAL_32, REAL_64 = 0, 1  # cudaDataType
COMPUTE_32, COMPUTE_64, COMPUTE_TF32 = 68, 70, 77  # cublasComputeType_t
DEFAULT_ALGORITHM = -1


class Factor(NamedTuple):
    """A matrix, or a stack of them, as cuBLAS takes it."""

    array: Any
    turned: int  # whether its columns lie in memory as rows
    step: int  # elements from one row, or where it is turned from one column, to the next

    @property
    def stack_step(self) -> int:
        """The elements from one matrix of the stack to the next; 0 where one serves for all."""
        x = self.array
        return 0 if x.ndim == 2 else int(x.strides[0] // x.itemsize)


def factor(x: Array) -> Factor:
    """x as it lies, or a copy where cuBLAS cannot read it so."""
    rows, columns = x.shape[-2:]
    # The step along an axis of one element means nothing, whatever it is.
    step_row, step_column = (step // x.itemsize for step in x.strides[-2:])
    if (step_column == 1 or columns == 1) and (step_row >= columns or rows == 1):
        return Factor(x, 0, max(step_row if rows > 1 else columns, columns, 1))
    if (step_row == 1 or rows == 1) and (step_column >= rows or columns == 1):
        return Factor(x, 1, max(step_column if columns > 1 else rows, rows, 1))
    return factor(x.copy(order="C"))


def product(a: Array, b: Array) -> Array:
    """(..., M, K) @ (..., K, N) -> (..., M, N) of CuPy arrays, float32 or float64."""
    if a.ndim > 2 and b.ndim == 2:
        rows = math.prod(a.shape[:-1])
        return product(a.reshape(rows, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[-1])
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (m, k), n = a.shape[-2:], b.shape[-1]
    c = empty((*stack, m, n), a)
    if not c.size:
        return c
    if not k:
        c[...] = 0
        return c
    count = c.size // (m * n)
    left, right = (factor(_stacked(x, stack)) for x in (a, b))
    # cuBLAS counts along columns: what it sees as C, B and A are their transposes, and C' = B' A'.
    _multiply(left, right, c, (m, n, k), count)
    return c


def _stacked(x: Array, stack: tuple[int, ...]) -> Array:
    """x as (count, rows, columns), or as one matrix that serves for all."""
    if x.ndim == 2:
        return x
    return np.broadcast_to(x, (*stack, *x.shape[-2:])).reshape(-1, *x.shape[-2:])


def _multiply(a: Factor, b: Factor, c: Array, sizes: tuple[int, int, int], count: int) -> None:
    m, n, k = sizes
    single = c.dtype == np.float32
    kind = REAL_32 if single else REAL_64
    compute = COMPUTE_64 if not single else COMPUTE_32 if precision.matmul == "highest" else COMPUTE_TF32
    number = ctypes.c_float if single else ctypes.c_double
    one, zero = number(1), number(0)
    library, handle = _library(), _handle()
    status = library.cublasGemmStridedBatchedEx(
        handle,
        b.turned,
        a.turned,
        n,
        m,
        k,
        ctypes.byref(one),
        ctypes.c_void_p(address(b.array)),
        kind,
        b.step,
        ctypes.c_longlong(b.stack_step),
        ctypes.c_void_p(address(a.array)),
        kind,
        a.step,
        ctypes.c_longlong(a.stack_step),
        ctypes.byref(zero),
        ctypes.c_void_p(address(c)),
        kind,
        n,
        ctypes.c_longlong(m * n),
        count,
        compute,
        DEFAULT_ALGORITHM,
    )
    _check(status, "a matrix product")


def _handle() -> Any:
    """A handle of cuBLAS for the current device and stream."""
    import cupy

    return _handle_of(int(cupy.cuda.Device().id), int(cupy.cuda.get_current_stream().ptr))[0]


@functools.lru_cache(64)
def _handle_of(device: int, stream: int) -> tuple[Any, Any]:
    import cupy

    library, handle = _library(), ctypes.c_void_p()
    _check(library.cublasCreate_v2(ctypes.byref(handle)), "making a handle")
    _check(library.cublasSetStream_v2(handle, ctypes.c_void_p(stream)), "setting the stream")
    workspace = cupy.empty(WORKSPACE, np.uint8)
    pointer = ctypes.c_void_p(workspace.data.ptr)
    _check(library.cublasSetWorkspace_v2(handle, pointer, ctypes.c_size_t(WORKSPACE)), "giving a workspace")
    return handle, workspace


@functools.cache
def _library() -> Any:
    import cupy

    cupy.cuda.get_cublas_handle()  # CuPy finds the library, wherever it is installed, and loads it
    for version in (13, 12, 11):
        try:
            return ctypes.CDLL(f"libcublas.so.{version}")
        except OSError:
            continue
    raise ImportError("cuBLAS, which CuPy uses, is not to be found as libcublas.so.13, .12 or .11")


def _check(status: int, what: str) -> None:
    if status:
        raise RuntimeError(f"cuBLAS failed with status {status} at {what}")
