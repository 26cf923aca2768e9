import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")


def test_shares_the_memory_of_the_tensor_it_is_made_from():
    data = mg.tensor([1.0, 2.0])
    parameter = nn.Parameter(data)
    parameter._data[0] = 5.0
    assert data.tolist() == [5.0, 2.0]


def test_requires_a_gradient_unless_told_otherwise():
    assert nn.Parameter(mg.zeros(2)).requires_grad
    assert not nn.Parameter(mg.zeros(2), requires_grad=False).requires_grad


def test_is_a_leaf_even_when_made_from_a_computed_tensor():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    parameter = nn.Parameter(x * 2)
    assert parameter.is_leaf
    (parameter * 3).sum().backward()
    assert parameter.grad.tolist() == [3.0, 3.0]
    assert x.grad is None


def test_operations_on_it_give_plain_tensors():
    parameter = nn.Parameter(mg.ones(2))
    for result in (parameter * 2, parameter + parameter, parameter.sum(), parameter[0], parameter.detach()):
        assert type(result) is mg.Tensor


def test_repr():
    assert repr(nn.Parameter(mg.tensor([1.0, 2.0], device="cpu"))) == (
        "Parameter containing:\ntensor([1., 2.], requires_grad=True)"
    )


def test_integers_cannot_require_a_gradient():
    with pytest.raises(RuntimeError, match=r"int64"):
        nn.Parameter(mg.tensor([1, 2]))
    assert not nn.Parameter(mg.tensor([1, 2]), requires_grad=False).requires_grad


def test_wants_a_tensor():
    with pytest.raises(TypeError, match=r"list.*mg\.tensor"):
        nn.Parameter([1.0, 2.0])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_are_parameters_with_memory_of_their_own(copied):
    parameter = nn.Parameter(mg.tensor([1.0, 2.0], dtype=mg.float64), requires_grad=False)
    other = copied(parameter)
    assert type(other) is nn.Parameter
    assert other.dtype == np.float64
    assert not other.requires_grad
    other._data[0] = 9.0
    assert parameter.tolist() == [1.0, 2.0]


def test_isinstance_of_tensor():
    assert isinstance(nn.Parameter(mg.zeros(1)), mg.Tensor)
    assert not isinstance(mg.zeros(1), nn.Parameter)
