"""The matrix stands as it was given: true classes downwards, counts in the cells."""

import numpy as np
import pytest

from minigrad.viz import confusion_matrix

COUNTS = [[8, 2, 0], [1, 5, 4], [0, 0, 10]]
CLASSES = ["cat", "dog", "fox"]


def test_cells_and_names() -> None:
    (axes,) = confusion_matrix(COUNTS, CLASSES).figure().axes
    cells = {
        (int(text.get_position()[1]), int(text.get_position()[0])): text.get_text() for text in axes.texts
    }
    assert cells == {(0, 0): "8", (0, 1): "2", (1, 0): "1", (1, 1): "5", (1, 2): "4", (2, 2): "10"}
    assert [label.get_text() for label in axes.get_yticklabels()] == CLASSES
    assert [label.get_text() for label in axes.get_xticklabels()] == CLASSES
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


def test_colours_are_shares_of_the_row() -> None:
    (axes,) = confusion_matrix([[1, 3], [50, 50]], ["a", "b"]).figure().axes
    (image,) = axes.images
    assert np.asarray(image.get_array()).tolist() == [[0.25, 0.75], [0.5, 0.5]]


def test_a_class_without_samples_is_drawn() -> None:
    (axes,) = confusion_matrix([[2, 0], [0, 0]], ["a", "b"]).figure().axes
    assert np.asarray(axes.images[0].get_array()).tolist() == [[1, 0], [0, 0]]


def test_words_name_the_most_frequent_mistakes_first() -> None:
    assert confusion_matrix(COUNTS, CLASSES).alt == (
        "Confusion matrix of 30 samples, of which 23 lie on the diagonal. The most frequent mistakes: dog "
        "taken for fox, 4 times; cat taken for dog, 2 times; dog taken for cat, 1 times."
    )
    assert confusion_matrix(np.eye(3, dtype=int), CLASSES).alt == (
        "Confusion matrix of 3 samples, of which 3 lie on the diagonal."
    )


@pytest.mark.parametrize("counts", [[[1, 2, 3], [4, 5, 6]], [[1, 2], [3, 4]], [1, 2, 3]])
def test_other_shapes_are_refused(counts: list[object]) -> None:
    with pytest.raises(ValueError, match=r"expected counts of shape \(3, 3\) for 3 classes"):
        confusion_matrix(counts, CLASSES)


@pytest.mark.parametrize("count, names", [(20, 20), (21, 5), (100, 20), (1000, 20)])
def test_names_are_as_many_as_can_be_read(count: int, names: int) -> None:
    axes = confusion_matrix(np.eye(count, dtype=int), [f"c{i}" for i in range(count)]).figure().axes[0]
    assert len(axes.get_xticks()) == len(axes.get_yticks()) == names
