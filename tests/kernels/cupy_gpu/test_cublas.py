"""Products by cuBLAS without a card: in its place a function that reads memory as the manual says it does."""

import ctypes
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad.kernels import precision
from minigrad.kernels.cupy_gpu import cublas
from tests.kernels.layouts import LAYOUTS, laid_out

DTYPES = {0: np.float32, 1: np.float64}  # CUDA_R_32F, CUDA_R_64F
INVALID_VALUE = 7  # CUBLAS_STATUS_INVALID_VALUE


def matrices(pointer, rows, columns, leading, step, count, dtype):
    """(count, rows, columns) at the pointer: column by column, each ``leading`` elements after the last."""
    size = np.dtype(dtype).itemsize
    elements = (count - 1) * step.value + (columns - 1) * leading + rows
    memory = (ctypes.c_char * (elements * size)).from_address(pointer.value)
    return np.ndarray((count, rows, columns), dtype, memory, 0, (step.value * size, size, leading * size))


class Cublas:
    """C = op(A) op(B) of each matrix of a stack, as in the manual; ``computed`` are the kinds of sums."""

    def __init__(self):
        self.computed = []

    def cublasGemmStridedBatchedEx(
        self, _handle, turned_a, turned_b, m, n, k, alpha, a, kind_a, lda, step_a, b, kind_b, ldb, step_b,
        beta, c, kind_c, ldc, step_c, count, compute, _algorithm,
    ):  # fmt: skip
        a_shape, b_shape = (k, m) if turned_a else (m, k), (n, k) if turned_b else (k, n)
        if lda < max(1, a_shape[0]) or ldb < max(1, b_shape[0]) or ldc < max(1, m):
            return INVALID_VALUE
        left = matrices(a, *a_shape, lda, step_a, count, DTYPES[kind_a])
        right = matrices(b, *b_shape, ldb, step_b, count, DTYPES[kind_b])
        result = matrices(c, m, n, ldc, step_c, count, DTYPES[kind_c])
        left, right = left.mT if turned_a else left, right.mT if turned_b else right
        assert (alpha._obj.value, beta._obj.value) == (1, 0)
        result[...] = left @ right
        self.computed.append(compute)
        return 0


@pytest.fixture
def library(monkeypatch):
    library = Cublas()
    monkeypatch.setattr(cublas, "_library", lambda: library)
    monkeypatch.setattr(cublas, "_handle", lambda: None)
    return library


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("a_shape", "b_shape"),
    [
        ((3, 4), (4, 5)),
        ((1, 4), (4, 1)),
        ((3, 1), (1, 5)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 5)),
        ((2, 3, 4), (2, 4, 5)),
        ((1, 3, 4), (2, 4, 5)),
        ((6, 1, 3, 4), (1, 2, 4, 5)),
        ((3, 0), (0, 5)),
        ((0, 4), (4, 5)),
        ((2, 3, 0), (2, 0, 5)),
    ],
)
def test_products_are_numpys_in_every_layout(library, a_shape, b_shape, layout, dtype):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=a_shape).astype(dtype), rng.normal(size=b_shape).astype(dtype)
    expected = a.astype(np.float64) @ b.astype(np.float64)
    for left, right in (
        (laid_out(a, layout), b),
        (a, laid_out(b, layout)),
        (np.ascontiguousarray(a.mT).mT, np.ascontiguousarray(b.mT).mT),
    ):
        c = cublas.product(left, right)
        assert (c.shape, c.dtype) == (expected.shape, dtype)
        np.testing.assert_allclose(c, expected, rtol=0, atol=1e-5 if dtype == np.float32 else 1e-14)


def test_what_is_turned_is_not_copied():
    x = np.ones((4, 3), np.float32)
    for taken, turned in ((x, 0), (x.T, 1), (x[:, :2], 0), (np.ones((2, 4, 3))[:, 1:3], 0)):
        found = cublas.factor(taken)
        assert found.array is taken and found.turned == turned and found.step == 3


