"""Depthwise convolution: the compiled passes against the plain ones, where the loops turn corners."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad.kernels import reference
from minigrad.kernels.threads import get_num_threads, set_num_threads
from tests.kernels.layouts import LAYOUTS, laid_out

pytest.importorskip("numba")
numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")

ONE = (1, 1)


def passes(module, x, w, bias, dy, stride, padding, dilation):
    """The result, and both gradients."""
    channels = x.shape[1]
    return (
        module.conv2d(x, w, bias, stride, padding, dilation, channels),
        module.conv2d_input_grad(dy, w, bias, x.shape[2:], stride, padding, dilation, channels),
        module.conv2d_weight_grad(dy, x, w.shape[2:], stride, padding, dilation, channels),
    )


def drawn(seed, dtype, images, channels, size, kernel, stride, padding, dilation):
    rng = np.random.default_rng(seed)
    out = [
        reference.conv.windows_along(*along)
        for along in zip(size, kernel, stride, padding, dilation, strict=True)
    ]
    shapes = (images, channels, *size), (channels, 1, *kernel), (channels,), (images, channels, *out)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def compare(arrays, *options):
    """Sums of many terms near 1 are off by some last digits of 1, as many as the root of their number; those
    over the places of an image are sums in vectors first, of fewer terms.
    """
    x, w, _, dy = arrays
    exact = [array.astype(np.float64) for array in arrays]
    taps, places = w[0].size, dy[:, 0].size
    digit = 1e-6 if x.dtype == np.float32 else 2e-14
    for fast, plain, terms in zip(
        passes(numba_cpu, *arrays, *options),
        passes(reference, *exact, *options),
        (taps, taps, places / 4),
        strict=True,
    ):
        assert fast.dtype == x.dtype
        np.testing.assert_allclose(fast, plain, rtol=10 * digit, atol=digit * np.sqrt(terms))


@st.composite
def problems(draw):
    """(arrays, stride, padding, dilation): rows from less than half a vector to several vectors long."""
    pair = lambda least, most: draw(st.tuples(st.integers(least, most), st.integers(least, most)))  # noqa: E731
    kernel, stride, dilation = pair(1, 7), pair(1, 4), pair(1, 3)
    padding = pair(0, 5), pair(0, 5)
    reach = [d * (k - 1) + 1 - sum(p) for k, d, p in zip(kernel, dilation, padding, strict=True)]
    size = tuple(max(1, r) + draw(st.integers(0, 40)) for r in reach)
    given_as = draw(st.sampled_from([np.float32, np.float64]))
    images, channels, seed = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(0, 2**32))
    arrays = drawn(seed, given_as, images, channels, size, kernel, stride, padding, dilation)
    arrays = [laid_out(array, draw(st.sampled_from(LAYOUTS))) for array in arrays]
    return arrays, stride, padding, dilation


@settings(deadline=None, max_examples=200)
@given(problems())
def test_all_passes_as_the_reference(problem):
    arrays, *options = problem
    compare(arrays, *options)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(400, 90), (9, 20_000)])
def test_planes_larger_than_the_buffer_are_worked_on_in_bands(size, stride):
    options = (stride, stride), ((2, 1), (1, 3)), (2, 1)
    arrays = drawn(0, np.float64, 2, 2, size, (3, 5), *options)
    compare(arrays, *options)


@pytest.mark.parametrize("channels", [1, 3])
def test_results_repeat_bit_for_bit_and_agree_for_any_number_of_threads(channels):
    options = ONE, ((1, 1), (1, 1)), ONE
    arrays = drawn(1, np.float32, 5, channels, (70, 75), (3, 3), *options)
    before = get_num_threads()
    results = []
    try:
        for threads in (1, 2, 2, 3):
            set_num_threads(threads)
            results.append(passes(numba_cpu, *arrays, *options))
    finally:
        set_num_threads(before)
    for one, two, again, three in zip(*results, strict=True):
        np.testing.assert_array_equal(two, again)
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(one, three, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("odd", [np.inf, np.nan])
def test_what_is_not_finite_stays_where_it_is(odd):
    """The loop multiplies the image by zeros between dy's rows; an infinity there must not be seen."""
    options = (2, 2), ((0, 0), (0, 0)), ONE
    x, w, bias, dy = drawn(2, np.float32, 1, 2, (5, 8), (1, 1), *options)
    x[0, 0, 1, 1] = odd  # between what stride 2 reads
    x[0, 1, 4, 7] = odd
    x[0, 1, 0, 2] = np.inf
    compare_equal_nan(
        passes(numba_cpu, x, w, bias, dy, *options), passes(reference, x, w, bias, dy, *options)
    )


@pytest.mark.parametrize("odd", [np.inf, np.nan])
def test_an_upstream_gradient_that_is_not_finite(odd):
    options = ONE, ((1, 1), (1, 1)), ONE
    x, w, bias, dy = drawn(3, np.float64, 2, 2, (6, 6), (3, 3), *options)
    x[0, 0, 0, 5] = np.inf  # at the end of a row
    dy[1, 1, 2, 3] = odd
    compare_equal_nan(
        passes(numba_cpu, x, w, bias, dy, *options), passes(reference, x, w, bias, dy, *options)
    )


def compare_equal_nan(fast, plain):
    for a, b in zip(fast, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5, equal_nan=True)


def test_tiny_gradients_count_as_zero():
    """Subnormal numbers make a processor slow: see subnormals.py."""
    options = ONE, ((1, 1), (1, 1)), ONE
    x, _, _, dy = drawn(4, np.float32, 1, 1, (8, 8), (3, 3), *options)
    dw = numba_cpu.conv2d_weight_grad(dy * np.float32(1e-42), x, (3, 3), *options, 1)
    assert not dw.any()
