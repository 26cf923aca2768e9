"""Normalisation: the reference against NumPy's own statistics, the fast kernels against the reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.kernels import reference
from minigrad.kernels.threads import get_num_threads, set_num_threads
from tests.kernels.backends import drawn, every_backend, fast_backends

RNG = np.random.default_rng(0)


@every_backend
def test_moments_are_numpy_s_and_keep_the_digits_of_numbers_far_from_0(backend):
    x = RNG.normal(size=(5, 3, 7))
    mean, variance = backend.moments(x)
    np.testing.assert_allclose(mean, x.mean((0, 2)))
    np.testing.assert_allclose(variance, x.var((0, 2)))
    single = (x + 4096).astype(np.float32)
    mean, variance = backend.moments(single)
    assert mean.dtype == variance.dtype == np.float64
    np.testing.assert_allclose(variance, single.astype(np.float64).var((0, 2)), rtol=1e-12)


@every_backend
def test_scale_and_shift_by_hand(backend):
    x = np.array([[[1.0, 2.0], [3.0, 4.0]]], np.float32)  # (1, 2, 2)
    y = backend.scale_and_shift(x, np.array([1.0, 3.0]), np.array([2.0, -1.0]), np.array([0.5, 0.0]))
    assert y.tolist() == [[[0.5, 2.5], [0.0, -1.0]]]
    assert y.dtype == np.float32


@every_backend
def test_norm_grad_is_the_slope_of_its_formula(backend):
    shape, weight, v = (2, 2, 3, 2), RNG.normal(size=(2, 3)), RNG.normal(size=(2, 2, 3, 2))
    x = RNG.normal(size=shape)

    def loss(x, weight, bias):
        z = (x - x.mean((0, 2, 3), keepdims=True)) / x.std((0, 2, 3), keepdims=True)
        return np.sum(v * (z * weight[:, :, None] + bias[:, :, None]))

    given = [x, weight, np.zeros((2, 3))]
    mean, rstd = x.mean((0, 2, 3)), 1 / x.std((0, 2, 3))
    for place, gradient in enumerate(backend.norm_grad(v, x, weight, mean, rstd, False, True)):
        for at in np.ndindex(gradient.shape):
            step = np.zeros(gradient.shape)
            step[at] = 1e-5
            up, down = ([*given[:place], given[place] + s, *given[place + 1 :]] for s in (step, -step))
            np.testing.assert_allclose(gradient[at], (loss(*up) - loss(*down)) / 2e-5, rtol=1e-6, atol=1e-8)


def test_channel_sums_by_hand():
    x = np.array([[[1, 2], [3, 4]], [[10, 20], [30, 40]]], np.float32)  # (2, 2, 2)
    y = reference.channel_sums(x)
    assert (y.tolist(), y.dtype) == ([33, 77], np.float32)


# Fast -------------------------------------------------------------------------------------------------------

LAYOUTS = st.sampled_from(["C", "F", "strided", "reversed"])
SHAPES = st.one_of(
    st.tuples(*[st.integers(1, 6)] * 4),
    st.sampled_from(  # one of each way through the loops, and each border between them
        [
            (3, 2, 1, 64),
            (3, 2, 1, 63),
            (5, 3, 1, 15),
            (5, 3, 1, 16),
            (1, 6, 2, 9),
            (300, 7, 1, 7),
            (9, 128, 1, 1),
            (2, 3, 1, 1025),
            (2, 1500, 1, 1),
            (1, 5, 3, 1),
            (17, 1, 1, 784),
        ]
    ),
)


def laid_out(values, layout):
    if layout == "F":
        return np.asfortranarray(values)
    if layout == "strided":
        return np.repeat(values, 2, axis=-1)[..., ::2]
    return values[::-1].copy()[::-1] if layout == "reversed" else values


@fast_backends
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed", "read-only"])
@pytest.mark.parametrize(
    "shape",
    [(0, 3, 5), (3, 0, 5), (3, 4, 0, 2), (2, 3), (70, 300), (90, 13, 7), (40, 5, 7, 9), (31, 3, 32, 32)],
    ids=str,
)
def test_channel_sums(backend, shape, layout, dtype):
    """Small ones and large ones, against sums in float64."""
    x = laid_out(np.random.default_rng(0).normal(1, 1, shape).astype(dtype), layout)
    x.flags.writeable = layout != "read-only"
    y = backend.channel_sums(x)
    assert y.dtype == dtype
    axes = (0, *range(2, x.ndim))
    np.testing.assert_allclose(y, x.astype(np.float64).sum(axes), rtol=1e-5 if dtype == np.float32 else 1e-12)


@st.composite
def inputs(draw):
    shape, rng = draw(SHAPES), np.random.default_rng(draw(st.integers(0, 2**32)))
    dtype, far = draw(st.sampled_from([np.float32, np.float64])), draw(st.sampled_from([0, 100]))
    dy, x = (laid_out(v.astype(dtype), draw(LAYOUTS)) for v in rng.normal(size=(2, *shape)))
    return dy, x + dtype(far), rng.normal(size=shape[1:3]).astype(dtype)


def both(backend, name, *args):
    """What the fast kernel and the reference return, in pairs of one dtype and shape.

    numba's kernel runs twice: for the small array that it is given, and as if no array were small.
    """
    results = [getattr(backend, name)(*args)]
    if backend.name == "numba_cpu":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("minigrad.kernels.numba_cpu.norm.FEW", 0)
            results.append(getattr(backend, name)(*args))
    slow = getattr(reference, name)(*args)
    for fast in results:
        pairs = zip(fast, slow, strict=True) if isinstance(slow, tuple) else [(fast, slow)]
        for a, b in pairs:
            if b is None:
                assert a is None
                continue
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            yield a, b


def close(pairs, of, sums=0.0):
    """Equal up to a few units of the dtype, of the largest number there is.

    ``sums`` is how large sums are that do not cancel: a sum that happens to, and is the only one, has their
    rounding errors, not those of its own size.
    """
    for a, b in pairs:
        unit = np.finfo(of.dtype).eps
        size = max(np.abs(b).max(initial=0), 0 if b.shape == of.shape else sums)
        np.testing.assert_allclose(a, b, rtol=0, atol=40 * unit * (1 + size))


@fast_backends
def test_fast_moments(backend):
    @drawn(backend)
    @given(inputs())
    def check(values):
        _, x, _ = values
        outer, groups, members, inner = x.shape
        for a, b in both(backend, "moments", x.reshape(outer, groups, members * inner)):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)

    check()


@fast_backends
def test_fast_scale_and_shift(backend):
    @drawn(backend)
    @given(inputs())
    def check(values):
        _, x, w = values
        x = x.reshape(x.shape[0], -1, x.shape[3])
        mean, scale = x.mean((0, 2), dtype=np.float64), w.reshape(-1).astype(np.float64)
        close(both(backend, "scale_and_shift", x, mean, scale, 1 - scale), x)

    check()


@fast_backends
def test_fast_norm_grad(backend):
    @drawn(backend)
    @given(inputs(), st.booleans(), st.booleans())
    def check(values, constant, wanted):
        dy, x, w = values
        mean, variance = reference.moments(x.reshape(*x.shape[:2], -1))
        sums = np.sqrt(dy.size / w.size)  # of so many independent numbers of size 1
        rstd = 1 / np.sqrt(variance + 1)
        close(both(backend, "norm_grad", dy, x, w, mean, rstd, constant, wanted), x, sums)

    check()


@fast_backends
@pytest.mark.parametrize("shape", [(0, 3, 2, 4), (2, 3, 1, 0), (2, 0, 1, 3)])
def test_fast_kernels_take_nothing(backend, shape):
    x, groups = np.empty(shape, np.float32), shape[1]
    mean = np.ones(groups)
    for a, b in both(backend, "norm_grad", x, x, np.ones(shape[1:3], np.float32), mean, mean, True, True):
        np.testing.assert_array_equal(a, b)
    channels = np.ones(groups * shape[2])
    x = x.reshape(shape[0], channels.size, shape[3])
    for a, b in both(backend, "scale_and_shift", x, channels, channels, channels):
        np.testing.assert_array_equal(a, b)


@fast_backends
def test_variance_of_numbers_far_from_0(backend):
    x = (RNG.normal(size=(64, 5, 70)) + 1e6).astype(np.float32)
    for a, b in both(backend, "moments", x):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    wide = x.astype(np.float64) * 1e3
    for shape in ((64, 5, 70), (1, 5, 64 * 70)):
        _, variance = backend.moments(wide.reshape(shape))
        np.testing.assert_allclose(variance, wide.reshape(shape).var((0, 2)), rtol=1e-9)


@fast_backends
@pytest.mark.parametrize("shape", [(40, 3, 1, 100), (400, 3, 1, 5), (4000, 3, 1, 5)])
def test_a_nan_stays_in_its_channel_and_an_infinity_is_seen(backend, shape):
    x = RNG.normal(size=shape).astype(np.float32)
    x[7, 1, 0, 3] = np.nan
    x[7, 2, 0, 3] = np.inf
    mean, variance = backend.moments(x[:, :, 0])
    assert np.isnan(mean).tolist() == [False, True, False]
    assert mean[2] == np.inf
    assert np.isnan(variance).tolist() == [False, True, True]


@fast_backends
@pytest.mark.parametrize("shape", [(64, 3, 1, 900), (900, 7, 1, 7), (1, 30, 2, 99)])
def test_results_are_the_same_each_time_and_for_any_number_of_threads(backend, shape):
    dy, x = RNG.normal(size=(2, *shape)).astype(np.float32)
    weight = np.ones(shape[1:3], np.float32)

    def run():
        mean, variance = backend.moments(x.reshape(*shape[:2], -1))
        return mean, variance, *backend.norm_grad(dy, x, weight, mean, variance, False, True)

    first, before = run(), get_num_threads()
    try:
        for threads in (1, 2, 3):
            set_num_threads(threads)
            for a, b in zip(first, run(), strict=True):
                np.testing.assert_array_equal(a, b)
    finally:
        set_num_threads(before)
