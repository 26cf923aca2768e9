"""Normalisation by channels beside PyTorch's: values, running statistics, gradients of two orders, errors."""

import numpy as np
import pytest

import minigrad as mg
from tests.compat.conftest import name_of
from tests.compat.samples import draw

SHAPES = [(4, 3), (2, 3, 5), (2, 3, 4, 5), (5, 1, 3), (1, 2, 7), (2, 3, 2, 1, 2), (0, 3, 2)]
DTYPES = ["float32", "float64"]


def parameters(shape, dtype):
    c = shape[1:2]
    return draw(c, dtype, 1), draw(c, dtype, 2), draw(c, dtype, 3), abs(draw(c, dtype, 4))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_batch_norm(beside, shape, dtype):
    x, (w, b, mean, var) = draw(shape, dtype), parameters(shape, dtype)

    def run(L, F, x, w, b, mean, var, options):
        mean, var = mean.detach(), var.detach()
        return F.batch_norm(x, mean, var, w, b, **options), mean, var

    for options in ({}, {"training": True}, {"training": True, "momentum": 0.7, "eps": 1e-2}, {"eps": 0.5}):
        beside(run, x, w, b, mean, var, options, rtol=2e-4 if dtype == "float32" else None, what=str(options))
    beside(lambda L, F, x: F.batch_norm(x, None, None, training=True), x, rtol=1e-4)
    beside(lambda L, F, x, w: F.batch_norm(x, None, None, w, None, True, 0.1, 1e-3), x, w, rtol=1e-4)
    beside(lambda L, F, x, b: F.batch_norm(x, None, None, bias=b, training=True), x, b, rtol=1e-4)


def test_batch_norm_of_numbers_far_from_0(beside):
    x = (draw((50, 3, 20)) + 3000).astype("float32")
    exact = (x - x.mean((0, 2), dtype="float64", keepdims=True)) / x.std(
        (0, 2), dtype="float64", keepdims=True
    )
    y = mg.nn.functional.batch_norm(mg.tensor(x), None, None, training=True, eps=1e-12)
    np.testing.assert_allclose(y.cpu().numpy(), exact, atol=1e-6)  # PyTorch's are off by 2e-4


@pytest.mark.parametrize("shape", [(4, 6), (2, 6, 5), (2, 6, 3, 4), (1, 6, 2), (0, 6, 2)], ids=str)
def test_group_norm(beside, shape):
    x, w, b = draw(shape), draw((6,), seed=1), draw((6,), seed=2)
    for groups in (1, 2, 3) if len(shape) == 2 else (1, 2, 3, 6):
        beside(lambda L, F, x, w, b, g: F.group_norm(x, g, w, b, 1e-3), x, w, b, groups, rtol=1e-8)
        beside(lambda L, F, x, g: F.group_norm(input=x, num_groups=g), x, groups, rtol=1e-8)


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 5), (1, 3, 2)], ids=str)
def test_instance_norm(beside, shape):
    x, (w, b, mean, var) = draw(shape), parameters(shape, "float64")

    def run(L, F, x, w, b, mean, var, options):
        mean, var = mean.detach(), var.detach()
        return F.instance_norm(x, mean, var, w, b, **options), mean, var

    for options in ({}, {"use_input_stats": False}, {"momentum": 0.7, "eps": 1e-2}):
        beside(run, x, w, b, mean, var, options, rtol=1e-8, what=str(options))
    beside(lambda L, F, x: F.instance_norm(x), x, rtol=1e-8)


@pytest.mark.parametrize("training", [True, False])
def test_second_gradients(beside, training):
    """The gradient of a penalty on the gradient, as a critic's is."""

    def run(L, F, x, w, b):
        c = w.shape[0]
        mean, var = L.zeros(c, dtype=L.float64), L.ones(c, dtype=L.float64)
        if training:
            y = F.group_norm(F.batch_norm(x, mean, var, w, b, True), 2, w, b)
        else:
            y = F.batch_norm(x, mean, var, w, b).pow(3)
        gradients = L.autograd.grad((y * y * y).sum(), [x, w, b], create_graph=True)
        return sum((g * g).sum() for g in gradients)

    beside(run, draw((3, 4, 5)), draw((4,), seed=1), draw((4,), seed=2), rtol=1e-8)


