"""Convolution layers: by hand, how they begin, what they say, and beside PyTorch's."""

import inspect
import math

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn
from minigrad.errors import ShapeError

pytestmark = pytest.mark.usefixtures("device")

LAYERS = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]


def filled(layer, weight, bias=None):
    state = {"weight": mg.tensor(weight).reshape(layer.weight.shape)}
    layer.load_state_dict(state if bias is None else state | {"bias": mg.tensor(bias)})
    return layer


def test_conv2d_by_hand():
    layer = filled(nn.Conv2d(1, 2, 2), [1.0, 2.0, 3.0, 4.0, 0.0, 1.0, -1.0, 0.0], [10.0, 20.0])
    x = mg.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]], requires_grad=True)
    y = layer(x)
    assert y.tolist() == [[[[47.0, 57.0]], [[18.0, 18.0]]]]
    y.backward(mg.tensor([[[[1.0, 0.0]], [[0.0, 2.0]]]]))
    assert layer.bias.grad.tolist() == [1.0, 2.0]
    assert layer.weight.grad.tolist() == [[[[1.0, 2.0], [4.0, 5.0]]], [[[4.0, 6.0], [10.0, 12.0]]]]
    assert x.grad.tolist() == [[[[1.0, 2.0, 2.0], [3.0, 2.0, 0.0]]]]


def test_conv_transpose2d_by_hand():
    layer = filled(nn.ConvTranspose2d(1, 1, 2, stride=2), [1.0, 2.0, 3.0, 4.0], [0.5])
    y = layer(mg.tensor([[[[1.0, 10.0]]]]))
    assert y.tolist() == [[[[1.5, 2.5, 10.5, 20.5], [3.5, 4.5, 30.5, 40.5]]]]


def test_a_signal_is_an_image_one_pixel_high():
    layer = filled(nn.Conv1d(1, 1, 3, padding=1), [1.0, 2.0, 3.0], [0.0])
    assert layer(mg.tensor([[1.0, 10.0, 100.0]])).tolist() == [[32.0, 321.0, 210.0]]
    back = filled(nn.ConvTranspose1d(1, 1, 3), [1.0, 2.0, 3.0], [0.0])
    assert back(mg.tensor([[[1.0, 10.0]]])).tolist() == [[[1.0, 12.0, 23.0, 30.0]]]


def test_a_frozen_layer_and_an_image_that_needs_no_gradient_cost_no_pass(monkeypatch):
    from minigrad import kernels

    ran = []
    for name in ("conv2d_input_grad", "conv2d_weight_grad"):
        run = getattr(kernels, name)
        monkeypatch.setattr(kernels, name, lambda *a, run=run, name=name: ran.append(name) or run(*a))
    layer = nn.Conv2d(1, 2, 3)
    layer(mg.ones(1, 1, 5, 5)).sum().backward()
    assert ran == ["conv2d_weight_grad"]
    ran.clear()
    layer.requires_grad_(False)
    layer(mg.ones(1, 1, 5, 5).requires_grad_()).sum().backward()
    assert ran == ["conv2d_input_grad"]


