"""Piecewise linear activations: flat slopes, whose derivative is 0, and not missing. As in PyTorch."""

import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.autograd import grad

pytestmark = pytest.mark.usefixtures("device")

ACTIVATIONS = {
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.1),
    "hardtanh": F.hardtanh,
    "abs": mg.abs,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_second_derivative_of_a_piecewise_linear_function_is_zero(name):
    x = mg.tensor([-2.0, -0.5, 0.5, 2.0], requires_grad=True)
    (dx,) = grad(ACTIVATIONS[name](x).sum(), x, create_graph=True)
    (ddx,) = grad(dx.sum(), x)
    assert ddx.tolist() == [0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_it_is_zero_beside_an_upstream_that_needs_a_gradient(name):
    # d/dx and d/dv of (v f'(x)) ** 2, f' constant here: 0 and 2 v f'(x) ** 2.
    x = mg.tensor([0.5], requires_grad=True)
    v = mg.tensor([3.0], requires_grad=True)
    (dx,) = grad(ACTIVATIONS[name](x), x, v, create_graph=True)
    ddx, dv = grad(dx * dx, (x, v))
    assert (ddx.tolist(), dv.tolist()) == ([0.0], [6.0])
