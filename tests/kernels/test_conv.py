"""The three passes of convolution: the plain kernels against numbers worked by hand, SciPy and each other,
and every other module of kernels through the same checks.
"""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from minigrad.kernels import precision, reference
from tests.kernels.backends import cuda_backends, drawn, every_backend, fast_backends
from tests.kernels.layouts import LAYOUTS, laid_out

ONE = (1, 1)
NONE = ((0, 0), (0, 0))


# Worked by hand ---------------------------------------------------------------------------------------------

IMAGE = np.array(
    [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]], float
).reshape(1, 1, 5, 5)
KERNEL = np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]], float).reshape(1, 1, 3, 3)


@every_backend
def test_the_image_and_the_kernel_of_the_course(backend):
    # Source: Abello and Salvatore 2017.
    y = backend.conv2d(IMAGE, KERNEL, None, ONE, NONE, ONE, 1)
    assert y.tolist() == [[[[12, 12, 17], [10, 17, 19], [9, 6, 14]]]]
    # With stride 2 every second place is left; with padding 1 the kernel also stands half outside.
    y = backend.conv2d(IMAGE, KERNEL, np.array([0.5]), (2, 2), NONE, ONE, 1)
    assert y.tolist() == [[[[12.5, 17.5], [9.5, 14.5]]]]
    y = backend.conv2d(IMAGE, KERNEL, None, (4, 4), ((1, 1), (1, 1)), ONE, 1)
    assert y.tolist() == [[[[2 * 3, 2 * 1 + 1], [2 + 2 * 2, 2 + 2 * 1]]]]


@every_backend
def test_one_number_upstream_puts_the_kernel_into_the_image(backend):
    dy = np.zeros((1, 1, 3, 3))
    dy[0, 0, 1, 2] = 2.0
    dx = backend.conv2d_input_grad(dy, KERNEL, None, (5, 5), ONE, NONE, ONE, 1)
    expected = np.zeros((5, 5))
    expected[1:4, 2:5] = 2 * KERNEL[0, 0]
    np.testing.assert_array_equal(dx, [[expected]])
    dw = backend.conv2d_weight_grad(dy, IMAGE, (3, 3), ONE, NONE, ONE, 1)
    np.testing.assert_array_equal(dw, 2 * IMAGE[:, :, 1:4, 2:5])  # what the kernel saw there


@every_backend
def test_rows_of_a_kernel_that_meet_nothing_but_padding(backend):
    # An image one pixel high, kernels of 3 x 2, a row of padding: the outer rows of a kernel never meet it.
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 1, 3)
    w = np.array([[10.0, 20.0], [3.0, 4.0], [50.0, 60.0]]).reshape(1, 1, 3, 2)
    padding = ((1, 1), (0, 0))
    y = backend.conv2d(x, w, np.array([0.5]), ONE, padding, ONE, 1)
    assert y.tolist() == [[[[3 + 8 + 0.5, 6 + 12 + 0.5]]]]
    dy = np.array([1.0, 10.0]).reshape(1, 1, 1, 2)
    dx = backend.conv2d_input_grad(dy, w, None, (1, 3), ONE, padding, ONE, 1)
    assert dx.tolist() == [[[[3, 4 + 30, 40]]]]
    dw = backend.conv2d_weight_grad(dy, x, (3, 2), ONE, padding, ONE, 1)
    assert dw.tolist() == [[[[0, 0], [1 + 20, 2 + 30], [0, 0]]]]
    # All of it beside the image: no tap meets anything.
    y = backend.conv2d(x, w, np.array([0.5]), (9, 9), ((4, 4), (4, 4)), ONE, 1)
    assert y.tolist() == [[[[0.5, 0.5]]]]


@every_backend
def test_transposed_convolution_by_hand(backend):
    # Each of two pixels puts the kernel (1, 2, 3) into the output, two places apart: they meet at place 2.
    x = np.array([10.0, 100.0]).reshape(1, 1, 1, 2)
    w = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 1, 3)
    run = backend.conv2d_input_grad
    y = run(x, w, np.array([0.5]), (1, 5), (1, 2), NONE, ONE, 1)
    assert y.tolist() == [[[[10.5, 20.5, 130.5, 200.5, 300.5]]]]
    y = run(
        x, w, None, (1, 4), (1, 2), ((0, 0), (1, 1)), ONE, 1
    )  # one output_padding, one cut off at each end
    assert y.tolist() == [[[[20.0, 130.0, 200.0, 300.0]]]]


