"""What a rule leaves out is 0, whatever arrives: of inf and NaN, too, though 0 times them is NaN.

Such an upstream is no accident: that of sqrt or log at 0 is infinite where clamp or relu has made the 0.
"""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.autograd import grad

pytestmark = pytest.mark.usefixtures("device")

INF, NAN = np.inf, np.nan

# Of four numbers the first two are left out, the last two go through.
SELECTING = {
    "relu": (F.relu, [-1, -2, 3, 4]),
    "clamp, min": (lambda x: mg.clamp(x, min=0.0), [-1, -2, 3, 4]),
    "clamp, max": (lambda x: mg.clamp(x, max=0.0), [1, 2, -3, -4]),
    "clamp, both": (lambda x: mg.clamp(x, 0.0, 5.0), [-1, 6, 3, 4]),
    "clamp, tensors": (lambda x: mg.clamp(x, mg.zeros(4), mg.full((4,), 5.0)), [-1, 6, 3, 4]),
    "hardtanh": (F.hardtanh, [-1, 2, 0.3, 0.4]),
    "maximum, input": (lambda x: mg.maximum(x, mg.zeros(4)), [-1, -2, 3, 4]),
    "maximum, other": (lambda x: mg.maximum(mg.zeros(4), x), [-1, -2, 3, 4]),
    "minimum, input": (lambda x: mg.minimum(x, mg.zeros(4)), [1, 2, -3, -4]),
    "minimum, other": (lambda x: mg.minimum(mg.zeros(4), x), [1, 2, -3, -4]),
    "where": (lambda x: mg.where(mg.tensor([False, False, True, True]), x, 0.0), [1, 2, 3, 4]),
    "masked_fill": (lambda x: x.masked_fill(mg.tensor([True, True, False, False]), 0.0), [1, 2, 3, 4]),
    "setitem, slice": (lambda x: written(x, slice(0, 2)), [1, 2, 3, 4]),
    "setitem, integers": (lambda x: written(x, [0, 1]), [1, 2, 3, 4]),
    "setitem, mask": (lambda x: written(x, x < 3), [1, 2, 3, 4]),
    "a write into a view": (lambda x: through_a_view(x, 0), [1, 2, 3, 4]),
    "zeros in a view": (lambda x: through_a_view(x, None), [1, 2, 3, 4]),
    "scatter": (lambda x: mg.scatter(x, 0, mg.tensor([0, 1]), 0.0), [1, 2, 3, 4]),
}

FLAT = {
    "floor": mg.floor,
    "ceil": mg.ceil,
    "round": mg.round,
    "sign": mg.sign,
    "floor_divide, input": lambda x: x // 2.0,
    "floor_divide, other": lambda x: 7.0 // x,
    "div, trunc": lambda x: mg.div(x, 2.0, rounding_mode="trunc"),
    "a power of 0": lambda x: x**0,
    "copy_": lambda x: (x * 1).copy_(mg.ones(4)),
    "fill_": lambda x: (x * 1).fill_(3.0),
    "zero_": lambda x: (x * 1).zero_(),
}


def written(x, place):
    y = x * 1
    y[place] = 0.0
    return y


def through_a_view(x, value):
    y = x * 1
    if value is None:
        y.reshape(2, 2)[0].zero_()
    else:
        y.reshape(2, 2)[0].mul_(0.0).copy_(mg.full((2,), float(value)))
    return y


def gradient(function, values, upstream, create_graph):
    x = mg.tensor(np.asarray(values, np.float64), requires_grad=True)
    dy = mg.tensor(upstream, dtype=mg.float64)
    (dx,) = grad(function(x), x, dy, create_graph=create_graph, materialize_grads=True)
    return dx.tolist()


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", SELECTING)
def test_what_is_left_out_is_zero(name, create_graph):
    function, values = SELECTING[name]
    assert gradient(function, values, [INF, NAN, INF, 3.0], create_graph) == [0, 0, INF, 3]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", FLAT)
