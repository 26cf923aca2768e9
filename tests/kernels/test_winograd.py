"""Convolutions with fewer multiplications; in float64, where no wrong sum can hide behind rounding."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad import kernels
from minigrad.kernels import precision, reference
from tests.kernels.test_conv import same_as_reference

numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")
from minigrad.kernels.numba_cpu import (  # noqa: E402
    conv_ways,
    fitting,
    scratch,
    sharing,
    winograd,
    winograd_plan,
    winograd_tiles,
)
from minigrad.kernels.numba_cpu.fitting import fitted  # noqa: E402
from minigrad.kernels.numba_cpu.geometry import along, forward  # noqa: E402
from minigrad.kernels.numba_cpu.winograd_plan import plan, suits  # noqa: E402

ONE = (1, 1)


@pytest.fixture(autouse=True)
def as_it_is_used(digits_of_float32, monkeypatch):
    monkeypatch.setattr(precision, "conv", "high")


def forget():
    """What was worked out before a bound was changed."""
    for kept in (plan, conv_ways.way, conv_ways.weights_way):
        kept.cache_clear()


@pytest.fixture
def always(monkeypatch):
    """Every convolution that can be computed so is, however small; says how many were."""
    runs = []

    def correlate(*args):
        runs.append("correlate")
        return before[0](*args)

    def weight_grad(*args):
        runs.append("weight_grad")
        return before[1](*args)

    before = winograd.correlate, winograd.weight_grad
    monkeypatch.setattr(winograd, "correlate", correlate)
    monkeypatch.setattr(winograd, "weight_grad", weight_grad)
    monkeypatch.setattr(winograd_plan, "LEAST", 1)
    forget()
    monkeypatch.setattr(
        conv_ways, "suits", lambda g, channels, outputs, groups, *_, **__: g is not None and groups == 1
    )
    monkeypatch.setattr(fitting, "suits", conv_ways.suits)
    yield runs
    forget()


@pytest.fixture(params=["of all threads", "of each thread"])
def factors(request, always, monkeypatch):
    """Who makes the factors of a kernel: all threads together, or each for itself, row by row."""
    own = request.param == "of each thread"
    monkeypatch.setattr(winograd, "makes_own_factors", lambda *_: own)
    forget()
    return always


@pytest.mark.parametrize("form", [43, 42, 52, 63])
def test_as_many_products_as_pixels_give_the_results_of_a_row(form):
    side, r = divmod(form, 10)
    rng = np.random.default_rng(form)
    x, g = rng.normal(size=side), rng.normal(size=r)
    B, A, G = (
        np.array(matrix)
        for matrix in (winograd_tiles.B[side], winograd_tiles.A[form], winograd_tiles.G[form])
    )
    by_hand = [sum(x[i + n] * g[n] for n in range(r)) for i in range(side + 1 - r)]
    np.testing.assert_allclose(A @ ((G @ g) * (B @ x)), by_hand, atol=1e-14)


@st.composite
def problems(draw):
    kernel, stride = draw(st.sampled_from([(3, 1), (2, 1), (4, 2), (6, 2), (6, 3), (9, 3), (5, 2), (5, 3)]))
    top, bottom, left, right = (draw(st.integers(0, kernel)) for _ in range(4))
    height, width = (
        draw(st.integers(max(1, kernel - before), 21)) for before in (top + bottom, left + right)
    )
    n, c, o = draw(st.integers(1, 5)), draw(st.integers(1, 35)), draw(st.integers(1, 35))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    x, w, bias = (
        rng.normal(size=(n, c, height, width)),
        rng.normal(size=(o, c, kernel, kernel)),
        rng.normal(size=o),
    )
    options = ((stride, stride), ((top, bottom), (left, right)), ONE, 1)
    dy = rng.normal(size=reference.conv2d(x, w, None, *options).shape)
    return x, w, bias, dy, options


def test_all_three_passes_are_the_plain_ones(factors):
    @settings(max_examples=60, deadline=None)
    @given(problems())
    def check(problem):
        x, w, bias, dy, options = problem
        factors.clear()
        fit = fitted("results", x.shape, w.shape, dy.shape, *options, x.dtype)
        same_as_reference(numba_cpu, "conv2d", [x, w, bias], options)
        same_as_reference(numba_cpu, "conv2d_input_grad", [dy, w, None], (x.shape[2:], *options))
        same_as_reference(numba_cpu, "conv2d_weight_grad", [dy, x], (w.shape[2:], *options), layouts="CC")
        if w.shape[:2] == (1, 1):
            assert factors == []  # one channel into one: depthwise, which has loops of its own
        elif (fit.rows, fit.columns) != (slice(0, w.shape[2]), slice(0, w.shape[3])):
            pass  # the image is so small that only a part of the kernel meets it
        else:
            assert factors == ["correlate", "correlate", "weight_grad"]

    check()


BLOCKS = {  # images, channels in and out, size, kernel, stride, padding
    "many small images": (70, 32, 64, 7, 3, 1, 1),
    "bands of a large image": (2, 64, 48, 60, 3, 1, 1),
    "more channels than are added up at a time": (4, 300, 40, 14, 3, 1, 1),
    "channels shared by the threads": (9, 256, 20, 16, 3, 1, 1),
    "a discriminator's": (20, 24, 40, 30, 4, 2, 1),
    "kernels of two": (12, 40, 24, 33, 2, 1, 0),
    "so many channels that a factor is copied": (4, 136, 90, 12, 3, 1, 1),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", BLOCKS)
def test_more_than_one_block(always, case, dtype):
    n, c, o, size, k, s, p = BLOCKS[case]
    out = (size + 2 * p - k) // s + 1
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(n, c, size, size)), rng.normal(size=(o, c, k, k))
    dy, bias = rng.normal(size=(n, o, out, out)), rng.normal(size=o)
    options = ((s, s), ((p, p), (p, p)), ONE, 1)
    same_as_reference(numba_cpu, "conv2d", [x, w, bias], options, dtype)
    same_as_reference(numba_cpu, "conv2d_input_grad", [dy, w, None], ((size, size), *options), dtype)
    same_as_reference(numba_cpu, "conv2d_weight_grad", [dy, x], ((k, k), *options), dtype, "CC")
    assert always == ["correlate", "correlate", "weight_grad"]


def test_small_tiles_where_there_are_many_blocks(always, monkeypatch):
    monkeypatch.setitem(winograd_plan.SIDES, 3, (4,))  # else tiles of six are taken
    forget()
    test_more_than_one_block(always, "bands of a large image", np.float32)


SHARED = {  # images, channels in and out, size, kernel, stride, padding
    "images, outputs that are no whole vectors": (16, 32, 20, 20, 3, 1, 1),
    "channels": (9, 256, 20, 16, 3, 1, 1),
    "channels, for the pieces of the kernel": (8, 70, 40, 30, 4, 2, 1),
    "short tiles": (9, 20, 24, 14, 3, 1, 1),
    "short tiles alone": (9, 20, 24, 9, 3, 1, 1),
}


def drawn(case):
    """The arguments of the three passes, and their options."""
    n, c, o, size, k, s, p = case
    out = (size + 2 * p - k) // s + 1
    rng = np.random.default_rng(0)
    shapes = (n, c, size, size), (o, c, k, k), (n, o, out, out), (o,)
    return *(rng.normal(size=shape) for shape in shapes), ((s, s), ((p, p), (p, p)), ONE, 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("case", SHARED)
def test_what_threads_share(factors, monkeypatch, case, threads, dtype):
    monkeypatch.setattr(kernels.threads, "_chosen", threads)
    if sharing.thread_count() < threads:
        pytest.skip(f"needs {threads} processors")
    x, w, dy, bias, options = drawn(SHARED[case])
    same_as_reference(numba_cpu, "conv2d", [x, w, bias], options, dtype)
    same_as_reference(numba_cpu, "conv2d_input_grad", [dy, w, None], (x.shape[2:], *options), dtype)
    same_as_reference(numba_cpu, "conv2d_weight_grad", [dy, x], (w.shape[2:], *options), dtype, "CC")
    assert factors == ["correlate", "correlate", "weight_grad"]


def test_what_three_threads_share_on_fewer_processors():
    """More threads than processors are none that numba starts, unless it is told to."""
    if sharing.thread_count() > 2:
        pytest.skip("the test before has had three")
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(
        [*tests, "-k", "test_what_threads_share and 3-float32"],
        env={**os.environ, "NUMBA_NUM_THREADS": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "10 passed" in done.stdout


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", SHARED)
def test_what_earlier_calls_left_in_the_room_does_not_matter(factors, monkeypatch, case, threads):
    """Beside 20 outputs there are 4 or 12 more in a vector, and around an image there are zeros."""
    monkeypatch.setattr(kernels.threads, "_chosen", threads)
    x, w, dy, bias, options = drawn(SHARED[case])
    x, w, dy, bias = (array.astype(np.float32) for array in (x, w, dy, bias))

    def passes():
        return (
            numba_cpu.conv2d(x, w, bias, *options),
            numba_cpu.conv2d_input_grad(dy, w, None, x.shape[2:], *options),
            numba_cpu.conv2d_weight_grad(dy, x, w.shape[2:], *options),
        )

    first = passes()
    for array in vars(scratch._kept).values():
        array.fill(np.nan if array.dtype.kind == "f" else 0)
    for before, after in zip(first, passes(), strict=True):
        assert np.isfinite(before).all()
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"),
    [((3, 3), ONE, (2, 2)), ((3, 3), (2, 2), ONE), ((3, 2), ONE, ONE), ((5, 5), ONE, ONE), (ONE, ONE, ONE)],
)
def test_other_convolutions_have_no_plan(kernel, stride, dilation):
    assert plan(*along(forward, (10, 10), kernel, stride, ((0, 0), (0, 0)), dilation), 100) is None


@pytest.mark.parametrize("size", [5, 11])
def test_no_zeros_are_put_around_a_kernel_for_the_sake_of_short_tiles(size):
    out = (size - 1) // 2 + 1
    shapes = (64, 64, size, size), (64, 64, 5, 5), (64, 64, out, out)
    options = ((2, 2), ((2, 2), (2, 2)), ONE, 1)
    assert fitted("weights", *shapes, *options, np.dtype(np.float32)).zeros == (0, 0)


def test_float64_and_groups_and_few_channels_are_computed_plainly():
    g = plan(*along(forward, (28, 28), (3, 3), ONE, ((1, 1), (1, 1)), ONE), 100)
    assert suits(g, 32, 64, 1, np.dtype(np.float32), weights=False)
    assert not suits(g, 32, 64, 1, np.dtype(np.float64), weights=False)
    assert not suits(g, 32, 64, 2, np.dtype(np.float32), weights=False)
    assert not suits(g, 3, 64, 1, np.dtype(np.float32), weights=False)
    assert plan(*along(forward, (7, 7), (3, 3), ONE, ((1, 1), (1, 1)), ONE), 1) is None  # a tile or two


def test_all_digits_are_those_of_plain_sums():
    """A weight that has only met zeros gets a gradient of 0, from which Adam takes no step."""
    rng = np.random.default_rng(0)
    x, dy = (rng.normal(size=(8, 32, 13, 13)).astype(np.float32) for _ in range(2))
    x[..., :8] = 0
    dy[..., 9:] = 0  # the left column of the kernel meets x up to column 7, with a padding of 1
    options = ((3, 3), ONE, ((1, 1), (1, 1)), ONE, 1)
    fewer = numba_cpu.conv2d_weight_grad(dy, x, *options)
    precision.set_float32_conv_precision("highest")  # the fixture puts it back
    plain = numba_cpu.conv2d_weight_grad(dy, x, *options)
    np.testing.assert_array_equal(plain[..., 0], 0)
    assert 0 < np.abs(fewer[..., 0]).max() < 1e-4


@pytest.mark.parametrize(
    ("count", "m", "lengths"),
    [(8, 4, [4, 4]), (7, 4, [4, 3]), (14, 4, [4, 4, 3, 3]), (13, 4, [4, 3, 3, 3]), (7, 3, [3, 2, 2]),
     (3, 2, [2, 1]), (1, 3, [2])],
)  # fmt: skip
def test_tiles_are_long_and_then_short(count, m, lengths):
    tiles, long = winograd_plan.tiling(count, m)
    assert [m] * long + [m - 1] * (tiles - long) == lengths
    for n in range(tiles + 1):
        assert winograd_plan.extent(m, n, long) == sum(lengths[:n])
    by_hand = sum(length + 1 for length in lengths)  # kernels of two: a product more than results
    assert winograd_plan.Tiling(tiles, long).products(m + 1) == by_hand


@pytest.mark.parametrize(
    ("kernel", "stride", "side"), [(3, 1, 4), (3, 1, 6), (2, 1, 4), (2, 1, 5), (4, 2, 4), (4, 2, 5)]
)
@pytest.mark.parametrize("height", [5, 7, 11])
@pytest.mark.parametrize("width", [6, 7, 13])
@pytest.mark.parametrize("bands", ["whole images", "bands of a line"])
def test_short_tiles_down_and_across(always, monkeypatch, kernel, stride, side, height, width, bands):
    if bands == "bands of a line":
        for bound in ("BLOCK", "LEAST_TILES", "LEAST_OF_MANY"):
            monkeypatch.setattr(winograd_plan, bound, 1)
    r = kernel // stride
    monkeypatch.setitem(winograd_plan.SIDES, r, (side,))
    forget()
    m = side + 1 - r
    assert height % m, "all are long"
    rng = np.random.default_rng(height * width)
    size = (kernel + stride * (height - 1), kernel + stride * (width - 1))
    x, w = rng.normal(size=(3, 17, *size)), rng.normal(size=(20, 17, kernel, kernel))
    dy, options = rng.normal(size=(3, 20, height, width)), ((stride, stride), ((0, 0), (0, 0)), ONE, 1)
    same_as_reference(numba_cpu, "conv2d", [x, w, None], options)
    same_as_reference(numba_cpu, "conv2d_input_grad", [dy, w, None], (size, *options))
    same_as_reference(numba_cpu, "conv2d_weight_grad", [dy, x], ((kernel, kernel), *options), layouts="CC")
    assert always == ["correlate", "correlate", "weight_grad"]


@pytest.mark.parametrize(
    ("images", "channels", "outputs", "expected"),
    [
        (64, 64, 128, True),  # a discriminator's: 3.3 MB of factors, for 128 tiles of each thread
        (65, 64, 128, False),  # a tile more, and each would make them too often
        (64, 16, 64, False),  # 0.4 MB: what one thread makes, both have in their caches
        (8, 512, 1024, False),  # a row of 42 MB fits into no second cache
    ],
)
def test_factors_that_fill_the_cache_are_made_by_each_thread_if_it_has_few_tiles(
    images, channels, outputs, expected
):
    tiles = plan(*along(forward, (7, 7), (4, 4), (2, 2), (ONE, ONE), ONE), images)
    assert winograd_plan.makes_own_factors(tiles, images, channels, outputs, 4, threads=2) is expected


def test_blocks_are_of_one_size():
    """A block reads all factors of the kernel, for however few tiles."""
    axes = along(forward, (7, 7), (4, 4), (2, 2), (ONE, ONE), ONE)
    for images in (32, 48, 64, 96, 128):
        together = winograd_plan.cut(plan(*axes, images), images, 256, 128, 4, 2).images
        blocks = -(-(images // 2) // together)
        assert blocks * together - images // 2 < blocks, "the last one lacks more than an image of each"
        assert together >= 8, "small images that are taken one by one"


@pytest.mark.parametrize("images", [1, 3, 64])
@pytest.mark.parametrize("channels", [16, 128, 512])
def test_every_row_of_tiles_is_in_one_block_and_a_few_images_give_work_to_all(images, channels):
    axes = along(forward, (28, 28), (3, 3), ONE, (ONE, ONE), ONE)
    tiles = plan(*axes, images)
    lines = -(-28 // tiles.m)
    for parts in (1, 2, 4):
        cut = winograd_plan.cut(tiles, images, channels, channels, 4, parts)
        bands = [range(band * cut.lines, min(lines, (band + 1) * cut.lines)) for band in range(cut.bands)]
        assert [line for band in bands for line in band] == list(range(lines))
        assert all(bands), "a band without tiles"
        assert -(-images // cut.images) * cut.bands >= parts