@every_backend
def test_groups_see_their_own_channels_only(backend):
    x = np.array([1.0, 10.0, 100.0, 1000.0]).reshape(1, 4, 1, 1)
    w = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1)
    y = backend.conv2d(x, w, None, ONE, NONE, ONE, 2)
    assert y.ravel().tolist() == [1 + 2 * 10, 3 * 100 + 4 * 1000]
    w = np.array([1.0, 2.0, 3.0, 4.0]).reshape(4, 1, 1, 1)
    assert backend.conv2d(x, w, None, ONE, NONE, ONE, 4).ravel().tolist() == [1, 20, 300, 4000]


# Drawn ------------------------------------------------------------------------------------------------------


class Problem(NamedTuple):
    """The arrays and options of one convolution, float64."""

    x: np.ndarray
    w: np.ndarray
    bias: np.ndarray
    dy: np.ndarray
    stride: tuple
    padding: tuple
    dilation: tuple
    groups: int

    @property
    def options(self):
        return self.stride, self.padding, self.dilation, self.groups


@st.composite
def problems(draw, largest_batch=3):
    """A convolution of any stride, padding and dilation, from one group to depthwise, no image or some."""
    pair = st.tuples(st.integers(0, 3), st.integers(0, 3))
    groups = draw(st.integers(1, 4))
    c, o = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 5))
    kernel_size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.tuples(st.integers(1, 2), st.integers(1, 3)))
    padding = draw(st.one_of(st.just(NONE), st.tuples(pair, pair)))
    n = draw(st.integers(0, largest_batch))
    size, out = [], []
    for k, s, p, d in zip(kernel_size, stride, padding, dilation, strict=True):
        least = max(d * (k - 1) + 1 - sum(p), 1)
        size.append(least + draw(st.integers(0, 9)))
        out.append((size[-1] + sum(p) - d * (k - 1) - 1) // s + 1)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = (n, c, *size), (o, c // groups, *kernel_size), (o,), (n, o, *out)
    return Problem(*(rng.normal(size=shape) for shape in shapes), stride, padding, dilation, groups)


def by_scipy(p):
    """The convolution of one image and channel after the other, everywhere; then the places that the stride
    takes. A dilated kernel is a larger one with zeros in it."""
    n, (o, per_group, kh, kw) = len(p.x), p.w.shape
    w = np.zeros((o, per_group, p.dilation[0] * (kh - 1) + 1, p.dilation[1] * (kw - 1) + 1))
    w[:, :, :: p.dilation[0], :: p.dilation[1]] = p.w
    x = np.pad(p.x, ((0, 0), (0, 0), *p.padding))
    y = np.empty(p.dy.shape)
    for i in range(n):
        for j in range(o):
            first = j // (o // p.groups) * per_group
            seen = sum(signal.correlate2d(x[i, first + k], w[j, k], mode="valid") for k in range(per_group))
            y[i, j] = p.bias[j] + seen[:: p.stride[0], :: p.stride[1]]
    return y


@every_backend
def test_convolution_agrees_with_scipy(backend):
    @drawn(backend)
    @given(problems())
    def check(p):
        y = backend.conv2d(p.x, p.w, p.bias, *p.options)
        np.testing.assert_allclose(y, by_scipy(p), rtol=1e-12, atol=1e-12)

    check()


@every_backend
def test_the_three_passes_are_one_sum(backend):
    """<conv(x, w), dy> = <x, input_grad(dy, w)> = <w, weight_grad(dy, x)>, for any three of them."""

    @drawn(backend)
    @given(problems())
    def check(p):
        y = backend.conv2d(p.x, p.w, None, *p.options)
        dx = backend.conv2d_input_grad(p.dy, p.w, None, p.x.shape[2:], *p.options)
        dw = backend.conv2d_weight_grad(p.dy, p.x, p.w.shape[2:], *p.options)
        assert (y.shape, dx.shape, dw.shape) == (p.dy.shape, p.x.shape, p.w.shape)
        total = np.vdot(y, p.dy)
        bound = 1e-13 * (1 + np.abs(y).sum() * np.abs(p.dy).max(initial=0))
        assert abs(np.vdot(p.x, dx) - total) <= bound
        assert abs(np.vdot(p.w, dw) - total) <= bound

    check()


def same_as_reference(backend, name, arrays, numbers, dtype=np.float64, layouts=("C",) * 3):
    """The kernel of ``backend``, given the arrays in this dtype and these layouts, equals the plain one given
    them in float64 and row-major order; and it changes nothing that it was given.

    The bound is that of a sum of products in ``dtype``, measured by the largest that all terms could give.
    """
    given_arrays = [
        None if a is None else laid_out(a.astype(dtype), layout)
        for a, layout in zip(arrays, layouts, strict=True)
    ]
    before = [None if a is None else a.copy() for a in given_arrays]
    exact = [None if a is None else a.astype(np.float64) for a in before]
    got = getattr(backend, name)(*given_arrays, *numbers)
    expected = getattr(reference, name)(*exact, *numbers)
    largest = getattr(reference, name)(*(None if a is None else np.abs(a) for a in exact), *numbers)
    assert (got.shape, got.dtype) == (expected.shape, dtype)
    assert got.flags.c_contiguous and got.flags.writeable
    bound = 32 * np.finfo(dtype).eps * largest.max(initial=0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=bound, err_msg=name)
    for a, b in zip(given_arrays, before, strict=True):
        assert a is None or not np.may_share_memory(a, got)
        np.testing.assert_array_equal(a, b)


@every_backend
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["conv2d", "conv2d_input_grad", "conv2d_weight_grad"])
def test_every_layout_gives_what_the_plain_kernel_gives(backend, name, dtype):
    @drawn(backend)
    @given(problems(largest_batch=4), st.tuples(*[st.sampled_from(LAYOUTS)] * 3), st.booleans())
    def check(p, layouts, with_bias):
        bias = p.bias if with_bias else None
        if name == "conv2d":
            same_as_reference(backend, name, [p.x, p.w, bias], p.options, dtype, layouts)
        elif name == "conv2d_input_grad":
            bias = np.linspace(-1, 1, p.x.shape[1]) if with_bias else None
            numbers = (p.x.shape[2:], *p.options)
            same_as_reference(backend, name, [p.dy, p.w, bias], numbers, dtype, layouts)
        else:
            numbers = (p.w.shape[2:], *p.options)
            same_as_reference(backend, name, [p.dy, p.x], numbers, dtype, layouts[:2])

    check()


