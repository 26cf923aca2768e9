"""Precision, recall and F1: by hand, and as scikit-learn prints them."""

import pytest

from minigrad.evaluation import ClassificationReport, Evaluation, class_scores


def test_by_hand(small):
    """cat: 2 called so, 1 rightly; dog: 3 called so, 2 rightly; fox: 1 of 1."""
    report = small.classification_report()
    assert report.classes["cat"] == pytest.approx((1 / 2, 1 / 2, 1 / 2, 2))
    assert report.classes["dog"] == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert report.classes["fox"] == pytest.approx((1, 1, 1, 1))
    assert report.macro.f1 == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
    assert report.weighted.recall == pytest.approx(report.accuracy) == pytest.approx(4 / 6)
    assert str(report).splitlines()[0].split() == ["precision", "recall", "F1", "support"]
    assert str(report).splitlines()[2].split() == ["dog", "0.6667", "0.6667", "0.6667", "3"]


def test_it_agrees_with_scikit_learns_report(many):
    from sklearn.metrics import classification_report

    outputs, targets = many
    evaluation = Evaluation(outputs, targets, list("abcde"))
    ours = evaluation.classification_report()
    theirs = classification_report(
        targets, evaluation.predictions, target_names=list("abcde"), output_dict=True
    )
    for name, scores in ours.classes.items():
        assert list(scores) == pytest.approx(list(theirs[name].values()))
    assert list(ours.macro) == pytest.approx(list(theirs["macro avg"].values()))
    assert list(ours.weighted) == pytest.approx(list(theirs["weighted avg"].values()))
    assert ours.accuracy == pytest.approx(theirs["accuracy"])


def test_a_class_that_nobody_named_has_precision_0():
    report = ClassificationReport([0, 1, 1], [0, 0, 0], ["a", "b"])
    assert report.classes["b"] == (0.0, 0.0, 0.0, 2)


def test_the_picture_has_the_worst_class_at_the_top(small):
    (axes,) = small.classification_report().plot().figure().axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "fox"]
    assert axes.yaxis_inverted()
    dots = {line.get_label(): line.get_xdata().tolist() for line in axes.lines}
    assert dots["f1"] == pytest.approx([1 / 2, 2 / 3, 1])


def test_class_scores_by_hand(counted):
    scores = class_scores(*counted)
    assert list(scores) == ["cat", "dog", "fox"]
    assert scores["cat"] == pytest.approx((1, 1 / 2, 2 / 3, 2))  # 2 * 1 * 0.5 / 1.5
    assert scores["dog"] == pytest.approx((3 / 5, 1, 3 / 4, 3))  # 2 * 0.6 / 1.6
    assert scores["fox"] == (0, 0, 0, 1)  # never predicted
