"""Features are what enters the last layer: computed by hand from the layers before it."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.evaluation.generated import features


def classifier():
    mg.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))


def test_they_are_the_input_of_the_last_linear_layer():
    model, images = classifier(), mg.randn(7, 1, 2, 2)
    found = features(model, images, batch_size=3)
    assert model.training and not model._modules["4"]._forward_pre_hooks
    model.eval()
    np.testing.assert_allclose(found.values, model[:-1](images).detach().numpy(), rtol=1e-6)
    np.testing.assert_allclose(found.scores, model(images).detach().numpy(), rtol=1e-6)


def test_those_of_another_layer_and_of_arrays():
    model, images = classifier().eval(), mg.randn(4, 1, 2, 2)
    found = features(model, images.numpy(), layer=model[3])
    np.testing.assert_allclose(found.values, model[:3](images).detach().numpy(), rtol=1e-6)


def test_what_cannot_be_taken_is_told():
    model = classifier()
    with pytest.raises(ValueError, match="no images"):
        features(model, mg.zeros(0, 1, 2, 2))
    with pytest.raises(ValueError, match="no linear layer"):
        features(nn.Sequential(nn.ReLU()), mg.zeros(1, 2))
    with pytest.raises(ValueError, match="used 0 times"):
        features(model, mg.zeros(1, 1, 2, 2), layer=nn.Linear(3, 3))