# Layers -----------------------------------------------------------------------------------------------------

LAYERS = [
    ("BatchNorm1d", (3,), {}, (4, 3)),
    ("BatchNorm1d", (3,), {}, (4, 3, 5)),
    ("BatchNorm2d", (3,), {}, (4, 3, 5, 2)),
    ("BatchNorm2d", (3, 1e-3, 0.3), {}, (4, 3, 5, 2)),
    ("BatchNorm3d", (3,), {}, (2, 3, 2, 2, 2)),
    ("BatchNorm2d", (3,), {"momentum": None}, (4, 3, 5, 2)),
    ("BatchNorm2d", (3,), {"affine": False}, (4, 3, 5, 2)),
    ("BatchNorm2d", (3,), {"bias": False}, (4, 3, 5, 2)),
    ("BatchNorm2d", (3,), {"track_running_stats": False}, (4, 3, 5, 2)),
    ("GroupNorm", (3, 6), {}, (4, 6, 5, 2)),
    ("GroupNorm", (3, 6), {"affine": False, "eps": 0.1}, (4, 6, 5, 2)),
    ("GroupNorm", (3, 6), {"bias": False}, (4, 6, 5, 2)),
    ("InstanceNorm1d", (3,), {}, (4, 3, 5)),
    ("InstanceNorm1d", (3,), {"affine": True}, (3, 5)),
    ("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}, (4, 3, 5, 2)),
    ("InstanceNorm3d", (3,), {"track_running_stats": True}, (4, 3, 2, 2, 2)),
]


@pytest.mark.usefixtures("of_today")
@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS, ids=str)
def test_layers(beside, name, args, options, shape):
    """Two steps of training, then evaluation: outputs, gradients and the whole state after each."""
    layers = [
        getattr(library.nn, name)(*args, **options, dtype=library.float64) for library, _ in beside.libraries
    ]
    ours, theirs = layers
    if name != "GroupNorm" or options.get("affine", True):
        assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for i, layer in enumerate(layers):
        library = beside.libraries[i][0]
        for seed, parameter in enumerate(layer.parameters()):
            with library.no_grad():
                parameter.copy_(library.tensor(draw(tuple(parameter.shape), seed=seed)))

    def run(L, F, x):
        layer = ours if L is mg else theirs
        return layer(x), *(value * 1 for value in layer.state_dict().values())

    for step in range(2):
        beside(run, draw(shape, seed=step) + step, rtol=1e-8)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        beside.same(a.grad, b.grad, 1e-8)
    for layer in layers:
        layer.eval()
    beside(run, draw(shape, seed=3), rtol=1e-8)
    for layer in layers:
        layer.train()
        layer.track_running_stats = False  # switched off later: the running statistics stay
    if name.startswith("Batch"):
        beside(run, draw(shape, seed=4), rtol=1e-8)
    state = {name: mg.tensor(value.detach().numpy()) for name, value in theirs.state_dict().items()}
    assert not any(ours.load_state_dict(state))
    for name, value in ours.state_dict().items():
        assert str(value.dtype) == name_of(theirs.state_dict()[name].dtype)


def test_any_axis_is_what_moving_it_to_1_gives(beside):
    x, w, b = draw((2, 3, 4, 5)), draw((4,), seed=1), draw((4,), seed=2)

    def run(L, F, x, w, b):
        if L is mg:
            return F.batch_norm(x, None, None, w, b, True, axis=-2)
        return F.batch_norm(x.transpose(1, 2), None, None, w, b, True).transpose(1, 2)

    beside(run, x, w, b, rtol=1e-9)


