"""Dropout: in every backend the same mask, to the last bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.kernels import reference
from tests.kernels.backends import drawn, fast_backends
from tests.kernels.layouts import LAYOUTS, laid_out


@fast_backends
def test_dropout_is_the_reference_s_to_the_last_bit(backend):
    @drawn(backend)
    @given(
        shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
        dtype=st.sampled_from([np.float32, np.float64]),
        p=st.sampled_from([0.0, 0.2, 0.5, 1 - 1e-12, 1.0]),
        seed=st.integers(0, 2**64 - 1),
        layout=st.sampled_from(LAYOUTS),
    )
    def check(shape, dtype, p, seed, layout):
        x = laid_out(np.random.default_rng(seed).normal(size=shape).astype(dtype), layout)
        fast, slow = (module.dropout(x, p, seed) for module in (backend, reference))
        assert fast.dtype == dtype
        np.testing.assert_array_equal(fast, slow)

    check()


@fast_backends
def test_what_is_not_finite_stays_so_where_it_is_dropped(backend):
    x = np.full(64, np.nan)
    x[::2] = np.inf
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(backend.dropout(x, 0.5, 3), reference.dropout(x, 0.5, 3))
