"""Losses: the reference by hand, the fast kernels against the reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.kernels import reference
from tests.kernels.backends import drawn, every_backend, fast_backends


@every_backend
def test_softmax_cross_entropy_by_hand(backend):
    # The slides' example: scores 0.963 and -0.506, class 0.
    x, target = np.array([[0.963, -0.506]]), np.array([0])
    assert backend.softmax_cross_entropy(x, target)[0] == pytest.approx(0.20714, abs=1e-5)
    dx = backend.softmax_cross_entropy_grad(np.array([1.0]), x, target)
    np.testing.assert_allclose(dx, [[-0.18709, 0.18709]], atol=1e-5)


@fast_backends
def test_the_reference_s_values(backend):
    @drawn(backend)
    @given(
        st.integers(0, 11),
        st.integers(1, 40),
        st.sampled_from([np.float32, np.float64]),
        st.sampled_from([np.int64, np.int32, np.uint8]),
        st.sampled_from([0.1, 3.0, 100.0, 1e4]),
        st.booleans(),
        st.integers(0, 2**32),
    )
    def check(rows, classes, dtype, kind, size, fortran, seed):
        rng = np.random.default_rng(seed)
        x = (rng.normal(size=(rows, classes)) * size).astype(dtype)
        x = np.asfortranarray(x) if fortran else x
        dy, target = rng.normal(size=rows).astype(dtype), rng.integers(0, classes, rows).astype(kind)
        wide = x.astype(np.float64)
        for name, args in (("softmax_cross_entropy", ()), ("softmax_cross_entropy_grad", (dy,))):
            fast = getattr(backend, name)(*args, x, target)
            slow = getattr(reference, name)(*args, wide, target)
            assert (fast.dtype, fast.shape) == (dtype, slow.shape)
            np.testing.assert_allclose(fast, slow, rtol=1e-6, atol=1e-6)

    check()


@fast_backends
def test_what_is_not_finite(backend):
    x = np.array([[0, -np.inf, 1], [np.nan, 0, 0], [0, 0, np.inf], [3e38, -3e38, 0]], np.float32)
    target = np.array([1, 1, 0, 0])
    with np.errstate(invalid="ignore", over="ignore"):
        for name, args in (("softmax_cross_entropy", ()), ("softmax_cross_entropy_grad", (np.ones(4, "f"),))):
            fast, slow = (getattr(m, name)(*args, x, target) for m in (backend, reference))
            np.testing.assert_allclose(fast, slow, rtol=1e-6)


@fast_backends
def test_exp_is_right_to_the_last_place(backend):
    count = 5_001 if backend.name == "cuda_on_cpu" else 200_001
    x = np.concatenate([-np.linspace(0, 86, count), [-0.0, -1e-30]]).astype(np.float32)
    pairs = np.stack([np.zeros_like(x), x], axis=1)  # exp(x) / (1 + exp(x)) from the gradient
    dx = backend.softmax_cross_entropy_grad(np.ones_like(x), pairs, np.zeros(x.size, np.int64))
    e = np.exp(x.astype(np.float64))
    # CUDA's expf may be off by one unit, others' by half of one.
    np.testing.assert_allclose(dx[:, 1], e / (1 + e), rtol=4e-7 if backend.name == "card" else 2e-7)
