"""Top-k accuracy, counted by hand."""

import numpy as np
import pytest

from minigrad.evaluation import Evaluation, TopK


def test_by_hand(small):
    """Wrong at first: sample 1, whose class is second; and sample 4, whose class is last."""
    top = small.top_k((1, 2, 3))
    assert top.accuracy == pytest.approx({1: 4 / 6, 2: 5 / 6, 3: 1})
    assert str(top).splitlines()[1].split() == ["1", "0.6667"]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_counted_sample_by_sample(many, k):
    outputs, targets = many
    right = [target in np.argsort(-row)[:k] for row, target in zip(outputs, targets, strict=True)]
    assert Evaluation(outputs, targets, list("abcde")).top_k([k]).accuracy[k] == pytest.approx(np.mean(right))


def test_two_classes_will_do():
    top = TopK(np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]), np.array([0, 0, 1]), (1, 2))
    assert top.accuracy == pytest.approx({1: 2 / 3, 2: 1})


@pytest.mark.parametrize("ks", [(), (0,), (1, 4), (1.5,), 0])
def test_other_ks_are_an_error(small, ks):
    with pytest.raises(ValueError, match="k is from 1 to 3"):
        small.top_k(ks)


def test_the_default_asks_no_more_than_there_are(small):
    assert list(small.top_k().accuracy) == [1, 3]


@pytest.mark.parametrize("classes", [2, 3])
def test_of_equal_scores_the_first_class_is_named_as_for_the_accuracy(classes):
    same = Evaluation(np.zeros((4, classes)), [0, 0, 1, 0], list("abc")[:classes])
    assert same.top_k(1).accuracy == {1: same.accuracy} == {1: 3 / 4}
    assert same.top_k([2]).accuracy == {2: 1}
