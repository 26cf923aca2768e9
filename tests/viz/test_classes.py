"""Dots for each class."""

import pytest

from minigrad.viz import class_dots


def test_each_column_is_a_row_of_dots() -> None:
    picture = class_dots(["cat", "dog"], {"precision": [0.5, 0.75], "recall": [1.0, 0.25]})
    (axes,) = picture.figure().axes
    assert [(line.get_label(), list(line.get_xdata())) for line in axes.lines] == [
        ("precision", [0.5, 0.75]),
        ("recall", [1.0, 0.25]),
    ]
    assert picture.alt == "cat precision 0.500, recall 1.000; dog precision 0.750, recall 0.250."


def test_of_many_classes_the_first_are_drawn() -> None:
    picture = class_dots([f"class {i}" for i in range(100)], {"f1": [i / 100 for i in range(100)]})
    (axes,) = picture.figure().axes
    assert len(axes.get_yticklabels()) == 25
    assert picture.alt.endswith("The 25 first of 100 classes.")


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="expected classes and one to three columns"):
        class_dots([], {"f1": []})
    with pytest.raises(ValueError, match="f1 has 1 numbers for 2 classes"):
        class_dots(["a", "b"], {"f1": [1.0]})
