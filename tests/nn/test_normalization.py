import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import ShapeError


def test_layer_norm_by_hand():
    layer = nn.LayerNorm(4, eps=0.0)
    y = layer(mg.tensor([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 8.0]]))
    # mean 2.5, variance 1.25; mean 2, variance 12
    expected = [np.array([-1.5, -0.5, 0.5, 1.5]) / np.sqrt(1.25), np.array([-2, -2, -2, 6]) / np.sqrt(12)]
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-6)


def test_weight_and_bias_act_on_each_element():
    layer = nn.LayerNorm((2, 3), dtype=mg.float64)
    rng = np.random.default_rng(0)
    weight, bias, x = rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=(5, 2, 3))
    layer.load_state_dict({"weight": weight, "bias": bias})
    mean, variance = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-5) * weight + bias
    np.testing.assert_allclose(layer(mg.tensor(x)).detach().numpy(), expected, rtol=1e-12, atol=1e-14)


def test_options():
    assert list(nn.LayerNorm(3).state_dict()) == ["weight", "bias"]
    assert nn.LayerNorm(3).weight.tolist() == [1.0] * 3 and nn.LayerNorm(3).bias.tolist() == [0.0] * 3
    assert list(nn.LayerNorm(3, bias=False).state_dict()) == ["weight"]
    plain = nn.LayerNorm([2, 3], elementwise_affine=False)
    assert plain.weight is None and plain.bias is None and list(plain.parameters()) == []
    np.testing.assert_allclose(plain(mg.ones(1, 2, 3)).numpy(), np.zeros((1, 2, 3)))
    assert repr(plain) == "LayerNorm((2, 3), eps=1e-05, elementwise_affine=False, bias=False)"
    with pytest.raises(NotImplementedError, match="LayerNorm: device="):
        nn.LayerNorm(3, device="cuda:0")


def test_a_shape_that_does_not_fit():
    with pytest.raises(ShapeError):
        nn.LayerNorm(3)(mg.zeros(2, 4))