SIZES = {  # images, channels in and out, size, kernel, stride, padding, dilation, groups
    "the first layer of a CNN": (4, 1, 32, 28, 3, 1, 0, 1, 1),
    "its second layer": (4, 32, 64, 13, 3, 1, 0, 1, 1),
    "many channels": (2, 128, 96, 7, 3, 1, 1, 1, 1),
    "one by one": (3, 70, 33, 9, 1, 1, 0, 1, 1),
    "one by one, strided": (3, 16, 32, 9, 1, 2, 0, 1, 1),
    "a stem": (2, 3, 16, 33, 7, 2, 3, 1, 1),
    "a DCGAN's": (3, 16, 32, 16, 4, 2, 1, 1, 1),
    "depthwise": (2, 40, 40, 15, 3, 1, 1, 1, 40),
    "groups": (2, 24, 36, 11, 3, 1, 1, 1, 6),
    "dilated": (2, 8, 12, 19, 3, 1, 2, 2, 1),
    "a kernel as large as the image": (5, 12, 20, 6, 6, 1, 0, 1, 1),
}


@every_backend
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", SIZES)
def test_sizes_of_real_networks(backend, case, dtype):
    if (backend.name, case, dtype) == ("cuda_on_cpu", "many channels", np.float64):
        pytest.skip("a block of threads for each of 110,592 weights takes a quarter of a minute on the CPU")
    n, c, o, size, k, s, p, d, groups = SIZES[case]
    out = (size + 2 * p - d * (k - 1) - 1) // s + 1
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(n, c, size, size)), rng.normal(size=(o, c // groups, k, k))
    dy, bias = rng.normal(size=(n, o, out, out)), rng.normal(size=o)
    options = ((s, s), ((p, p), (p, p)), (d, d), groups)
    same_as_reference(backend, "conv2d", [x, w, bias], options, dtype)
    same_as_reference(backend, "conv2d_input_grad", [dy, w, None], ((size, size), *options), dtype)
    same_as_reference(backend, "conv2d_weight_grad", [dy, x], ((k, k), *options), dtype, ("C", "C"))


@every_backend
@pytest.mark.parametrize("channels", [3, 32])
@pytest.mark.parametrize("kernel_size", [(1, 4), (3, 2)])
def test_rows_and_columns_are_told_apart(backend, kernel_size, channels):
    """In float32, without groups: what a card's tensor cores multiply."""
    (kh, kw), rng = kernel_size, np.random.default_rng(0)
    x, w = rng.normal(size=(2, channels, 9, 12)), rng.normal(size=(5, channels, kh, kw))
    options = (2, 1), ((1, 0), (0, 3)), (1, 2), 1
    dy = rng.normal(size=reference.conv2d(x, w, None, *options).shape)
    same_as_reference(backend, "conv2d", [x, w, None], options, np.float32)
    same_as_reference(backend, "conv2d_input_grad", [dy, w, None], ((9, 12), *options), np.float32)
    same_as_reference(backend, "conv2d_weight_grad", [dy, x], ((kh, kw), *options), np.float32, ("C", "C"))


@cuda_backends  # numba would compile its loops for both
@pytest.mark.parametrize("dtypes", [(np.float32, np.float64), (np.float64, np.float32)])
def test_a_bias_of_another_dtype_is_added_in_that_of_the_result(backend, dtypes):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 2, 4, 4)).astype(dtypes[0]), rng.normal(size=(3, 2, 3, 3)).astype(dtypes[0])
    bias = np.array([0.5, -1, 2])
    options = (1, 1), ((0, 0), (0, 0)), (1, 1), 1
    y = backend.conv2d(x, w, bias.astype(dtypes[1]), *options)
    assert y.dtype == dtypes[0]
    np.testing.assert_array_equal(y, backend.conv2d(x, w, bias.astype(dtypes[0]), *options))


