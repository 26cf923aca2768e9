"""Convolution beside PyTorch's: values, gradients, gradients of gradients, what is refused."""

import itertools

import numpy as np
import pytest

from tests.compat.samples import draw

# PyTorch says so when an even kernel makes "same" uneven, which costs it a copy.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")

TRANSPOSED = "conv_transpose"


def arrays(name, c, o, size, kernel, groups=1, batch=(2,), dtype="float64"):
    """An input, a weight and a bias that fit."""
    shape = (c, o // groups) if name.startswith(TRANSPOSED) else (o, c // groups)
    return (
        draw((*batch, c, *size), dtype),
        draw((*shape, *kernel), dtype, 1),
        draw((o,), dtype, 2),
    )


OPTIONS = [
    {},
    {"stride": 2},
    {"stride": (2, 3)},
    {"stride": [3, 1], "padding": 1},
    {"padding": (2, 1)},
    {"padding": (0, 3), "dilation": 2},
    {"padding": "same"},
    {"padding": "same", "dilation": (1, 3)},
    {"padding": "valid", "stride": 2},
    {"dilation": (3, 2), "padding": 3},
    {"groups": 2},
    {"groups": 4, "stride": 2, "padding": 1},
    {"stride": (2,), "padding": (1,), "dilation": (2,)},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 4), (3, 2)])
def test_conv2d(beside, kernel, options):
    groups = options.get("groups", 1)
    for batch, dtype in (((2,), "float64"), ((), "float64"), ((3,), "float32")):
        x, w, b = arrays("conv2d", 4, 8, (8, 9), kernel, groups, batch, dtype)
        rtol = 1e-4 if dtype == "float32" else None
        beside(lambda L, F, x, w, b: F.conv2d(x, w, b, **options), x, w, b, rtol=rtol, what=dtype)
        beside(lambda L, F, x, w: F.conv2d(input=x, weight=w, **options), x, w, rtol=rtol)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2},
        {"stride": (3,), "padding": 2},
        {"padding": "same"},
        {"padding": "same", "dilation": 3},
        {"padding": "valid"},
        {"dilation": 2, "padding": (3,), "groups": 2},
        {"groups": 4},
    ],
    ids=str,
)
def test_conv1d(beside, options):
    for kernel, batch in itertools.product([(1,), (2,), (3,)], [(2,), ()]):
        x, w, b = arrays("conv1d", 4, 8, (9,), kernel, options.get("groups", 1), batch)
        beside(lambda L, F, x, w, b: F.conv1d(x, w, b, **options), x, w, b, what=str(kernel))
        beside(lambda L, F, x, w: F.conv1d(input=x, weight=w, **options), x, w)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2},
        {"stride": 2, "padding": 1, "output_padding": 1},
        {"stride": (2, 3), "output_padding": (0, 2)},
        {"stride": (1, 3), "padding": (0, 1), "dilation": 2},
        {"dilation": (2, 3), "output_padding": (1, 2)},
        {"stride": 2, "dilation": 3, "output_padding": 2},
        {"stride": (2, 1), "dilation": (4, 3), "output_padding": (3, 2), "groups": 2},
        {"groups": 2, "padding": 1, "stride": 2},
        {"groups": 4},
    ],
    ids=str,
)
@pytest.mark.parametrize("kernel", [(3, 3), (2, 4), (5, 2)])
def test_conv_transpose2d(beside, kernel, options):
    groups = options.get("groups", 1)
    for batch, dtype in (((2,), "float64"), ((), "float64"), ((3,), "float32")):
        x, w, b = arrays("conv_transpose2d", 4, 8, (4, 3), kernel, groups, batch, dtype)
        rtol = 1e-4 if dtype == "float32" else None
        beside(lambda L, F, x, w, b: F.conv_transpose2d(x, w, b, **options), x, w, b, rtol=rtol, what=dtype)
        beside(lambda L, F, x, w: F.conv_transpose2d(input=x, weight=w, **options), x, w, rtol=rtol)


@pytest.mark.parametrize(
    "options", [{}, {"stride": 3, "output_padding": 2}, {"padding": 1, "dilation": 2, "groups": 2}], ids=str
)
def test_conv_transpose1d(beside, options):
    for kernel, batch in itertools.product([(2,), (3,)], [(2,), ()]):
        x, w, b = arrays("conv_transpose1d", 4, 6, (5,), kernel, options.get("groups", 1), batch)
        beside(lambda L, F, x, w, b: F.conv_transpose1d(x, w, b, **options), x, w, b, what=str(kernel))
        beside(lambda L, F, x, w: F.conv_transpose1d(input=x, weight=w, **options), x, w)


