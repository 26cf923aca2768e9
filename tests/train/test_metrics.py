"""Accuracy and the number of parameters, against counts made by hand."""

import pytest

import minigrad as mg
from minigrad import nn, train


def test_accuracy() -> None:
    output = mg.tensor([[0.1, 0.9, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0], [3.0, 0.0, 1.0]])
    assert train.accuracy(output, mg.tensor([1, 0, 0, 0])) == 0.75


def test_accuracy_refuses_one_hot_targets() -> None:
    with pytest.raises(mg.ShapeError, match=r"target \(N,\).*\(4, 3\) and \(4, 3\).*argmax"):
        train.accuracy(mg.zeros(4, 3), mg.zeros(4, 3))


def test_accuracy_refuses_a_class_that_no_score_is_for() -> None:
    with pytest.raises(ValueError, match=r"3 scores knows the classes 0 to 2; the target has 3. Count"):
        train.accuracy(mg.zeros(2, 3), mg.tensor([0, 3]))
    assert train.accuracy(mg.eye(3), mg.tensor([0, 1, -100])) == 2 / 3  # one that a loss is to ignore


def test_count_parameters_leaves_out_what_is_frozen() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    assert train.count_parameters(model) == 15 + 8
    model[0].requires_grad_(False)
    assert train.count_parameters(model) == 8