@fast_backends
def test_weights_that_begin_anywhere_in_memory(backend):
    """Copies of several numbers at a time take whole ones."""
    rng = np.random.default_rng(0)
    x, memory = rng.normal(size=(2, 16, 5, 5)), rng.normal(size=17 * 16 + 1).astype(np.float32)
    w = memory[1:].reshape(17, 16, 1, 1)
    y = backend.conv2d(x.astype(np.float32), w, None, ONE, NONE, ONE, 1)
    expected = reference.conv2d(x, w.astype(np.float64), None, ONE, NONE, ONE, 1)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-5)


@cuda_backends
def test_tf32_has_three_digits(backend, monkeypatch):
    """Of each factor 10 bits after the first are left: a product is off by at most 2^-9 of its size."""
    monkeypatch.setattr(precision, "conv", "high")
    rng = np.random.default_rng(0)
    x, w, dy = (rng.normal(size=shape) for shape in ((2, 20, 9, 9), (24, 20, 3, 3), (2, 24, 9, 9)))
    options = (ONE, ((1, 1), (1, 1)), ONE, 1)
    for name, arrays, numbers in (
        ("conv2d", (x, w, None), options),
        ("conv2d_input_grad", (dy, w, None), ((9, 9), *options)),
        ("conv2d_weight_grad", (dy, x), ((3, 3), *options)),
    ):
        run, plain = getattr(backend, name), getattr(reference, name)
        got = run(*(a if a is None else a.astype(np.float32) for a in arrays), *numbers)
        expected = plain(*arrays, *numbers)
        terms = plain(*(a if a is None else np.abs(a) for a in arrays), *numbers)
        assert (np.abs(got - expected) <= (2**-9 + 1e-5) * terms).all()
        error = np.linalg.norm(got - expected) / np.linalg.norm(expected)
        assert 1e-5 < error < 2e-3, name  # below: float32's own digits, and nothing was tested