def test_the_options_have_their_places(beside):
    x, w, b = arrays("conv2d", 4, 4, (7, 7), (3, 3), 2)
    beside(lambda L, F, x, w, b: F.conv2d(x, w, b, 2, 1, 2, 2), x, w, b)
    beside(lambda L, F, x, w, b: F.conv_transpose2d(x, w, b, 3, 1, 2, 2, 2), x, w, b)
    x, w, b = arrays("conv1d", 4, 4, (9,), (3,), 2)
    beside(lambda L, F, x, w, b: F.conv1d(x, w, b, 2, 1, 2, 2), x, w, b)
    beside(lambda L, F, x, w, b: F.conv_transpose1d(x, w, b, 3, 1, 2, 2, 2), x, w, b)


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
@pytest.mark.parametrize(
    "options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": (1, 2)}, {"groups": 2}], ids=str
)
def test_gradients_of_gradients(beside, name, options):
    def slopes(L, F, x, w, b, v):
        y = getattr(F, name)(x, w, b, **options)
        dx, dw = L.autograd.grad((y * y * y).sum() / 100, [x, w], create_graph=True)
        return [dx * v, (dw * dw).sum()]

    x, w, b = arrays(name, 4, 6, (6, 5), (3, 2), options.get("groups", 1))
    beside(slopes, x, w, b, draw(x.shape, seed=4), rtol=1e-9)


def test_no_images(beside):
    x, w, b = arrays("conv2d", 2, 3, (5, 6), (3, 2), batch=(0,))
    beside(lambda L, F, x, w, b: F.conv2d(x, w, b, 2, 1), x, w, b)
    beside(lambda L, F, x, w, b: F.conv_transpose2d(x, w.transpose(0, 1), b, 2, 1), x, w, b)


def test_inputs_that_do_not_lie_in_order(beside):
    x, w, _ = arrays("conv2d", 3, 5, (6, 7), (2, 3))
    beside(
        lambda L, F, x, w, b: F.conv2d(x.permute(0, 3, 1, 2), w.transpose(2, 3), b[::2]),
        np.ascontiguousarray(x.transpose(0, 2, 3, 1)),
        w,
        draw((9,), seed=5),
    )


def test_integers(beside):
    x, w = draw((2, 3, 5, 5), "int64"), draw((4, 3, 2, 2), "int64")
    beside(lambda L, F, x, w: F.conv2d(x, w, None, 2, 1), x, w)


# Columns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"stride": 2}, {"padding": (1, 2), "stride": (2, 1)}, {"dilation": (1, 2), "padding": 1}],
    ids=str,
)
def test_unfold_and_fold(beside, options):
    for shape in ((2, 3, 6, 7), (3, 6, 7), (0, 3, 6, 7)):
        x = draw(shape)
        beside(lambda L, F, x: F.unfold(x, (3, 2), **options), x, what=str(shape))
        beside(
            lambda L, F, x: F.fold(F.unfold(x, (3, 2), **options) ** 2, (6, 7), (3, 2), **options),
            x,
            what=str(shape),
        )
    beside(lambda L, F, x: F.unfold(x, 2, 1, 1, 2), x)
    beside(lambda L, F, x: F.fold(x, 3, 2, 1, 0, 1), draw((8, 4)))
    beside(lambda L, F, x: F.fold(input=x, output_size=(3, 4), kernel_size=2), draw((2, 8, 6)))


# What is refused --------------------------------------------------------------------------------------------

X, W, B = draw((1, 2, 5, 4)), draw((3, 2, 3, 2)), draw((3,))

