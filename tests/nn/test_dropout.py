import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")


def test_training_drops_the_right_share_and_scales_the_rest():
    mg.manual_seed(0)
    layer = nn.Dropout(0.3)
    x = mg.ones(200, 500, requires_grad=True)
    y = layer(x)
    values = y.detach().cpu().numpy()
    np.testing.assert_allclose(np.unique(values), [0, 1 / 0.7], rtol=1e-6)
    share = (values == 0).mean()
    assert abs(share - 0.3) < 5 * np.sqrt(0.3 * 0.7 / values.size)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.cpu().numpy(), values)  # the same mask, the same scale


def test_evaluation_passes_the_input_on():
    x = mg.ones(10)
    assert nn.Dropout(0.9).eval()(x).tolist() == [1.0] * 10


def test_a_seed_repeats_the_mask_and_calls_differ():
    layer, x = nn.Dropout(0.5), mg.ones(100)
    mg.manual_seed(3)
    first, second = layer(x).tolist(), layer(x).tolist()
    mg.manual_seed(3)
    assert layer(x).tolist() == first
    assert first != second


def test_ends_of_the_range():
    x = mg.ones(10)
    assert nn.Dropout(0.0)(x).tolist() == [1.0] * 10
    assert nn.Dropout(1.0)(x).tolist() == [0.0] * 10


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_p_is_a_probability(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        nn.Dropout(p)


@pytest.mark.parametrize("p", ["0.5", None, [0.5]])
def test_p_is_a_number(p):
    with pytest.raises(TypeError, match=r"^Dropout: p is a probability, a number, got "):
        nn.Dropout(p)


def test_in_place():
    x = mg.ones(1000)
    layer = nn.Dropout(0.5, inplace=True)
    assert layer(x) is x
    assert sorted(set(x.tolist())) == [0.0, 2.0]
    assert layer.eval()(x) is x
    assert repr(layer) == "Dropout(p=0.5, inplace=True)"


@pytest.mark.parametrize(("layer", "shape"), [(nn.Dropout1d, (50, 40, 6)), (nn.Dropout2d, (50, 40, 3, 2))])
def test_channels_are_dropped_whole(layer, shape):
    mg.manual_seed(0)
    x = mg.ones(*shape, requires_grad=True)
    y = layer(0.3)(x)
    channels = y.detach().cpu().numpy().reshape(50, 40, 6)
    assert (channels == channels[:, :, :1]).all()
    np.testing.assert_allclose(np.unique(channels), [0, 1 / 0.7], rtol=1e-6)
    assert abs((channels[:, :, 0] == 0).mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 2000)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.cpu().numpy(), y.detach().cpu().numpy())
    assert layer(0.9).eval()(x) is x


def test_channels_without_a_batch():
    mg.manual_seed(0)
    y = nn.Dropout1d(0.5)(mg.ones(100, 4)).cpu().numpy()
    assert set(y.sum(1)) == {0.0, 8.0}
    with pytest.warns(UserWarning, match=r"\(N, C, L\).*x.unsqueeze\(0\)"):
        y = nn.Dropout2d(0.5)(mg.ones(3, 100, 4)).cpu().numpy()
    assert set(y.sum(2).ravel()) == {0.0, 8.0}
    x = mg.ones(2, 100, 2, 2)
    assert nn.Dropout2d(0.5, inplace=True)(x) is x
    assert set(np.unique(x.cpu().numpy())) == {0.0, 2.0}