@fast_backends
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_finite_stays_in_its_window(backend, dtype):
    """A NaN and an infinity reach what sees them, and nothing else: neither padding nor other images."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, 9, 6, 6)).astype(dtype), rng.normal(size=(10, 9, 3, 3)).astype(dtype)
    x[1, 2, 0, 0], x[2, 3, 5, 5] = np.nan, np.inf
    options = (ONE, ((1, 1), (1, 1)), ONE, 1)
    finite = np.isfinite(backend.conv2d(x, w, None, *options))
    expected = np.ones((3, 10, 6, 6), bool)
    expected[1, :, :2, :2] = expected[2, :, 4:, 4:] = False
    np.testing.assert_array_equal(finite, expected)


@fast_backends
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_that_do_not_fit_are_refused(backend, dtype):
    x, w, dy = (np.ones(shape, dtype) for shape in ((1, 4, 5, 5), (6, 3, 3, 3), (1, 6, 3, 3)))
    with pytest.raises(ValueError, match="no convolution takes x of shape"):
        backend.conv2d(x, w, None, ONE, NONE, ONE, 1)
    with pytest.raises(ValueError, match="no convolution takes x of shape"):
        backend.conv2d_input_grad(dy, w, None, (7, 5), ONE, NONE, ONE, 1)
    with pytest.raises(ValueError, match="no convolution takes x of shape"):
        backend.conv2d_weight_grad(dy, x, (2, 3), ONE, NONE, ONE, 1)


@every_backend
def test_no_image_gives_no_output_and_zeros_for_the_kernel(backend):
    x, w, dy = np.zeros((0, 2, 5, 5)), np.ones((4, 2, 3, 3)), np.zeros((0, 4, 3, 3))
    assert backend.conv2d(x, w, None, ONE, NONE, ONE, 1).shape == (0, 4, 3, 3)
    assert backend.conv2d_input_grad(dy, w, None, (5, 5), ONE, NONE, ONE, 1).shape == x.shape
    dw = backend.conv2d_weight_grad(dy, x, (3, 3), ONE, NONE, ONE, 1)
    np.testing.assert_array_equal(dw, np.zeros((4, 2, 3, 3)))


# Columns ----------------------------------------------------------------------------------------------------


@every_backend
def test_columns_by_hand(backend):
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    cols = backend.im2col(x, (2, 2), ONE, NONE, ONE)
    assert cols.tolist() == [[[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]]
    # The pixel in the middle is under the kernel at all four places, one at a corner at one place.
    back = backend.col2im(cols, (3, 3), (2, 2), ONE, NONE, ONE)
    assert back.tolist() == [[[[0, 2, 2], [6, 16, 10], [6, 14, 8]]]]


@every_backend
def test_columns_and_back_are_transposes(backend):
    @drawn(backend)
    @given(problems())
    def check(p):
        kernel_size, size = p.w.shape[2:], p.x.shape[2:]
        cols = backend.im2col(p.x, kernel_size, p.stride, p.padding, p.dilation)
        other = np.random.default_rng(1).normal(size=cols.shape)
        image = backend.col2im(other, size, kernel_size, p.stride, p.padding, p.dilation)
        assert image.shape == p.x.shape and image.flags.c_contiguous
        np.testing.assert_allclose(np.vdot(cols, other), np.vdot(p.x, image), rtol=1e-10, atol=1e-10)

    check()


@fast_backends
def test_arrays_of_two_dtypes_are_refused(backend):
    a, b = np.ones((1, 2, 5, 5), np.float32), np.ones((2, 2, 3, 3))
    with pytest.raises(TypeError, match="one dtype, got float32, float64"):
        backend.conv2d(a, b, None, (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    with pytest.raises(TypeError, match="one dtype, got float32, float64"):
        backend.conv2d_input_grad(b, a[..., :3, :3], None, (5, 5), (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    with pytest.raises(TypeError, match="one dtype, got float32, float64"):
        backend.conv2d_weight_grad(b, a, (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