def test_the_digits_of_float32_are_as_they_are_asked_for(library, monkeypatch):
    x = np.ones((2, 2))
    for digits in ("high", "highest"):
        monkeypatch.setattr(precision, "matmul", digits)
        cublas.product(x.astype(np.float32), x.astype(np.float32))
        cublas.product(x, x)
    # CUBLAS_COMPUTE_32F_FAST_TF32, _64F, _32F, _64F of cublas_api.h
    assert library.computed == [77, 70, 68, 70]


def test_a_product_that_fails_is_an_error(library, monkeypatch):
    monkeypatch.setattr(library, "cublasGemmStridedBatchedEx", lambda *_: INVALID_VALUE, raising=False)
    with pytest.raises(RuntimeError, match="cuBLAS failed with status 7 at a matrix product"):
        cublas.product(np.ones((2, 2)), np.ones((2, 2)))


# Handles ----------------------------------------------------------------------------------------------------


class Handles:
    """The calls of the manual that make a handle; the one named ``failing`` returns a status."""

    def __init__(self, failing=None):
        self.failing, self.made, self.streams, self.workspaces = failing, 0, {}, {}

    def __getattr__(self, name):
        return lambda *args: 3 if name == self.failing else getattr(self, f"_{name}")(*args)

    def _cublasCreate_v2(self, handle):
        self.made += 1
        handle._obj.value = self.made
        return 0

    def _cublasSetStream_v2(self, handle, stream):
        self.streams[handle.value] = stream.value
        return 0

    def _cublasSetWorkspace_v2(self, handle, pointer, size):
        self.workspaces[handle.value] = (pointer.value, size.value)
        return 0


@pytest.fixture
def no_handles():
    cublas._handle_of.cache_clear()
    yield
    cublas._handle_of.cache_clear()


def test_each_device_and_stream_has_a_handle_with_32_mib_of_its_own(card, no_handles, monkeypatch):
    library = Handles()
    monkeypatch.setattr(cublas, "_library", lambda: library)
    with card.cuda.Stream() as one, card.cuda.Stream() as other:
        found = [cublas._handle().value, cublas._handle().value]
        with one:
            found.append(cublas._handle().value)
            with card.cuda.Device(1):
                found.append(cublas._handle().value)
    assert found == [1, 1, 2, 3]
    assert library.streams == {1: other.ptr, 2: one.ptr, 3: one.ptr}
    given = [(array().data.ptr, array().nbytes) for array, *_ in card.arrays]
    assert list(library.workspaces.values()) == given and {size for _, size in given} == {32 << 20}
    assert [device for _, device, *_ in card.arrays] == [0, 0, 1]


@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ("cublasCreate_v2", "making a handle"),
        ("cublasSetStream_v2", "setting the stream"),
        ("cublasSetWorkspace_v2", "giving a workspace"),
    ],
)
def test_a_handle_that_cannot_be_made_is_an_error(card, no_handles, monkeypatch, failing, said):
    monkeypatch.setattr(cublas, "_library", lambda: Handles(failing))
    with pytest.raises(RuntimeError, match=f"cuBLAS failed with status 3 at {said}"):
        cublas._handle()


def test_the_newest_library_is_taken_after_cupy_has_found_it(monkeypatch):
    found, there = [], ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"]

    def load(name):
        assert found == ["by CuPy"]
        if name not in there:
            raise OSError(name)
        return name

    cuda = SimpleNamespace(get_cublas_handle=lambda: found.append("by CuPy"))
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(cublas.ctypes, "CDLL", load)
    while there:
        assert cublas._library.__wrapped__() == there.pop(0)
        found.clear()
    with pytest.raises(ImportError, match=r"not to be found as libcublas\.so\.13, \.12 or \.11"):
        cublas._library.__wrapped__()
