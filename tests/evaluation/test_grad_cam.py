"""Grad-CAM, where it can be worked by hand: maps, a mean over places, and a linear layer."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, train
from minigrad.evaluation import grad_cam


def network() -> nn.Sequential:
    mg.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)
    )


def test_behind_a_mean_the_weights_are_those_of_the_linear_layer() -> None:
    """d score / d map is the layer's weight over the number of places, at each of them."""
    model, x = network(), mg.randn(4, 3, 6, 7)
    found = grad_cam(model, model[1], x, 1)
    maps = nn.functional.relu(model[0](x)).detach().numpy()
    weights = model[4].weight.detach().numpy()[1] / 42
    heat = np.maximum((weights[:, None, None] * maps).sum(1), 0)
    np.testing.assert_allclose(found, heat / heat.max((1, 2), keepdims=True), rtol=1e-5, atol=1e-6)
    assert found.shape == (4, 6, 7)


def test_it_finds_the_place() -> None:
    """A network that was made to look for red: the heat is where the red square is."""
    model = network()
    with mg.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model[0].weight[0, 0, 1, 1] = 1.0
        model[4].weight[1, 0] = 1.0
    x = mg.zeros(1, 3, 8, 8)
    x[0, 0, 2:4, 5:7] = 1.0
    heat = grad_cam(model, model[1], x, 1)[0]
    assert (heat[2:4, 5:7] == 1).all() and heat.sum() == 4
    assert not grad_cam(model, model[1], x, 0).any()  # nothing speaks for the other one


def test_frozen_or_not_it_leaves_no_trace() -> None:
    model, x = network(), mg.randn(2, 3, 5, 5)
    nn.functional.cross_entropy(model(x), mg.tensor([0, 1])).backward()
    before = {name: parameter.grad.numpy().copy() for name, parameter in model.named_parameters()}
    model.train()
    heat = grad_cam(model, model[1], x, 0)
    assert model.training
    for name, parameter in model.named_parameters():
        np.testing.assert_array_equal(parameter.grad.numpy(), before[name])
    train.freeze(model)
    np.testing.assert_array_equal(grad_cam(model, model[1], x, 0), heat)


def test_a_layer_without_maps_is_told() -> None:
    model = network()
    with pytest.raises(ValueError, match=r"the Flatten was used 1 times and gave shape \(2, 5\)"):
        grad_cam(model, model[3], mg.randn(2, 3, 5, 5), 0)
    with pytest.raises(ValueError, match="the ReLU was used 0 times"):
        grad_cam(model, nn.ReLU(), mg.randn(2, 3, 5, 5), 0)
