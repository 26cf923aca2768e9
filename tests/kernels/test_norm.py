"""Normalisation: the reference against NumPy's own statistics, the compiled kernels against the reference."""

import numpy as np

from minigrad.kernels import reference

RNG = np.random.default_rng(0)


def test_moments_are_numpy_s_and_keep_the_digits_of_numbers_far_from_0():
    x = RNG.normal(size=(5, 3, 7))
    mean, variance = reference.moments(x)
    np.testing.assert_allclose(mean, x.mean((0, 2)))
    np.testing.assert_allclose(variance, x.var((0, 2)))
    single = (x + 4096).astype(np.float32)
    mean, variance = reference.moments(single)
    assert mean.dtype == variance.dtype == np.float64
    np.testing.assert_allclose(variance, single.astype(np.float64).var((0, 2)), rtol=1e-12)


def test_scale_and_shift_by_hand():
    x = np.array([[[1.0, 2.0], [3.0, 4.0]]], np.float32)  # (1, 2, 2)
    y = reference.scale_and_shift(x, np.array([1.0, 3.0]), np.array([2.0, -1.0]), np.array([0.5, 0.0]))
    assert y.tolist() == [[[0.5, 2.5], [0.0, -1.0]]]
    assert y.dtype == np.float32


def test_norm_grad_is_the_slope_of_its_formula():
    shape, weight, v = (2, 2, 3, 2), RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2, 3, 2))
    x = RNG.normal(size=shape)

    def loss(x, weight, bias):
        z = (x - x.mean((0, 2, 3), keepdims=True)) / x.std((0, 2, 3), keepdims=True)
        return np.sum(v * (z * weight[:, :, None] + bias[:, :, None]))

    given = [x, weight, np.zeros((2, 3))]
    mean, rstd = x.mean((0, 2, 3)), 1 / x.std((0, 2, 3))
    for place, gradient in enumerate(reference.norm_grad(v, x, weight, mean, rstd, False, True)):
        for at in np.ndindex(gradient.shape):
            step = np.zeros(gradient.shape)
            step[at] = 1e-5
            up, down = ([*given[:place], given[place] + s, *given[place + 1 :]] for s in (step, -step))
            np.testing.assert_allclose(gradient[at], (loss(*up) - loss(*down)) / 2e-5, rtol=1e-6, atol=1e-8)
