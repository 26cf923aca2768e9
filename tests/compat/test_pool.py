"""Pooling beside PyTorch's: values, indices, gradients, and what is refused."""

import itertools

import numpy as np
import pytest

from tests.compat.samples import draw

IMAGES = [(2, 3, 7, 8), (3, 5, 6), (0, 2, 5, 5), (1, 1, 9, 4)]
SEQUENCES = [(2, 3, 9), (3, 6), (1, 1, 4)]
OPTIONS = [
    *itertools.product((1, 2, 3, (2, 3)), (None, 1, (3, 2)), (0, 1, (0, 1)), (1, 2), (False, True)),
    (3, (), 1, 1, True),
    ([2], 2, [1], [1], False),
]


def with_ties(shape, dtype="float64"):
    return np.round(draw(shape, dtype)).astype(dtype)


def accepted(torch, run, *arguments):
    try:
        run(torch, torch.nn.functional, *arguments)
    except (RuntimeError, ValueError, TypeError):
        return False
    return True


def both_or_neither(beside, run, x, what):
    """The same on both libraries, also when that is an error. Returns whether it went well."""
    if accepted(beside.torch, run, beside.torch.tensor(x)):
        beside(run, x, what=what)
        return True
    beside.refused(run, x, what=what)
    return False


@pytest.mark.parametrize("shape", IMAGES, ids=str)
def test_max_pool2d(beside, shape):
    went_well = 0
    for options in OPTIONS:
        went_well += both_or_neither(
            beside,
            lambda L, F, x, o=options: F.max_pool2d(x, *o, return_indices=True),
            with_ties(shape),
            f"{options}",
        )
    assert went_well > len(OPTIONS) / 2


@pytest.mark.parametrize("shape", IMAGES, ids=str)
def test_avg_pool2d(beside, shape):
    for k, s, p, d, ceil in OPTIONS:
        for include, divisor in ((True, None), (False, None), (True, 3), (False, -2)):
            if d != 1:
                continue
            both_or_neither(
                beside,
                lambda L, F, x, o=(k, s, p, ceil, include, divisor): F.avg_pool2d(x, *o),
                draw(shape),
                f"{(k, s, p, ceil, include, divisor)}",
            )


@pytest.mark.parametrize("shape", SEQUENCES, ids=str)
def test_sequences(beside, shape):
    for k, s, p, ceil in itertools.product((1, 2, 3, (2,)), (None, 1, 3), (0, 1), (False, True)):
        what = f"{(k, s, p, ceil)}"
        for d in (1, 2):
            both_or_neither(
                beside,
                lambda L, F, x, o=(k, s, p, d, ceil): F.max_pool1d(x, *o, return_indices=True),
                with_ties(shape),
                what,
            )
        for include in (False, True):
            both_or_neither(
                beside, lambda L, F, x, o=(k, s, p, ceil, include): F.avg_pool1d(x, *o), draw(shape), what
            )
    for size in (1, 3, 4, 11, (2,)):
        beside(lambda L, F, x, n: F.adaptive_avg_pool1d(x, n), draw(shape), size)
        beside(lambda L, F, x, n: F.adaptive_max_pool1d(x, n, True), with_ties(shape), size)


@pytest.mark.parametrize("shape", [*IMAGES, (2, 0, 4, 4)], ids=str)
def test_adaptive_pooling(beside, shape):
    has_channels = 0 not in shape[1:]  # without, PyTorch's backward fails
    for size in (1, 2, 5, 11, (3, None), (None, 1), [2, 3], (None, None)):
        beside(
            lambda L, F, x, n: F.adaptive_avg_pool2d(x, n),
            draw(shape),
            size,
            grad=has_channels,
            what=f"{size}",
        )
        if has_channels:
            beside(
                lambda L, F, x, n: F.adaptive_max_pool2d(x, n, return_indices=True),
                with_ties(shape),
                size,
                what=f"{size}",
            )
    beside(lambda L, F, x: F.adaptive_avg_pool2d(x, 0), draw(shape), grad=False)


def test_float32_and_layouts(beside):
    x = draw((2, 3, 8, 7), "float32")
    for run in (
        lambda L, F, x: F.max_pool2d(x.transpose(2, 3), 2),
        lambda L, F, x: F.avg_pool2d(x.permute(1, 0, 3, 2), 3, 2, 1),
        lambda L, F, x: F.max_pool2d(x[:, :, 1::2], 2, 1) * F.avg_pool2d(x[:, 1:, :4], 1)[:, :1, :3, :6],
        lambda L, F, x: F.adaptive_avg_pool2d(x, 1),
    ):
        beside(run, x)


