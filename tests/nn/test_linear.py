import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import ShapeError

pytestmark = pytest.mark.usefixtures("device")


def test_linear_by_hand():
    layer = nn.Linear(2, 3)
    layer.load_state_dict(
        {"weight": mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), "bias": mg.tensor([0.1, 0.2, 0.3])}
    )
    y = layer(mg.tensor([[1.0, -1.0], [2.0, 0.5]]))
    np.testing.assert_allclose(y.detach().cpu().numpy(), [[-0.9, -0.8, -0.7], [3.1, 8.2, 13.3]], rtol=1e-6)
    (y * mg.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])).sum().backward()
    # dW = dy^T x, db = sum of dy over the batch
    np.testing.assert_allclose(layer.weight.grad.cpu().numpy(), [[1, -1], [4, -1.5], [1, -3.5]], rtol=1e-6)
    np.testing.assert_allclose(layer.bias.grad.cpu().numpy(), [1, 3, 2], rtol=1e-6)


def test_linear_takes_any_leading_axes():
    layer = nn.Linear(3, 2)
    assert layer(mg.zeros(3)).shape == (2,)
    assert layer(mg.zeros(5, 4, 3)).shape == (5, 4, 2)


def test_linear_shapes_and_options():
    layer = nn.Linear(4, 2, bias=False, dtype=mg.float64, device=mg.get_default_device())
    assert layer.weight.shape == (2, 4) and layer.weight.dtype == np.float64 and layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert repr(layer) == "Linear(in_features=4, out_features=2, bias=False)"
    with pytest.raises(NotImplementedError, match="Linear: device='mps'"):
        nn.Linear(2, 2, device="mps")
    with pytest.raises(ShapeError):
        layer(mg.zeros(1, 3, dtype=mg.float64))
    with pytest.raises(TypeError, match=r"linear: .* float64, .* float64.* bias float32"):
        nn.functional.linear(mg.zeros(1, 4, dtype=mg.float64), layer.weight, mg.zeros(2))


def test_linear_begins_uniform_within_one_over_the_root_of_its_inputs():
    mg.manual_seed(0)
    layer = nn.Linear(100, 400)
    for values in (layer.weight, layer.bias):
        values = values.detach().cpu().numpy()
        assert np.abs(values).max() <= 0.1
        assert np.abs(values).max() > 0.098
        assert abs(values.mean()) < 5 * (0.1 / math.sqrt(3)) / math.sqrt(values.size)
        assert values.std() == pytest.approx(0.1 / math.sqrt(3), rel=0.06)
    again = nn.Linear(100, 400)
    assert not np.array_equal(again.weight.detach().cpu().numpy(), layer.weight.detach().cpu().numpy())
    mg.manual_seed(0)
    np.testing.assert_array_equal(
        nn.Linear(100, 400).weight.detach().cpu().numpy(), layer.weight.detach().cpu().numpy()
    )


def test_linear_without_inputs_is_its_bias():
    layer = nn.Linear(0, 3)
    np.testing.assert_array_equal(layer(mg.zeros(2, 0)).detach().cpu().numpy(), np.zeros((2, 3)))


@pytest.mark.parametrize("sizes", [(784 / 2, 10), (3, -1), (None, 2)])
def test_sizes_are_whole_numbers(sizes):
    with pytest.raises(ValueError, match=r"Linear: sizes are whole numbers.*got"):
        nn.Linear(*sizes)


def test_the_size_that_is_wrong_is_shown_as_it_was_written():
    with pytest.raises(ValueError, match=r"Linear: sizes are whole numbers.* got 392\.0$"):
        nn.Linear(784, 784 / 2)


def test_one_image_is_told_to_become_a_row():
    with pytest.raises(ShapeError, match=r"One image\? x\.flatten\(\) makes a row of it"):
        nn.Linear(12, 2)(mg.zeros(3, 4))
