"""The confusion matrix: by hand, in counts and rates."""

import numpy as np
import pytest

from minigrad.evaluation import ConfusionMatrix, class_scores, confusion_matrix


def test_by_hand(small):
    matrix = small.confusion_matrix()
    assert matrix.counts.tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 1]]
    np.testing.assert_allclose(matrix.rates, [[1 / 2, 1 / 2, 0], [1 / 3, 2 / 3, 0], [0, 0, 1]])
    assert matrix.confusions() == [("cat", "dog", 1), ("dog", "cat", 1)]
    assert str(matrix).splitlines()[1].split() == ["cat", "1", "1", "0"]
    assert matrix.rows()[1] == {"class": "dog", "cat": 1, "dog": 2, "fox": 0}


def test_a_class_without_samples_has_rates_of_0():
    matrix = ConfusionMatrix([0, 0], [0, 1], ["a", "b", "c"])
    assert matrix.rates.tolist() == [[0.5, 0.5, 0], [0, 0, 0], [0, 0, 0]]


def test_the_picture_shows_counts_or_rates(small):
    def written(values):
        (axes,) = small.confusion_matrix().plot(values).figure().axes
        return [text.get_text() for text in axes.texts]

    assert written("counts") == ["1", "1", "1", "2", "1"]
    assert written("rates") == ["50.0", "50.0", "33.3", "66.7", "100.0"]
    with pytest.raises(ValueError, match='"counts" or "rates", got \'shares\''):
        small.confusion_matrix().plot("shares")


def test_a_hundred_classes_fit():
    """Without numbers in the cells; printed are the most frequent mistakes."""
    rng = np.random.default_rng(0)
    targets = rng.integers(100, size=2000)
    said = np.where(targets == 7, 8, targets)
    matrix = ConfusionMatrix(targets, said, [f"class {i}" for i in range(100)])
    (axes,) = matrix.plot().figure().axes
    assert not axes.texts and len(axes.get_yticklabels()) == 20
    times = int((targets == 7).sum())
    assert str(matrix).splitlines()[0] == f"{2000 - times:,} of 2,000 right. The most frequent mistakes:"
    assert str(matrix).splitlines()[-1].split() == ["class", "7", "class", "8", str(times)]


def test_confusion_matrix_has_true_classes_in_rows(counted):
    matrix = confusion_matrix(*counted)
    assert matrix.tolist() == [[1, 1, 0], [0, 3, 0], [0, 1, 0]]


def test_a_class_without_samples_keeps_its_place():
    matrix = confusion_matrix(np.array([0, 2]), np.array([0, 2]), ["cat", "dog", "fox"])
    assert matrix.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("measure", [class_scores, confusion_matrix])
def test_what_cannot_be_measured(measure):
    none = np.array([], np.int64)
    with pytest.raises(ValueError, match=f"{measure.__name__}: there are no samples to measure"):
        measure(none, none, ["cat", "dog"])
    for targets, predictions in (([0, 2], [0, 1]), ([0, 1], [0, -1])):
        with pytest.raises(ValueError, match=f"{measure.__name__}: 2 classes have the numbers 0 to 1; got"):
            measure(np.array(targets), np.array(predictions), ["cat", "dog"])
