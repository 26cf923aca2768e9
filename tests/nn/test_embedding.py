import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")


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
