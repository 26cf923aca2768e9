import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")

X = [-30.0, -2.0, -0.5, 0.25, 1.5, 30.0]


def phi(x):
    """The normal distribution function."""
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (nn.ReLU(), lambda x: max(x, 0.0)),
        (nn.LeakyReLU(), lambda x: x if x > 0 else 0.01 * x),
        (nn.LeakyReLU(0.3), lambda x: x if x > 0 else 0.3 * x),
        (nn.ELU(), lambda x: x if x > 0 else math.expm1(x)),
        (nn.ELU(2.0), lambda x: x if x > 0 else 2 * math.expm1(x)),
        (nn.GELU(), lambda x: x * phi(x)),
        (
            nn.GELU(approximate="tanh"),
            lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        ),
        (nn.SiLU(), lambda x: x * sigmoid(x)),
        (nn.Softplus(), lambda x: math.log1p(math.exp(-abs(x))) + max(x, 0)),
        (nn.Softplus(2.0, 1.0), lambda x: x if 2 * x > 1 else math.log1p(math.exp(2 * x)) / 2),
        (nn.Hardtanh(), lambda x: min(max(x, -1.0), 1.0)),
        (nn.Hardtanh(-0.4, 2.0), lambda x: min(max(x, -0.4), 2.0)),
        (nn.Sigmoid(), sigmoid),
        (nn.Tanh(), math.tanh),
    ],
    ids=lambda case: repr(case) if isinstance(case, nn.Module) else "formula",  # the same in every process
)
def test_values_and_slopes(layer, formula):
    x = mg.tensor(X, dtype=mg.float64, requires_grad=True)
    y = layer(x)
    np.testing.assert_allclose(y.detach().cpu().numpy(), [formula(v) for v in X], rtol=1e-12, atol=1e-15)
    upstream = np.array([0.3, -1.2, 0.7, 2.0, -0.4, 1.1])
    y.backward(mg.tensor(upstream))
    h = 1e-6
    slopes = [(formula(v + h) - formula(v - h)) / (2 * h) for v in X]
    np.testing.assert_allclose(x.grad.cpu().numpy(), upstream * slopes, rtol=1e-6, atol=1e-8)


def test_prelu_by_hand():
    # Two images of three channels of one number; a slope of its own for each channel.
    layer = nn.PReLU(3)
    layer.weight.data = mg.tensor([0.5, 0.1, -1.0])
    x = mg.tensor([[-2.0, 4.0, -3.0], [6.0, -5.0, -1.0]], requires_grad=True)
    y = layer(x)
    np.testing.assert_allclose(y.tolist(), [[-1, 4, 3], [6, -0.5, 1]], rtol=1e-6)
    y.backward(mg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    np.testing.assert_allclose(x.grad.tolist(), [[0.5, 2, -3], [4, 0.5, -6]], rtol=1e-6)
    # -2 * 1; -5 * 5; -3 * 3 - 1 * 6
    np.testing.assert_allclose(layer.weight.grad.tolist(), [-2, -25, -15], rtol=1e-6)
    layer.reset_parameters()
    assert layer.weight.tolist() == [0.25] * 3 and repr(layer) == "PReLU(num_parameters=3)"


def test_softmax_and_log_softmax_by_hand():
    x = mg.tensor([[0.963, -0.506], [1000.0, 1000.0]], dtype=mg.float64)
    expected = [[0.8129, 0.1871], [0.5, 0.5]]
    np.testing.assert_allclose(nn.Softmax(dim=1)(x).cpu().numpy(), expected, atol=5e-5)
    np.testing.assert_allclose(nn.LogSoftmax(dim=1)(x).cpu().numpy(), np.log(expected), atol=5e-4)
    np.testing.assert_allclose(nn.Softmax(dim=0)(x).cpu().numpy().sum(axis=0), [1.0, 1.0])


@pytest.mark.parametrize("layer", [nn.Softmax, nn.LogSoftmax])
def test_softmax_wants_its_axis(layer):
    with pytest.raises(TypeError, match="dim is needed"):
        layer()


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.ReLU(), "ReLU()"),
        (nn.LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
        (nn.ELU(), "ELU(alpha=1.0)"),
        (nn.GELU("tanh"), "GELU(approximate='tanh')"),
        (nn.SiLU(), "SiLU()"),
        (nn.Softplus(), "Softplus(beta=1.0, threshold=20.0)"),
        (nn.Hardtanh(-2, 2), "Hardtanh(min_val=-2, max_val=2)"),
        (nn.Sigmoid(), "Sigmoid()"),
        (nn.Tanh(), "Tanh()"),
        (nn.Softmax(1), "Softmax(dim=1)"),
        (nn.LogSoftmax(dim=-1), "LogSoftmax(dim=-1)"),
    ],
)
def test_repr(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize("layer", [nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.Hardtanh])
def test_in_place_the_input_becomes_the_result(layer):
    plain = mg.tensor([-2.0, -0.5, 3.0], dtype=mg.float64, requires_grad=True)
    expected = layer()(plain * 0.9)
    upstream = mg.tensor([1.0, 2.0, 3.0], dtype=mg.float64)
    expected.backward(upstream)

    leaf = mg.tensor([-2.0, -0.5, 3.0], dtype=mg.float64, requires_grad=True)
    x = leaf * 0.9
    y = layer(inplace=True)(x)
    assert y is x
    assert x.tolist() == expected.tolist()
    x.backward(upstream)
    assert leaf.grad.tolist() == plain.grad.tolist()
    assert repr(layer(inplace=True)).endswith("inplace=True)")


def test_in_place_on_a_leaf_that_requires_a_gradient_is_an_error():
    with pytest.raises(RuntimeError, match=r"relu_.*leaf"):
        nn.ReLU(inplace=True)(mg.ones(2, requires_grad=True))


def test_wrong_options():
    with pytest.raises(ValueError, match=r'"none" or "tanh", got \'erf\''):
        nn.GELU("erf")
    with pytest.raises(ValueError, match="greater than min_val"):
        nn.Hardtanh(1.0, 1.0)
