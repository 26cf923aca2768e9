"""Pooling kernels: the reference by hand and in plain loops, the fast ones against the reference."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad.kernels import reference
from tests.kernels.backends import drawn, every_backend, fast_backends

LAYOUTS = ("C", "F", "strided", "reversed", "read-only")

# The image of "Primeiros passos de Deep Learning em Python".
IMAGE = np.array(
    [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]], np.float64
)[None, None]
PLAIN = ((3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1))


def lies(values, layout):
    """A copy of ``values`` that lies in memory as ``layout`` says."""
    if layout == "strided":
        view = np.empty((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)[..., ::2]
    elif layout == "reversed":
        view = np.empty(values.shape, values.dtype)[:, ::-1, ::-1]
    else:
        view = np.empty(values.shape, values.dtype, order="F" if layout == "F" else "C")
    view[...] = values
    view.flags.writeable = layout != "read-only"
    return view


@st.composite
def pooling(draw):
    """An image with equal elements, -inf and NaN in it, options of max pooling, places to fill, and a dy."""
    integer = lambda low, high: draw(st.integers(low, high))  # noqa: E731
    fours = draw(st.booleans())  # what has a loop of its own, by whole vectors and what is left of one
    shape = (integer(0, 3), integer(1, 3), integer(1, 9), integer(1, 70 if fours else 19))
    kernel, stride, dilation = (tuple(integer(1, high) for _ in range(2)) for high in (4, 3, 2))
    if fours:
        kernel, dilation = (2, 2), (1, 1)
        stride = (2, 2) if draw(st.booleans()) else stride
    padded = not fours or draw(st.booleans())
    padding = tuple((integer(0, padded * k // 2), integer(0, padded * k // 2)) for k in kernel)
    size = []
    for n, k, s, d, (before, after) in zip(shape[2:], kernel, stride, dilation, padding, strict=True):
        last = n + before + after - (k - 1) * d - 1
        # A window without an element of the image is not a kernel's business.
        rounded_up = draw(st.booleans()) and last % s and (last // s + 1) * s < n + before
        size.append(max(last // s + 1 + rounded_up, 1))
        starts = np.arange(size[-1])[:, None] * s - before + np.arange(k) * d
        if not ((starts >= 0) & (starts < n)).any(1).all():
            return draw(pooling())
    rng = np.random.default_rng(integer(0, 2**32))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    x = rng.integers(-3, 4, shape).astype(dtype)
    if draw(st.booleans()):
        x[rng.random(shape) < 0.3] = -np.inf
        x[rng.random(shape) < 0.1] = np.nan
    places = np.empty((*shape[:2], *size), draw(st.sampled_from([np.uint8, np.int32])))
    dy = rng.normal(size=places.shape).astype(dtype)
    layouts = [draw(st.sampled_from(LAYOUTS)) for _ in range(2)]
    return lies(x, layouts[0]), (kernel, stride, padding, dilation), places, lies(dy, layouts[1])


def one_window_at_a_time(x, kernel_size, stride, padding, dilation, size):
    """Max pooling in seven loops: (y, index in the plane), of equal ones the first, of NaN the last."""
    y, index = np.empty((*x.shape[:2], *size), x.dtype), np.empty((*x.shape[:2], *size), np.int64)
    for n, c, i, j in np.ndindex(*y.shape):
        best = None
        for a, b in np.ndindex(*kernel_size):
            h = i * stride[0] - padding[0][0] + a * dilation[0]
            w = j * stride[1] - padding[1][0] + b * dilation[1]
            if 0 <= h < x.shape[2] and 0 <= w < x.shape[3]:
                v = x[n, c, h, w]
                if best is None or v > best or math.isnan(v):
                    best, index[n, c, i, j] = v, h * x.shape[3] + w
        y[n, c, i, j] = best
    return y, index


# The reference ----------------------------------------------------------------------------------------------


@every_backend
def test_max_pooling_by_hand(backend):
    places = np.empty((1, 1, 3, 3), np.uint8)
    assert backend.max_pool2d(IMAGE, *PLAIN, places)[0, 0].tolist() == [[3, 3, 3], [3, 3, 3], [3, 2, 3]]
    assert places[0, 0].tolist() == [[0, 0, 4], [3, 2, 1], [0, 1, 2]]
    index = backend.max_pool2d_indices(places, *PLAIN, 5)
    assert index[0, 0].tolist() == [[0, 1, 8], [10, 8, 8], [10, 12, 14]]
    dy = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    dx = backend.max_pool2d_grad(dy, *PLAIN, places, (5, 5))
    # The 3 in row 1 is the largest of three windows, 3 + 5 + 6; the one in row 2 of two, 4 + 7.
    assert dx[0, 0].tolist() == [[1, 2, 0, 0, 0], [0, 0, 0, 14, 0], [11, 0, 8, 0, 9], [0] * 5, [0] * 5]
    assert (backend.max_pool2d_pick(IMAGE, *PLAIN, places) == IMAGE.reshape(-1)[index]).all()


@every_backend
def test_mean_pooling_by_hand(backend):
    halves = np.array([[0, 2], [2, 4]])
    y = backend.avg_pool2d(IMAGE, halves, halves, np.full((2, 2), 0.25))
    assert y[0, 0].tolist() == [[1.5, 1.75], [1.5, 1.5]]
    dx = backend.avg_pool2d_grad(
        np.array([[[[4.0, 8.0], [12.0, 16.0]]]]), halves, halves, np.full((2, 2), 0.25), (5, 5)
    )
    assert dx[0, 0].tolist() == [[1, 1, 2, 2, 0]] * 2 + [[3, 3, 4, 4, 0]] * 2 + [[0] * 5]


@every_backend
@pytest.mark.parametrize("stride", [(2, 1), (1, 2), (2, 2), (2, 3)], ids=str)
def test_windows_of_two_by_two_at_any_step(backend, stride):
    x = np.random.default_rng(0).normal(size=(2, 3, 9, 71)).astype(np.float32)
    windows = ((2, 2), stride, ((0, 0), (0, 0)), (1, 1))
    size = (2, 3, (9 - 2) // stride[0] + 1, (71 - 2) // stride[1] + 1)
    places, expected = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    y = backend.max_pool2d(x, *windows, places)
    np.testing.assert_array_equal(y, reference.max_pool2d(x, *windows, expected))
    np.testing.assert_array_equal(places, expected)
    np.testing.assert_allclose(
        backend.max_pool2d_grad(y, *windows, places, (9, 71)),
        reference.max_pool2d_grad(y, *windows, places, (9, 71)),
        rtol=1e-6,
    )


@every_backend
def test_places_are_filled_however_they_lie(backend):
    places = np.zeros((1, 1, 3, 6), np.uint8)
    backend.max_pool2d(IMAGE, *PLAIN, places[..., ::2])
    assert places[0, 0].tolist() == [[0, 0, 0, 0, 4, 0], [3, 0, 2, 0, 1, 0], [0, 0, 1, 0, 2, 0]]


@every_backend
@pytest.mark.parametrize("shape", [(1, 2, 3, 3), (2, 1, 3, 3), (1, 3, 3)], ids=str)
def test_places_of_other_planes_are_refused(backend, shape):
    places = np.zeros(shape, np.uint8)
    with pytest.raises(ValueError, match=r"x of shape \(1, 1, 5, 5\) and places of shape"):
        backend.max_pool2d(IMAGE, *PLAIN, places)
    with pytest.raises(ValueError, match=r"x of shape \(1, 1, 5, 5\) and places of shape"):
        backend.max_pool2d_pick(IMAGE, *PLAIN, places)


@every_backend
def test_a_gradient_of_other_windows_than_the_places_is_refused(backend):
    dy, places = np.zeros((1, 1, 3, 2)), np.zeros((1, 1, 3, 3), np.uint8)
    with pytest.raises(ValueError, match=r"dy has shape \(1, 1, 3, 2\), places \(1, 1, 3, 3\)"):
        backend.max_pool2d_grad(dy, *PLAIN, places, (5, 5))


@every_backend
def test_without_windows_the_gradient_is_zero(backend):
    shape, dy = (2, 1, 3, 4), np.zeros((2, 1, 0, 1))
    rows, columns, share = np.zeros((0, 2), np.int64), np.array([[0, 2]]), np.zeros((0, 1))
    np.full(shape, np.nan)  # what is in memory where the gradient will be
    dx = backend.avg_pool2d_grad(dy, rows, columns, share, shape[2:])
    np.testing.assert_array_equal(dx, np.zeros(shape))
    np.full(shape, np.nan)
    dx = backend.max_pool2d_grad(dy, *PLAIN, np.zeros(dy.shape, np.uint8), shape[2:])
    np.testing.assert_array_equal(dx, np.zeros(shape))


def test_the_mean_of_halves_whose_sum_no_half_holds():
    x = np.full((1, 1, 2, 4), 60_000, np.float16)  # the largest is 65,504
    columns = np.array([[0, 2], [2, 4]])
    y = reference.avg_pool2d(x, np.array([[0, 2]]), columns, np.full((1, 2), 0.25, np.float16))
    assert y.dtype == np.float16
    assert y.tolist() == [[[[60_000, 60_000]]]]


WINDOWS = {  # rows and columns of windows of an image of 4 x 5
    "rows above": ([[-1, 2], [2, 4]], [[0, 5]], r"from -1 to 4, the image \(4, 5\) is smaller"),
    "rows below": ([[0, 2], [2, 5]], [[0, 4]], r"from 0 to 5, the image \(4, 5\) is smaller"),
    "columns on the left": ([[0, 4]], [[-2, 1]], r"from -2 to 1, the image \(4, 5\) is smaller"),
    "columns on the right": ([[0, 4]], [[0, 3], [3, 6]], r"from 0 to 6, the image \(4, 5\) is smaller"),
    "no rows": ([[0, 2], [4, 4]], [[0, 5]], "from 4 to 4 is empty"),
    "no columns": ([[0, 4]], [[3, 2]], "from 3 to 2 is empty"),
}


@every_backend
@pytest.mark.parametrize(("rows", "columns", "said"), WINDOWS.values(), ids=WINDOWS)
def test_windows_that_reach_out_of_the_image_or_are_empty_are_refused(backend, rows, columns, said):
    rows, columns = np.array(rows), np.array(columns)
    share = np.ones((len(rows), len(columns)))
    with pytest.raises(ValueError, match=said):
        backend.avg_pool2d(np.ones((1, 1, 4, 5)), rows, columns, share)
    with pytest.raises(ValueError, match=said):
        backend.avg_pool2d_grad(np.ones((1, 1, *share.shape)), rows, columns, share, (4, 5))


@every_backend
@pytest.mark.parametrize("shape", [(2, 1), (1, 2), (3,)], ids=str)
def test_as_many_shares_and_gradients_as_windows(backend, shape):
    rows, columns = np.array([[0, 2], [2, 4], [1, 3]]), np.array([[0, 5]])
    with pytest.raises(ValueError, match=r"3 x 1 windows have shares of shape"):
        backend.avg_pool2d(np.ones((1, 1, 4, 5)), rows, columns, np.ones(shape))
    with pytest.raises(ValueError, match=r"3 x 1 windows have shares of shape \(3, 1\) and dy"):
        backend.avg_pool2d_grad(np.ones((1, 1, 2, 1)), rows, columns, np.ones((3, 1)), (4, 5))


@settings(deadline=None, max_examples=60)
@given(pooling())
def test_the_reference_is_what_looking_into_one_window_at_a_time_gives(given):
    x, windows, places, dy = given
    y = reference.max_pool2d(x, *windows, places)
    expected, index = one_window_at_a_time(x, *windows, places.shape[2:])
    np.testing.assert_array_equal(y, expected)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(reference.max_pool2d_indices(places, *windows, x.shape[3]), index)
    np.testing.assert_array_equal(reference.max_pool2d_pick(x, *windows, places), expected)
    # Picking and putting back are each other's transposes: <pick(x), dy> = <x, put(dy)>.
    dx = reference.max_pool2d_grad(dy, *windows, places, x.shape[2:])
    x = np.nan_to_num(x, posinf=0, neginf=0)
    picked = reference.max_pool2d_pick(x, *windows, places)
    np.testing.assert_allclose((picked * dy).sum(), (x * dx).sum(), rtol=1e-3, atol=1e-4)


# The fast ones ----------------------------------------------------------------------------------------------


@fast_backends
def test_max_pooling_and_its_gradient(backend):
    @drawn(backend, 150)
    @given(pooling())
    def check(given):
        x, windows, places, dy = given
        before = x.copy()
        expected = reference.max_pool2d(x, *windows, places)
        found = np.full_like(places, 99)
        y = backend.max_pool2d(x, *windows, found)
        np.testing.assert_array_equal(y, expected)
        np.testing.assert_array_equal(found, places)
        np.testing.assert_array_equal(x, before)
        assert y.dtype == x.dtype
        np.testing.assert_array_equal(backend.max_pool2d_pick(x, *windows, places), expected)
        index = backend.max_pool2d_indices(places, *windows, x.shape[3])
        np.testing.assert_array_equal(index, reference.max_pool2d_indices(places, *windows, x.shape[3]))
        assert index.dtype == np.int64
        dx = backend.max_pool2d_grad(dy, *windows, places, x.shape[2:])
        expected = reference.max_pool2d_grad(dy, *windows, places, x.shape[2:])
        np.testing.assert_allclose(dx, expected, rtol=1e-5, atol=1e-5)
        assert dx.dtype == dy.dtype

    check()


@fast_backends
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "kernel", "padding", "dilation"),
    [
        ((3, 37, 7, 7), (7, 7), ((0, 0), (0, 0)), (1, 1)),
        ((2, 19, 9, 6), (4, 3), ((0, 0), (0, 0)), (2, 2)),
        ((2, 5, 4, 8), (5, 8), ((2, 0), (0, 0)), (1, 1)),
        ((1, 3, 5, 1), (5, 1), ((0, 0), (0, 0)), (1, 1)),
    ],
    ids=str,
)
def test_one_window_to_a_plane(backend, shape, kernel, padding, dilation, dtype):
    """With numbers that come twice, planes of -inf, and NaN."""
    rng = np.random.default_rng(0)
    x = rng.integers(-9, 9, shape).astype(dtype)
    x[-1, 0], x[0, -1, 2, 0] = -np.inf, np.nan
    given = kernel, (9, 9), padding, dilation
    (fast, places), (slow, expected) = (
        (module.max_pool2d(x, *given, filled), filled)
        for module in (backend, reference)
        for filled in [np.empty((*shape[:2], 1, 1), np.uint8)]
    )
    np.testing.assert_array_equal(fast, slow)
    np.testing.assert_array_equal(places, expected)


@pytest.mark.parametrize("place", [9, 200, -1])
@pytest.mark.parametrize("side", [2, 3])
@pytest.mark.parametrize("column", [0, 7, 9, 10])  # in a whole vector, or in one of the pieces behind it
def test_a_place_that_no_window_has(place, side, column):
    numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")
    windows = ((side, side), (2, 2), ((0, 0), (0, 0)), (1, 1))
    dy, places = np.ones((2, 3, 4, 11), np.float32), np.zeros((2, 3, 4, 11), np.int32)
    numba_cpu.max_pool2d_grad(dy, *windows, places, (9, 23))
    places[-1, -1, -1, column] = place
    with pytest.raises(
        IndexError, match=r"^max_pool2d_grad: 1 places are outside of an image of size \(9, 23\)"
    ):
        numba_cpu.max_pool2d_grad(dy, *windows, places, (9, 23))


@st.composite
def means(draw):
    """An image, windows within it, their shares, and a dy."""
    integer = lambda low, high: draw(st.integers(low, high))  # noqa: E731
    shape = (integer(0, 3), integer(0, 3), integer(1, 9), integer(1, 19))
    rng = np.random.default_rng(integer(0, 2**32))
    bounds, whole = [], draw(st.booleans())  # one window, the whole image, has loops of its own
    for n in shape[2:]:
        if whole:
            bounds.append(np.array([[0, n]]))
            continue
        ends = np.sort(rng.integers(0, n + 1, (integer(0, 6), 2)), axis=1)
        ends[:, 1] += ends[:, 0] == ends[:, 1]
        bounds.append(np.minimum(ends - (ends[:, 1:] > n), n))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    size = (len(bounds[0]), len(bounds[1]))
    share = rng.uniform(0.1, 1, size).astype(dtype)
    x, dy = (rng.normal(size=s).astype(dtype) for s in (shape, (*shape[:2], *size)))
    return lies(x, draw(st.sampled_from(LAYOUTS))), *bounds, share, lies(dy, draw(st.sampled_from(LAYOUTS)))


@fast_backends
def test_mean_pooling_and_its_gradient(backend):
    @drawn(backend, 150)
    @given(means())
    def check(given):
        x, rows, columns, share, dy = given
        tolerance = 1e-5 if x.dtype == np.float32 else 1e-13
        y = backend.avg_pool2d(x, rows, columns, share)
        expected = reference.avg_pool2d(x, rows, columns, share)
        np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)
        dx = backend.avg_pool2d_grad(dy, rows, columns, share, x.shape[2:])
        expected = reference.avg_pool2d_grad(dy, rows, columns, share, x.shape[2:])
        np.testing.assert_allclose(dx, expected, rtol=tolerance, atol=tolerance)
        assert (y.dtype, dx.dtype) == (x.dtype, x.dtype)

    check()


def test_the_number_of_threads_changes_nothing():
    pytest.importorskip("numba")
    code = """