def test_what_is_flat_has_gradient_zero(name, create_graph):
    assert gradient(FLAT[name], [1.5, -2.5, 3.5, 4.5], [INF, NAN, -INF, 3.0], create_graph) == [0, 0, 0, 0]


@pytest.mark.parametrize("backend", ["reference", "numba"])
def test_relu_in_every_backend(backend):
    pytest.importorskip("numba")
    with mg.backend(backend):
        assert gradient(F.relu, [-1, -2, 3, 4], [INF, NAN, INF, 3.0], False) == [0, 0, INF, 3]


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_class_that_was_not_picked(create_graph):
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    losses = F.nll_loss(x, mg.tensor([1, 0]), reduction="none")
    (dx,) = grad(losses, x, mg.tensor([INF, 2.0]), create_graph=create_graph)
    assert dx.tolist() == [[0, -INF], [-2, 0]]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("reduction, values", [(mg.amax, [1.0, 2.0, 3.0]), (mg.amin, [-1.0, -2.0, -3.0])])
def test_what_is_not_the_extreme(reduction, values, create_graph):
    x = mg.tensor([values], requires_grad=True)
    (dx,) = grad(reduction(x, 1), x, mg.tensor([INF]), create_graph=create_graph)
    assert dx.tolist() == [[0, 0, INF]]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("reduction", [mg.max, mg.min, mg.amax, mg.amin])
def test_the_extreme_where_there_is_a_nan(reduction, create_graph):
    x = mg.tensor([1.0, NAN, 3.0, NAN], requires_grad=True)
    (dx,) = grad(reduction(x), x, mg.tensor(3.0), create_graph=create_graph)
    assert dx.tolist() == [0, 1.5, 0, 1.5]


def test_a_certain_and_right_probability_is_at_rest():
    x, target = mg.tensor([0.0, 1.0], requires_grad=True), mg.tensor([0.0, 1.0])
    (dx,) = grad(F.binary_cross_entropy(x, target, reduction="none"), x, mg.tensor([INF, NAN]))
    assert dx.tolist() == [0, 0]


def test_zero_to_a_positive_power_is_flat_in_the_exponent():
    e = mg.tensor([1.0, 2.0, 2.0], requires_grad=True)
    (de,) = grad(mg.tensor([0.0, 0.0, 1.0]) ** e, e, mg.tensor([INF, NAN, 3.0]))
    assert de.tolist() == [0, 0, 0]


def test_how_many_are_not_zero_is_flat():
    x = mg.tensor([0.0, 2.0], requires_grad=True)
    (dx,) = grad(mg.norm(x, 0), x, mg.tensor(INF))
    assert dx.tolist() == [0, 0]


def test_smooth_l1_loss_of_an_infinite_target_is_straight():
    # d (|x - t| - 1 / 2) / dx = sign(x - t)
    x = mg.tensor([1.0, 1.0, 1.5], requires_grad=True)
    F.smooth_l1_loss(x, mg.tensor([INF, -INF, 1.0]), reduction="sum").backward()
    assert x.grad.tolist() == [-1, 1, 0.5]


# The upstreams above come about -----------------------------------------------------------------------------


def test_root_of_what_was_clamped():
    x = mg.tensor([-1.0, 4.0], requires_grad=True)
    mg.sqrt(mg.clamp(x, min=0.0)).sum().backward()
    assert x.grad.tolist() == [0, 0.25]


def test_root_of_what_was_overwritten():
    x = mg.tensor([-1.0, 4.0], requires_grad=True)
    y = x * 1
    y[y <= 0] = 0.0
    mg.sqrt(y).sum().backward()
    assert x.grad.tolist() == [0, 0.25]


def test_root_of_zeros_put_in():
    x = mg.tensor([-1.0, 4.0], requires_grad=True)
    mg.sqrt((x * 1).zero_()).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_the_reciprocal_of_a_floor():
    x = mg.tensor([0.5, 2.5], requires_grad=True)
    (1 / mg.floor(x)).sum().backward()
    assert x.grad.tolist() == [0, 0]
