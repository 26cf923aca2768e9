import inspect

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import ShapeError

pytestmark = pytest.mark.usefixtures("device")


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


def test_fold_puts_back_what_unfold_takes():
    x = mg.arange(16.0).reshape(1, 1, 4, 4)
    cols = nn.Unfold(2, stride=2)(x)
    assert cols.shape == (1, 4, 4)
    assert cols.tolist()[0][0] == [0.0, 2.0, 8.0, 10.0]
    assert nn.Fold((4, 4), 2, stride=2)(cols).tolist() == x.tolist()


@pytest.mark.parametrize("name", ["Unfold", "Fold"])
def test_arguments_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    ours, theirs = (
        [(p.name, p.kind, p.default) for p in inspect.signature(getattr(where, name)).parameters.values()]
        for where in (nn, torch.nn)
    )
    assert ours == theirs