import hashlib, sys, numpy as np
from minigrad.kernels import numba_cpu
from minigrad.kernels.threads import set_num_threads
set_num_threads(int(sys.argv[1]))
rng = np.random.default_rng(0)
x, dy = (rng.normal(size=(50, 13, n, n)).astype(np.float32) for n in (13, 6))
found = []
for kernel in ((2, 2), (3, 3)):
    windows, places = (kernel, (2, 2), ((0, 0), (0, 0)), (1, 1)), np.empty(dy.shape, np.uint8)
    found += [numba_cpu.max_pool2d(x, *windows, places), places]
    found.append(numba_cpu.max_pool2d_grad(dy, *windows, places, (13, 13)))
    rows = np.arange(6)[:, None] * 2 + np.array([0, kernel[0]])
    share = np.full((6, 6), 0.3, np.float32)
    found.append(numba_cpu.avg_pool2d(x, rows, rows, share))
    found.append(numba_cpu.avg_pool2d_grad(dy, rows, rows, share, (13, 13)))
whole, mean = np.array([[0, 13]]), np.full((1, 1), 1 / 169, np.float32)
found.append(numba_cpu.avg_pool2d(x, whole, whole, mean))
print(hashlib.sha256(b"".join(a.tobytes() for a in found)).hexdigest())
"""
    once, twice = (
        subprocess.run(
            [sys.executable, "-c", code, threads], capture_output=True, text=True, check=True
        ).stdout
        for threads in "12"
    )
    assert once == twice != ""
