"""The fast matrix products beside NumPy's in float64, in every layout."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from tests.kernels.backends import drawn, fast_backends
from tests.kernels.layouts import LAYOUTS, laid_out

SIZES = st.integers(0, 70)


def same(backend, a, b):
    exact = a.astype(np.float64) @ b.astype(np.float64)
    c = backend.matmul(a, b)
    assert (c.shape, c.dtype) == (exact.shape, a.dtype)
    largest = np.abs(a.astype(np.float64)) @ np.abs(b.astype(np.float64))
    assert (np.abs(c - exact) <= 32 * np.finfo(a.dtype).eps * largest).all()
    bias = np.linspace(-3, 5, 2 * b.shape[1], dtype=a.dtype)[::2]
    np.testing.assert_array_equal(backend.matmul(a, b, bias), c + bias)


@fast_backends
def test_every_shape_and_layout(backend):
    @given_settings(drawn(backend, 60), derandomize=True, database=None)
    @given(SIZES, SIZES, SIZES, *[st.sampled_from(LAYOUTS)] * 2, st.sampled_from([np.float32, np.float64]))
    def check(rows, terms, columns, layout_a, layout_b, dtype):
        rng = np.random.default_rng(rows * 5041 + terms * 71 + columns)
        a, b = rng.normal(size=(rows, terms)).astype(dtype), rng.normal(size=(terms, columns)).astype(dtype)
        same(backend, laid_out(a, layout_a), laid_out(b, layout_b))

    check()


@fast_backends
@pytest.mark.parametrize(
    "rows, terms, columns",
    [
        *[(128, 784, 256), (10, 1600, 128), (300, 5, 1000), (1, 2000, 600)],
        *[(310, 300, 128), (80, 300, 64), (130, 300, 93), (130, 300, 100)],  # columns are copied
    ],
)
@pytest.mark.parametrize("turned", ["", "a", "b", "ab"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sizes_of_layers(backend, rows, terms, columns, turned, dtype):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(terms, rows) if "a" in turned else (rows, terms)).astype(dtype)
    b = rng.normal(size=(columns, terms) if "b" in turned else (terms, columns)).astype(dtype)
    same(backend, a.T if "a" in turned else a, b.T if "b" in turned else b)


@fast_backends
@pytest.mark.parametrize("columns", [64, 65])
def test_a_bias_of_another_shape_is_added_as_numpy_adds_it(backend, columns):
    a, b = np.ones((4, 3)), np.ones((3, columns))
    for bias in (np.ones(1), np.ones((1, columns)), np.ones((4, 1))):
        np.testing.assert_array_equal(backend.matmul(a, b, bias), 4)
    for wrong in (np.ones(32), np.ones(0), np.ones(columns + 8)):
        with pytest.raises(ValueError, match="broadcast"):
            backend.matmul(a, b, wrong)


@fast_backends
@pytest.mark.parametrize("turned", ["", "b"])
def test_rounding_does_not_grow_with_the_terms(backend, turned):
    """One running sum of 100,000 times 0.1 is off by 1e-4 of itself; one of sums of a few hundred is not."""
    a, b = np.full((8, 100_000), 0.1, np.float32), np.ones((16, 100_000), np.float32).T
    c = backend.matmul(a, b if turned else np.ascontiguousarray(b))
    np.testing.assert_allclose(c, 100_000 * float(np.float32(0.1)), rtol=1e-5)


def test_a_factor_that_is_turned_is_not_copied_as_a_whole():
    """Its columns are turned into memory that is kept from call to call."""
    numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")
    a, b = np.ones((32, 1500), np.float32), np.ones((1200, 1500), np.float32).T
    numba_cpu.matmul(a, b)
    tracemalloc.start()
    c = numba_cpu.matmul(a, b)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (c == 1500).all()
    assert peak < 2 * c.nbytes < b.nbytes