REFUSED = {
    "channels": (lambda L, F, x, w, b: F.conv2d(x[:, :1], w), ["1 channel,", "takes 2", "(1, 1, 5, 4)"]),
    "channels last": (lambda L, F, x, w, b: F.conv2d(x.permute(0, 2, 3, 1), w), ["permute(0, 3, 1, 2)"]),
    "channels of groups": (lambda L, F, x, w, b: F.conv2d(x, w[:2], groups=2), ["takes 4", "2 groups"]),
    "outputs of groups": (lambda L, F, x, w, b: F.conv2d(x, w[:, :1], groups=2), ["3 channels", "2 groups"]),
    "groups": (lambda L, F, x, w, b: F.conv2d(x, w, groups=0), ["groups=0"]),
    "kernel too large": (
        lambda L, F, x, w, b: F.conv2d(x[:, :, :1], w, padding=(0, 1)),
        ["(3, 2)", "(1, 4)", "(1, 6)", "padding"],
    ),
    "dilated kernel too large": (
        lambda L, F, x, w, b: F.conv2d(x, w, dilation=3),
        ["(3, 2)", "(7, 4)", "dilation", "(5, 4)"],
    ),
    "stride": (lambda L, F, x, w, b: F.conv2d(x, w, stride=0), ["stride", "at least 1", "0"]),
    "a stride too many": (lambda L, F, x, w, b: F.conv2d(x, w, stride=(1, 2, 3)), ["stride=(1, 2, 3)"]),
    "half a stride": (lambda L, F, x, w, b: F.conv2d(x, w, stride=1.5), ["whole numbers", "1.5"]),
    "padding": (lambda L, F, x, w, b: F.conv2d(x, w, padding=-1), ["padding", "at least 0"]),
    "dilation": (lambda L, F, x, w, b: F.conv2d(x, w, dilation=(1, 0)), ["dilation", "at least 1"]),
    "same with a stride": (
        lambda L, F, x, w, b: F.conv2d(x, w, padding="same", stride=2),
        ['"same"', "stride (2, 2)", "same_padding"],
    ),
    "a word": (lambda L, F, x, w, b: F.conv2d(x, w, padding="full"), ["'full'", '"valid"']),
    "bias": (lambda L, F, x, w, b: F.conv2d(x, w, b[:2]), ["bias", "(2,)", "(3,)"]),
    "a matrix of biases": (lambda L, F, x, w, b: F.conv2d(x, w, b.reshape(3, 1)), ["bias", "(3, 1)"]),
    "rank": (lambda L, F, x, w, b: F.conv2d(x[0, 0], w), ["(C, H, W)", "(5, 4)", "unsqueeze(0)"]),
    "rank of 1d": (lambda L, F, x, w, b: F.conv1d(x, w[..., 0]), ["conv1d", "(N, C, L)", "(1, 2, 5, 4)"]),
    "rank of the weight": (lambda L, F, x, w, b: F.conv2d(x, w[0]), ["weight", "(2, 3, 2)"]),
    "an empty kernel": (lambda L, F, x, w, b: F.conv2d(x, w[:, :, :0]), ["(3, 2, 0, 2)"]),
    "no outputs": (lambda L, F, x, w, b: F.conv2d(x, w[:0]), ["(0, 2, 3, 2)"]),
    "dtype": (lambda L, F, x, w, b: F.conv2d(x.float(), w), ["float32", "float64"]),
    "dtype of the bias": (lambda L, F, x, w, b: F.conv2d(x, w, b.float()), ["float64", "float32", "bias"]),
    "bools": (lambda L, F, x, w, b: F.conv2d(x > 0, w > 0), ["bool"]),
    "a list": (lambda L, F, x, w, b: F.conv2d([1.0], w), ["conv2d", "list"]),
    "transposed, output_padding": (
        lambda L, F, x, w, b: F.conv_transpose2d(x[:, :1], w[:1, :1], stride=2, output_padding=2),
        ["output_padding (2, 2)", "stride (2, 2)"],
    ),
    "transposed, negative output_padding": (
        lambda L, F, x, w, b: F.conv_transpose2d(x[:, :1], w[:1, :1], stride=2, output_padding=-1),
        ["output_padding", "at least 0"],
    ),
    "transposed, channels": (
        lambda L, F, x, w, b: F.conv_transpose2d(x, w),
        ["2 channels", "takes 3", "(in, out/groups"],
    ),
    "transposed, nothing left": (
        lambda L, F, x, w, b: F.conv_transpose2d(x[:, :1], w[:1, :1], padding=4),
        ["(-1, -3)", "padding"],
    ),
    "transposed, bias": (
        lambda L, F, x, w, b: F.conv_transpose2d(x[:, :1], w[:1, :1], b),
        ["bias", "(3,)", "(1,)"],
    ),
    "transposed, a word": (
        lambda L, F, x, w, b: F.conv_transpose2d(x[:, :1], w[:1, :1], padding="same"),
        ["padding", "'same'"],
    ),
    "transposed, groups": (
        lambda L, F, x, w, b: F.conv_transpose2d(x, w, groups=2),
        ["3 channels", "2 groups"],
    ),
    "unfold, kernel": (lambda L, F, x, w, b: F.unfold(x, 6), ["unfold", "(6, 6)", "(5, 4)"]),
    "fold, columns": (
        lambda L, F, x, w, b: F.fold(L.ones(1, 8, 5), (3, 3), 2),
        ["2 x 2", "4 columns", "5"],
    ),
    "fold, rows": (lambda L, F, x, w, b: F.fold(L.ones(1, 7, 4), (3, 3), 2), ["7 numbers", "(2, 2)"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(beside, case):
    function, words = REFUSED[case]
    beside.refused(function, X, W, B, words=words, what=case)