# TensorFlow's "same" ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "kernel_size", "stride", "dilation", "expected"),
    [
        # Worked by hand from the rule in TensorFlow's documentation of tf.nn: the odd one goes behind.
        ((28, 28), 3, 1, 1, ((1, 1), (1, 1))),
        ((28, 28), 3, 2, 1, ((0, 1), (0, 1))),
        ((7, 7), 3, 2, 1, ((1, 1), (1, 1))),
        ((28, 28), 2, 1, 1, ((0, 1), (0, 1))),
        ((28, 14), (5, 4), (2, 1), 1, ((1, 2), (1, 2))),
        ((8, 8), 3, 1, 2, ((2, 2), (2, 2))),
        ((6, 6), 2, 3, 1, ((0, 0), (0, 0))),
        (28, 3, 2, 1, ((0, 1),)),
    ],
)
def test_same_padding(size, kernel_size, stride, dilation, expected):
    assert F.same_padding(size, kernel_size, stride, dilation) == expected


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_output_has_size_over_stride_places(kernel, stride):
    for n in range(1, 12):
        places = -(-n // stride)
        layer = nn.Conv2d(1, 1, kernel, stride, F.same_padding((n, n), kernel, stride))
        assert layer(mg.zeros(1, n, n)).shape == (1, places, places)
        signal, w = mg.zeros(1, 1, n), mg.zeros(1, 1, kernel)
        y = F.conv1d(signal, w, None, stride, F.same_padding(n, kernel, stride))
        assert y.shape == (1, 1, places)


def test_transposed_convolution_with_the_same_padding_multiplies_the_size():
    padding = F.same_padding((14, 14), 5, 2)
    assert padding == ((1, 2), (1, 2))
    y = nn.ConvTranspose2d(3, 2, 5, 2, padding)(mg.zeros(1, 3, 7, 7))
    assert y.shape == (1, 2, 14, 14)


def test_padding_differs_from_side_to_side():
    x = mg.arange(6.0).reshape(1, 1, 2, 3)
    w = mg.ones(1, 1, 1, 1)
    y = F.conv2d(x, w, padding=((1, 0), (0, 2)))
    assert y.tolist() == [[[[0, 0, 0, 0, 0], [0, 1, 2, 0, 0], [3, 4, 5, 0, 0]]]]
    with pytest.raises(ShapeError, match=r"a pair \(before, after\) for each of 2 axes"):
        F.conv2d(x, w, padding=((1, 0),))


# How they begin, what they say ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (lambda: nn.Conv2d(16, 64, 5), 16 * 25),
        (lambda: nn.Conv2d(16, 64, (3, 4), groups=4), 4 * 12),
        (lambda: nn.Conv1d(32, 64, 3), 32 * 3),
        (lambda: nn.ConvTranspose2d(32, 16, 3), 16 * 9),
        (lambda: nn.ConvTranspose1d(32, 64, 5, groups=2), 32 * 5),
    ],
)
def test_layers_begin_uniform_within_one_over_the_root_of_fan_in(layer, fan_in):
    mg.manual_seed(0)
    made = layer()
    bound = 1 / math.sqrt(fan_in)
    for values in (made.weight, made.bias):
        values = values.detach().cpu().numpy()
        assert 0.9 * bound < np.abs(values).max() <= bound
    values = made.weight.detach().cpu().numpy()
    assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.05)
    mg.manual_seed(0)
    np.testing.assert_array_equal(layer().weight.detach().cpu().numpy(), values)


@pytest.mark.parametrize("name", LAYERS)
def test_state(name):
    layer = getattr(nn, name)(4, 6, 3, groups=2, dtype=mg.float64)
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert layer.weight.dtype == layer.bias.dtype == mg.float64
    bare = getattr(nn, name)(4, 6, 3, bias=False)
    assert list(bare.state_dict()) == ["weight"] and bare.bias is None
    with pytest.raises(NotImplementedError, match=f"{name}: device='mps'"):
        getattr(nn, name)(1, 1, 1, device="mps")


def test_repr():
    assert repr(nn.Conv2d(1, 32, 3)) == "Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))"
    layer = nn.Conv2d(4, 4, 3, stride=2, padding=((0, 1), (0, 1)))
    assert repr(layer).endswith("stride=(2, 2), padding=((0, 1), (0, 1)))")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Conv2d(3, 4, 2, groups=2), "in_channels=3 must be divisible by groups=2"),
        (lambda: nn.ConvTranspose1d(4, 3, 2, groups=2), "out_channels=3 must be divisible by groups=2"),
        (lambda: nn.Conv2d(3, 4, 2, groups=0), "groups=0"),
        (lambda: nn.Conv2d(3, 4, 2, padding="full"), "'full'"),
        (lambda: nn.Conv2d(3, 4, 2, padding="same", stride=2), "stride 1"),
        (lambda: nn.Conv2d(3, 4, 2, padding_mode="mirror"), "'mirror'"),
        (lambda: nn.ConvTranspose2d(3, 4, 2, padding_mode="reflect"), "only be \"zeros\", got 'reflect'"),
        (lambda: nn.Conv2d(3, 4, 0), "kernel_size must be at least 1"),
        (lambda: nn.Conv2d(3, 4, (1, 2, 3)), "kernel_size as one number or 2"),
        (lambda: nn.Conv2d(6 / 2, 4, 3), "whole numbers"),
    ],
)
def test_options_that_do_not_fit(make, words):
    with pytest.raises(ValueError) as raised:
        make()
    assert words in str(raised.value)