# Errors -----------------------------------------------------------------------------------------------------

REFUSED = [
    ((4, 3), lambda L, F, x: F.batch_norm(x, None, None), ["running_mean", "training=True"]),
    ((4, 3), lambda L, F, x: F.batch_norm(x, L.zeros(3).double(), None), ["running_var"]),
    (
        (4, 3),
        lambda L, F, x: F.batch_norm(x, L.zeros(3).double(), None, training=True),
        ["running_var", "both"],
    ),
    ((4, 3), lambda L, F, x: F.batch_norm(x, L.zeros(2).double(), L.ones(2).double()), ["(3,)", "(2,)"]),
    (
        (4, 3),
        lambda L, F, x: F.batch_norm(x, None, None, L.ones(2).double(), training=True),
        ["weight", "(2,)"],
    ),
    ((4, 3), lambda L, F, x: F.batch_norm(x, L.zeros(3), L.ones(3)), ["float32", "float64"]),
    (
        (4, 3),
        lambda L, F, x: F.batch_norm(x.detach().long(), None, None, training=True),
        ["int64", ".float()"],
    ),
    ((4, 3), lambda L, F, x: F.batch_norm(x, None, None, training=True, eps=0.0), ["eps"]),
    ((4, 3), lambda L, F, x: F.batch_norm(x, None, None, training=True, eps=-1.0), ["eps", "-1.0"]),
    ((1, 3), lambda L, F, x: F.batch_norm(x, None, None, training=True), ["more than 1 value", "(1, 3)"]),
    ((1, 3, 1, 1), lambda L, F, x: L.nn.BatchNorm2d(3).double()(x), ["more than 1 value", "eval()"]),
    ((2, 3, 4), lambda L, F, x: L.nn.BatchNorm2d(3).double()(x), ["expected 4D input (got 3D", "(2, 3, 4)"]),
    ((2, 3, 4, 5), lambda L, F, x: L.nn.BatchNorm1d(3).double()(x), ["expected 2D or 3D input (got 4D"]),
    ((2, 4), lambda L, F, x: L.nn.BatchNorm1d(3).double()(x), ["(4,)", "(3,)"]),
    ((2, 3), lambda L, F, x: F.group_norm(x, 2), ["num_groups=2", "(2, 3)"]),
    ((1, 2), lambda L, F, x: F.group_norm(x, 2), ["more than 1 value", "(1, 2)"]),
    ((2, 4), lambda L, F, x: F.group_norm(x, 2, L.ones(3).double()), ["weight", "(4,)", "(3,)"]),
    ((4,), lambda L, F, x: F.group_norm(x, 2), ["(4,)"]),
    ((4,), lambda L, F, x: L.nn.GroupNorm(2, 3), ["num_channels (3) must be divisible by num_groups (2)"]),
    ((2, 4), lambda L, F, x: F.instance_norm(x), ["more than 1 spatial element", "(2, 4)"]),
    (
        (2, 3, 4),
        lambda L, F, x: F.instance_norm(x, use_input_stats=False),
        ["instance_norm: ", "running_mean"],
    ),
    ((2, 3, 4), lambda L, F, x: L.nn.InstanceNorm1d(4, affine=True).double()(x), ["4", "3"]),
]


@pytest.mark.parametrize(("shape", "call", "words"), REFUSED)
def test_refused(beside, shape, call, words):
    beside.refused(call, draw(shape), words=words)


def test_statistics_that_require_a_gradient_are_refused(beside):
    beside.refused(
        lambda L, F, x, mean, var: F.batch_norm(x, mean, var, training=True),
        draw((4, 3)),
        draw((3,), seed=1),
        abs(draw((3,), seed=2)),
        words=["running_mean", "detach()"],
    )


def test_rows_without_a_number(beside):
    beside(lambda L, F, x: F.layer_norm(x, (0,)), draw((2, 0)))
    beside(lambda L, F, x: F.layer_norm(x, (3, 0)), draw((2, 3, 0)))
