"""The error function and rows added up by index: the fast kernels against SciPy and the reference."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.kernels import reference
from tests.kernels.backends import cuda_backends, drawn, every_backend, fast_backends
from tests.kernels.layouts import LAYOUTS, laid_out

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
DTYPES = st.sampled_from([np.float32, np.float64])


@fast_backends
def test_erf_of_float32_is_right_to_the_last_place(backend):
    special = pytest.importorskip("scipy.special")
    x = np.concatenate([np.linspace(-6, 6, 400_001), np.logspace(-44, 2, 10_000)]).astype(np.float32)
    x = x[(np.abs(x) >= 2 * backend.least) | (x == 0)]
    exact = special.erf(x.astype(np.float64))
    units = np.abs(backend.erf(x) - exact) / np.spacing(np.abs(exact).astype(np.float32))
    # CUDA's erff may be off by 2 units, by NVIDIA's table of its functions.
    assert units.max() < (2 if backend.name == "card" else 0.55)


@fast_backends
def test_erf_of_float64_is_the_c_library_s(backend):
    x = np.random.default_rng(0).normal(scale=2, size=(7, 11))
    np.testing.assert_allclose(backend.erf(x), reference.erf(x), rtol=1e-15)


@fast_backends
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_at_the_ends(backend, dtype):
    y = backend.erf(np.array([-np.inf, -7, -0.0, 0.0, 7, np.inf, np.nan], dtype=dtype))
    assert y.dtype == dtype
    assert y[:-1].tolist() == [-1, -1, 0, 0, 1, 1]
    assert math.copysign(1, y[2]) == -1
    assert np.isnan(y[-1])


@fast_backends
def test_erf_takes_every_shape_and_layout(backend):
    @drawn(backend)
    @given(SHAPES, DTYPES, st.sampled_from(LAYOUTS), st.integers(0, 2**32))
    def check(shape, dtype, layout, seed):
        x = laid_out(np.random.default_rng(seed).uniform(0.1, 1, shape).astype(dtype), layout)
        y = backend.erf(x)
        assert (y.shape, y.dtype) == (x.shape, x.dtype)
        np.testing.assert_array_max_ulp(y, reference.erf(x), maxulp=2 if backend.name == "card" else 1)

    check()


@fast_backends
def test_index_add_rows(backend):
    @drawn(backend)
    @given(
        rows=st.integers(1, 6),
        shape=hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=6),
        row=hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=4),
        dtype=DTYPES,
        kind=st.sampled_from([np.int32, np.int64, np.uint8]),
        layout=st.sampled_from(LAYOUTS),
        seed=st.integers(0, 2**32),
    )
    def check(rows, shape, row, dtype, kind, layout, seed):
        rng = np.random.default_rng(seed)
        index = rng.integers(-rows if kind != np.uint8 else 0, rows, size=shape).astype(kind)
        dy = laid_out(rng.normal(size=(*shape, *row)).astype(dtype), layout)
        fast, slow = (module.index_add_rows(dy, index, rows) for module in (backend, reference))
        assert fast.dtype == dtype
        np.testing.assert_array_equal(fast, slow)  # rows are added in the same order, so to the last bit

    check()


@cuda_backends
@pytest.mark.parametrize("width", [(), (2,)])
def test_of_a_long_index_rows_are_added_in_the_same_order(backend, width):
    rng = np.random.default_rng(0)
    rows = 8200  # rows x places are more than 2^26, where the index is sorted
    index = rng.integers(-rows, rows, size=rows)
    index[::100] = -1
    dy = rng.normal(size=(rows, *width)).astype(np.float32)
    fast, slow = (module.index_add_rows(dy, index, rows) for module in (backend, reference))
    np.testing.assert_array_equal(fast, slow)


@every_backend
@pytest.mark.parametrize(("index", "named"), [([0, 3], "3"), ([-4, 0], "-4")])
def test_an_index_out_of_range_is_an_error(backend, index, named):
    with pytest.raises(IndexError, match=f"index {named} is out of range for 3 rows"):
        backend.index_add_rows(np.ones((2, 2)), np.array(index), 3)


@every_backend
def test_index_and_rows_that_do_not_fit_are_an_error(backend):
    with pytest.raises(ValueError, match=r"shape of index, \(3,\), but its shape is \(2, 2\)"):
        backend.index_add_rows(np.ones((2, 2)), np.array([0, 1, 1]), 3)


def test_a_number_is_an_array_of_no_dimension() -> None:
    """NumPy makes numbers of arrays of no dimension, in the middle of a formula, say."""
    assert reference.erf(np.float64(1.0)) == math.erf(1.0)
    assert reference.dropout(np.float32(3.0), 0.0, 1) == 3.0
