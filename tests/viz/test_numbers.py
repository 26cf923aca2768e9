"""Pictures are drawn of tensors on any device."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz

pytestmark = pytest.mark.usefixtures("device")


def test_images_and_matrices():
    x = mg.linspace(0, 1, 32).reshape(2, 4, 4)
    expected = np.linspace(0, 1, 32).reshape(2, 4, 4)
    (axes,) = viz.image_grid(x, ["a", "b"], columns=2).figure().axes
    for drawn, image in zip(axes.images, expected, strict=True):
        np.testing.assert_allclose(drawn.get_array(), image, atol=1e-6)
    assert viz.confusion_matrix(mg.tensor([[3, 1], [0, 2]]), ["a", "b"]).figure() is not None


def test_a_computation_graph_shows_the_numbers():
    pytest.importorskip("graphviz")
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = ((x * 3 + 1) ** 2).sum()
    on_device = viz.graph(y).svg
    with mg.device("cpu"):
        x = mg.tensor([1.0, 2.0], requires_grad=True)
        y = ((x * 3 + 1) ** 2).sum()
        assert viz.graph(y).svg == on_device
