"""ROC curves and the reliability diagram."""

import numpy as np
import pytest

from minigrad.viz import reliability, roc_curves

CURVES = {
    "cat": ([0, 0, 1], [0, 1, 1]),
    "dog": ([0, 0.5, 1], [0, 0.5, 1]),
    "fox": ([0, 0.25, 1], [0, 0.75, 1]),
}
AREAS = {"cat": 1.0, "dog": 0.5, "fox": 0.75}


def test_the_two_worst_classes_are_named() -> None:
    picture = roc_curves(CURVES, AREAS)
    (axes,) = picture.figure().axes
    drawn = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert drawn["dog, area 0.500"] == [0, 0.5, 1] and drawn["fox, area 0.750"] == [0, 0.75, 1]
    assert len(axes.lines) == 4  # the diagonal, and the others in grey
    assert picture.alt == (
        "ROC curves of 3 classes: mean area 0.7500; the smallest areas: dog 0.5000, fox 0.7500."
    )


def test_reliability_draws_bins_with_samples() -> None:
    picture = reliability([0, 0.5, 1], [np.nan, 0.75], [0, 4])
    upper, lower = picture.figure().axes
    (bar,) = upper.patches
    assert (bar.get_x(), bar.get_width(), bar.get_height()) == (0.5, 0.5, 0.75)
    assert [b.get_height() for b in lower.patches] == [0, 4]
    assert picture.alt == "How often it is right, by how sure it is. 0.50 to 1.00: 0.750 of 4."


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        roc_curves({}, {})
    with pytest.raises(ValueError, match="an edge more than bins, got 2 edges, 2 accuracies and 2 counts"):
        reliability([0, 1], [1, 1], [1, 1])