def test_by_name_and_default(beside):
    x = with_ties((2, 3, 8, 8))
    beside(lambda L, F, x: F.max_pool2d(input=x, kernel_size=2, stride=None, padding=0, dilation=1), x)
    beside(lambda L, F, x: F.max_pool2d(x, 3, ceil_mode=True, return_indices=False), x)
    beside(
        lambda L, F, x: F.avg_pool2d(input=x, kernel_size=2, count_include_pad=False, divisor_override=5), x
    )
    beside(lambda L, F, x: F.adaptive_avg_pool2d(input=x, output_size=3), x)
    beside(lambda L, F, x: F.adaptive_max_pool2d(x, output_size=3, return_indices=False), x)


def test_nan_and_infinity(beside):
    x = draw((1, 1, 4, 4))
    x[0, 0, 1, 1] = x[0, 0, 2, 2] = np.nan
    x[0, 0, 3] = np.inf
    for k, s in ((2, 2), (2, 1), (3, 1), (4, 4)):
        run = lambda L, F, x, k=k, s=s: F.max_pool2d(x, k, s, return_indices=True)  # noqa: E731
        beside(run, x, grad=False)
        beside(run, np.full((1, 1, 4, 4), -np.inf), grad=False)
        beside(lambda L, F, x, k=k, s=s: F.avg_pool2d(x, k, s), x, grad=False)
    beside(
        lambda L, F, x: F.max_pool2d(x, 3, 2, 1, return_indices=True),
        np.full((1, 1, 5, 5), -np.inf),
        grad=False,
    )
    beside(lambda L, F, x: F.adaptive_max_pool2d(x, 1, return_indices=True), x, grad=False)


def test_integers(beside):
    x = draw((2, 3, 6, 6), "int64")
    beside(lambda L, F, x: F.max_pool2d(x, 2, return_indices=True), x)
    beside(lambda L, F, x: F.max_pool2d(x, 3, 2, 1), draw((1, 2, 6, 6), "uint8"))
    beside.refused(lambda L, F, x: F.max_pool2d(x > 0, 2), x, words=["max_pool2d", "bool"])
    beside.refused(lambda L, F, x: F.adaptive_avg_pool2d(x, 2), x, words=["adaptive_avg_pool2d", "int64"])


def test_unpooling(beside):
    def there_and_back(L, F, x, k, s, p, size):
        y, indices = F.max_pool2d(x, k, s, p, return_indices=True)
        return F.max_unpool2d(y, indices, k, s, p, size)

    x = np.random.default_rng(0).permutation(2 * 3 * 36).reshape(2, 3, 6, 6) * 1.0
    for k, s, p, size in ((2, None, 0, None), (2, 2, 0, (6, 6)), ((3, 2), None, 0, None), (3, 3, 1, [6, 6])):
        beside(there_and_back, x, k, s, p, size)
        beside(lambda L, F, *o: there_and_back(L, F, *o), x[0], k, s, p, size)
    beside(there_and_back, x, 2, 2, 0, (2, 3, 6, 6))

    def sequence(L, F, x):
        y, indices = F.max_pool1d(x, 2, return_indices=True)
        return F.max_unpool1d(y, indices, 2, output_size=[9])

    beside(sequence, x.reshape(2, 12, 9))
    with pytest.raises(ValueError, match=r"output_size \(9, 9\) .* from \(6, 6\)"):
        beside(there_and_back, x, 2, None, 0, (9, 9))
    beside.refused(
        lambda L, F, x: F.max_unpool2d(x, L.zeros(1, 1, 2, 2), 2), draw((1, 1, 2, 2)), words=["int64"]
    )
    beside.refused(
        lambda L, F, x: F.max_unpool2d(x, L.zeros(1, 1, 2, 1).long(), 2), draw((1, 1, 2, 2)), words=["shape"]
    )


