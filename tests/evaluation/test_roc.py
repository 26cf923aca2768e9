"""ROC curves: the area is the probability that a sample of the class has the higher score."""

import numpy as np
import pytest

from minigrad.evaluation import Evaluation, RocCurves
from tests.evaluation.conftest import CLASSES


def by_pairs(score, positive):
    """Over all pairs of a sample of the class and another one; a tie counts half."""
    a, b = score[positive][:, None], score[~positive]
    return ((a > b) + 0.5 * (a == b)).mean()


def test_the_area_is_the_share_of_pairs_in_the_right_order(many):
    outputs, targets = many
    evaluation = Evaluation(outputs, targets, list("abcde"))
    roc = evaluation.roc()
    expected = [by_pairs(evaluation.probabilities[:, c], targets == c) for c in range(5)]
    assert list(roc.auc.values()) == pytest.approx(expected)
    assert roc.macro == pytest.approx(np.mean(expected))


def test_by_hand(small):
    """fox has the highest score for fox, and dog's 0.02 is below both cats' 0.2 and 0.6 and fox's 0.2."""
    auc = small.roc().auc
    assert auc["fox"] == 1
    assert auc["dog"] == pytest.approx((3 + 2 + 0) / 9)
    false, true = small.roc().curves["fox"]
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)


def test_a_class_without_samples_has_no_curve():
    roc = RocCurves(np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1]]), np.array([0, 1]), CLASSES)
    assert list(roc.auc) == ["cat", "dog"] and roc.left_out == ["fox"]
    assert str(roc).splitlines()[3].split() == ["fox", "no", "curve"]
    roc.plot().figure()


def test_a_single_class_is_an_error():
    with pytest.raises(ValueError, match=r"all 2 samples are of one class.*two classes at least"):
        RocCurves(np.array([[0.6, 0.4], [0.7, 0.3]]), np.array([0, 0]), ["a", "b"])
