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


# --- Embedding


def test_embedding_looks_up_rows_and_adds_their_gradients():
    layer = nn.Embedding(4, 2)
    layer.weight.data.copy_(np.arange(8).reshape(4, 2))
    y = layer(mg.tensor([[3, 0], [3, 1]]))
    assert y.tolist() == [[[6.0, 7.0], [0.0, 1.0]], [[6.0, 7.0], [2.0, 3.0]]]
    (y * mg.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])).sum().backward()
    assert layer.weight.grad.tolist() == [[2.0, 2.0], [4.0, 4.0], [0.0, 0.0], [4.0, 4.0]]


@pytest.mark.parametrize("padding_idx", [1, -3])
def test_the_padding_row_begins_as_zeros_and_gets_no_gradient(padding_idx):
    layer = nn.Embedding(4, 2, padding_idx=padding_idx)
    assert layer.padding_idx == 1
    assert layer.weight.tolist()[1] == [0.0, 0.0]
    layer(mg.tensor([1, 2, 1])).sum().backward()
    assert layer.weight.grad.tolist() == [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    assert repr(layer) == "Embedding(4, 2, padding_idx=1)"


def test_embedding_begins_standard_normal():
    mg.manual_seed(1)
    values = nn.Embedding(200, 100).weight.detach().cpu().numpy()
    assert abs(values.mean()) < 5 / math.sqrt(values.size)
    assert values.std() == pytest.approx(1, rel=0.03)
    assert np.abs(values).max() > 3


def test_embedding_from_pretrained():
    table = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
    layer = nn.Embedding.from_pretrained(table)
    assert not layer.weight.requires_grad
    assert layer(mg.tensor([1])).tolist() == [[3.0, 4.0]]
    assert nn.Embedding.from_pretrained(table, freeze=False, padding_idx=0).weight.requires_grad
    with pytest.raises(ValueError, match=r"shape \(rows, dim\), got shape \(2,\)"):
        nn.Embedding.from_pretrained(mg.zeros(2))


@pytest.mark.parametrize(
    "option", [{"max_norm": 1.0}, {"norm_type": 1.0}, {"scale_grad_by_freq": True}, {"sparse": True}]
)
def test_embedding_names_the_options_it_does_not_have(option):
    with pytest.raises(NotImplementedError, match=next(iter(option))):
        nn.Embedding(3, 2, **option)


def test_embedding_errors():
    with pytest.raises(ValueError, match="padding_idx=3 is no row of a table of 3"):
        nn.Embedding(3, 2, padding_idx=3)
    with pytest.raises(IndexError):
        nn.Embedding(3, 2)(mg.tensor([3]))


# --- shapes


def test_identity_passes_its_input_on():
    x = mg.zeros(2)
    assert nn.Identity(54, unused=3)(x) is x


@pytest.mark.parametrize(
    ("axes", "shape"),
    [((), (2, 60)), ((0,), (120,)), ((1, 2), (2, 12, 5)), ((-2, -1), (2, 3, 20)), ((2, 2), (2, 3, 4, 5))],
)
def test_flatten(axes, shape):
    x = mg.tensor(np.arange(120.0).reshape(2, 3, 4, 5))
    y = nn.Flatten(*axes)(x)
    assert y.shape == shape
    np.testing.assert_array_equal(y.cpu().numpy().ravel(), np.arange(120.0))


@pytest.mark.parametrize("size", [(3, 4), (-1, 4), [3, -1], (2, 3, 2)])
@pytest.mark.parametrize("dim", [1, -2])
def test_unflatten(dim, size):
    x = mg.tensor(np.arange(120.0).reshape(2, 12, 5))
    y = nn.Unflatten(dim, size)(x)
    np.testing.assert_array_equal(y.cpu().numpy(), x.cpu().numpy().reshape(2, *size, 5))


def test_unflatten_errors():
    x = mg.zeros(2, 12)
    for size in ((5, 2), (5, -1), (-1, -1), (-1, 0)):
        with pytest.raises(ShapeError, match="12"):
            nn.Unflatten(1, size)(x)
    with pytest.raises(IndexError, match="2"):
        nn.Unflatten(2, (3, 4))(x)
    with pytest.raises(NotImplementedError, match="names"):
        nn.Unflatten("channels", (3, 4))
    assert repr(nn.Unflatten(1, (3, 4))) == "Unflatten(dim=1, unflattened_size=(3, 4))"
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"