REFUSED = {
    "max_pool2d: the kernel (9, 9) is larger than the input (6, 7)": lambda F, x: F.max_pool2d(x, 9),
    "padding is from 0 to half": lambda F, x: F.max_pool2d(x, 2, padding=2),
    "padding must be at least 0, got padding=-1": lambda F, x: F.max_pool2d(x, 2, padding=-1),
    "stride must be at least 1, got stride=0": lambda F, x: F.max_pool2d(x, 2, 0),
    "dilation must be at least 1, got dilation=0": lambda F, x: F.max_pool2d(x, 2, dilation=0),
    "kernel_size must be at least 1, got kernel_size=0": lambda F, x: F.max_pool2d(x, 0),
    "kernel_size as one number or 2, one for each axis": lambda F, x: F.max_pool2d(x, (2, 2, 2)),
    "kernel_size is made of whole numbers, got kernel_size=2.0": lambda F, x: F.max_pool2d(x, 2.0),
    'numbers or "same", got padding=': lambda F, x: F.max_pool2d(x, 2, padding="valid"),
    "(N, C, H, W) or (C, H, W), got (6, 7)": lambda F, x: F.max_pool2d(x[0, 0], 2),
    "only the batch may be empty": lambda F, x: F.max_pool2d(x[:, :0], 2),
    "(2, 3, 0, 7)": lambda F, x: F.max_pool2d(x[:, :, :0], 2),
    "(N, C, L) or (C, L)": lambda F, x: F.max_pool1d(x, 2),
    "expected kernel_size as one number, got kernel_size=(2, 2)": lambda F, x: F.max_pool1d(x[0], (2, 2)),
    "avg_pool2d: the kernel (9, 9) is larger than the input (6, 7)": lambda F, x: F.avg_pool2d(x, 9),
    "divisor_override": lambda F, x: F.avg_pool2d(x, 2, divisor_override=0),
    "avg_pool1d": lambda F, x: F.avg_pool1d(x[0], 2, padding=2),
    "output_size is a number or 2 of them": lambda F, x: F.adaptive_avg_pool2d(x, (3, 3, 3)),
    "at least 0, got output_size -1": lambda F, x: F.adaptive_avg_pool2d(x, -1),
    "integers, got None": lambda F, x: F.adaptive_avg_pool1d(x[0], None),
    "adaptive_avg_pool2d: expected an input of shape": lambda F, x: F.adaptive_avg_pool2d(x[0, 0], 3),
    "adaptive_max_pool2d: output_size": lambda F, x: F.adaptive_max_pool2d(x, (3,)),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_refused(beside, words):
    beside.refused(lambda L, F, x: REFUSED[words](F, x), draw((2, 3, 6, 7)), words=[words])


LAYERS = [
    "MaxPool1d(2)",
    "MaxPool1d(3, 2, 1)",
    "MaxPool2d(2)",
    "MaxPool2d((2, 3), 1, 1, 2, True, True)",
    "MaxPool2d(kernel_size=3, stride=2, padding=1, ceil_mode=True)",
    "AvgPool1d(2)",
    "AvgPool1d(3, 2, 1)",
    "AvgPool2d(2)",
    "AvgPool2d((2, 3), ceil_mode=True, count_include_pad=False, divisor_override=3)",
    "AdaptiveAvgPool1d(3)",
    "AdaptiveAvgPool2d(2)",
    "AdaptiveAvgPool2d((1, None))",
    "AdaptiveMaxPool1d(2)",
    "AdaptiveMaxPool2d(2, True)",
    "AdaptiveMaxPool2d(output_size=(2, 3))",
]


@pytest.mark.parametrize("layer", LAYERS)
def test_layers(beside, layer):
    x = with_ties((2, 3, 7) if "1d" in layer else (2, 3, 7, 8))
    make = lambda L: eval(f"nn.{layer}", {"nn": L.nn})  # noqa: E731
    beside(lambda L, F, x: make(L)(x), x)
    beside(lambda L, F, x: make(L)(x), x[0])
    beside(lambda L, F: repr(make(L)))
    beside(lambda L, F: list(make(L).state_dict()))


def test_unpooling_layers(beside):
    def run(L, F, x, size):
        pool, back = L.nn.MaxPool2d(2, return_indices=True), L.nn.MaxUnpool2d(2)
        return back(*pool(x), output_size=size)

    beside(run, draw((2, 3, 6, 6)), None)
    beside(run, draw((2, 3, 7, 6)), (7, 6))
    for make in (lambda L, F: repr(L.nn.MaxUnpool2d((2, 3), 1)), lambda L, F: repr(L.nn.MaxUnpool1d(2))):
        beside(make)
