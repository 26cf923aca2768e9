"""Accuracy and the scores of each class, against counts made by hand."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, train

# Six samples: two cats, one of them taken for a dog; three dogs, all found; one fox, taken for a dog.
TARGETS = np.array([0, 0, 1, 1, 1, 2])
PREDICTIONS = np.array([0, 1, 1, 1, 1, 1])
CLASSES = ["cat", "dog", "fox"]


def test_class_scores_by_hand() -> None:
    scores = train.class_scores(TARGETS, PREDICTIONS, CLASSES)
    assert list(scores) == CLASSES
    assert scores["cat"] == pytest.approx((1, 1 / 2, 2 / 3, 2))  # 2 * 1 * 0.5 / 1.5
    assert scores["dog"] == pytest.approx((3 / 5, 1, 3 / 4, 3))  # 2 * 0.6 / 1.6
    assert scores["fox"] == (0, 0, 0, 1)  # never predicted


def test_confusion_matrix_has_true_classes_in_rows() -> None:
    matrix = train.confusion_matrix(TARGETS, PREDICTIONS, CLASSES)
    assert matrix.tolist() == [[1, 1, 0], [0, 3, 0], [0, 1, 0]]


def test_a_class_without_samples_keeps_its_place() -> None:
    matrix = train.confusion_matrix(np.array([0, 2]), np.array([0, 2]), CLASSES)
    assert matrix.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_accuracy() -> None:
    output = mg.tensor([[0.1, 0.9, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0], [3.0, 0.0, 1.0]])
    assert train.accuracy(output, mg.tensor([1, 0, 0, 0])) == 0.75


def test_accuracy_refuses_one_hot_targets() -> None:
    with pytest.raises(mg.ShapeError, match=r"target \(N,\).*\(4, 3\) and \(4, 3\).*argmax"):
        train.accuracy(mg.zeros(4, 3), mg.zeros(4, 3))


def test_count_parameters_leaves_out_what_is_frozen() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    assert train.count_parameters(model) == 15 + 8
    model[0].requires_grad_(False)
    assert train.count_parameters(model) == 8