def test_output_size():
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    x = mg.zeros(2, 1, 4, 5)
    assert layer(x).shape == (2, 1, 7, 9)
    assert layer(x, output_size=(8, 9)).shape == (2, 1, 8, 9)
    assert layer(x, (2, 1, 7, 10)).shape == (2, 1, 7, 10)
    assert layer(x[0], [8, 10]).shape == (1, 8, 10)
    with pytest.raises(ShapeError, match=r"from \(7, 9\) to \(8, 10\)"):
        layer(x, output_size=(9, 9))
    with pytest.raises(ShapeError, match="output_size has 2 numbers or 4"):
        layer(x, output_size=(8,))


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_modes(mode):
    names = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    try:
        F.pad(mg.zeros(1, 1, 4, 4), (1, 1, 1, 1), mode=mode)
    except NotImplementedError:
        with pytest.raises(NotImplementedError, match=mode):
            nn.Conv2d(2, 3, 3, padding=1, padding_mode=mode)(mg.zeros(1, 2, 4, 4))
        return
    x = np.random.default_rng(0).normal(size=(2, 2, 5, 6))
    layer = nn.Conv2d(2, 3, (3, 4), padding=(2, 1), padding_mode=mode, dtype=mg.float64)
    around = np.pad(x, ((0, 0), (0, 0), (2, 2), (1, 1)), mode=names[mode])
    expected = F.conv2d(mg.tensor(around), layer.weight, layer.bias)
    np.testing.assert_array_equal(layer(mg.tensor(x)).detach().cpu().numpy(), expected.detach().cpu().numpy())
    same = nn.Conv2d(2, 3, (3, 4), padding="same", padding_mode=mode, dtype=mg.float64)
    assert same(mg.tensor(x)).shape == (2, 3, 5, 6)


def test_a_convolution_is_a_product_with_the_columns():
    rng = np.random.default_rng(0)
    x, w = mg.tensor(rng.normal(size=(2, 3, 5, 6))), mg.tensor(rng.normal(size=(4, 3, 2, 3)))
    y = F.fold(w.flatten(1) @ F.unfold(x, (2, 3)), (4, 4), 1)
    np.testing.assert_allclose(y.cpu().numpy(), F.conv2d(x, w).cpu().numpy(), rtol=1e-12, atol=1e-13)


# Beside PyTorch ---------------------------------------------------------------------------------------------

CASES = [
    ("Conv2d", (4, 6, 3), {}),
    ("Conv2d", (4, 6, (3, 2)), {"stride": 2, "padding": (1, 0), "dilation": 2, "groups": 2, "bias": False}),
    ("Conv2d", (4, 4, 3), {"padding": "same", "groups": 4}),
    ("Conv2d", (4, 6, 3), {"padding": "valid"}),
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1}),
    ("Conv1d", (4, 6, 3), {"padding": "same", "dilation": 2}),
    ("ConvTranspose2d", (4, 6, 4), {"stride": 2, "padding": 1}),
    ("ConvTranspose2d", (4, 6, (3, 4)), {"stride": (2, 3), "output_padding": (1, 2), "groups": 2}),
    ("ConvTranspose2d", (4, 6, 3), {"dilation": 2, "bias": False}),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 3, "padding": 1, "output_padding": 1}),
]


@pytest.mark.parametrize(("name", "sizes", "options"), CASES)
def test_layers_are_pytorchs(name, sizes, options):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, name)(*sizes, **options, dtype=torch.float64)
    ours = getattr(nn, name)(*sizes, **options, dtype=mg.float64)
    assert repr(ours) == repr(theirs)
    attributes = "in_channels out_channels kernel_size stride padding dilation output_padding transposed"
    for attribute in f"{attributes} groups padding_mode".split():
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict({k: torch.from_numpy(v.cpu().numpy()) for k, v in ours.state_dict().items()})
    x = np.random.default_rng(0).normal(size=(2, 4, 9, 8)[: 4 if name.endswith("2d") else 3])
    mine, yours = mg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = ours(mine), theirs(yours)
    np.testing.assert_allclose(
        y.detach().cpu().numpy(), expected.detach().cpu().numpy(), rtol=1e-11, atol=1e-13
    )
    upstream = np.random.default_rng(1).normal(size=y.shape)
    y.backward(mg.tensor(upstream))
    expected.backward(torch.tensor(upstream))
    np.testing.assert_allclose(mine.grad.cpu().numpy(), yours.grad.cpu().numpy(), rtol=1e-10, atol=1e-12)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(a.grad.cpu().numpy(), b.grad.cpu().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", [*LAYERS, "ConvTranspose2d.forward"])
def test_arguments_are_pytorchs(name):
    torch = pytest.importorskip("torch")

    def arguments(found):
        for part in name.split("."):
            found = getattr(found, part)
        return [(p.name, p.kind, p.default) for p in inspect.signature(found).parameters.values()]

    assert arguments(nn) == arguments(torch.nn)
