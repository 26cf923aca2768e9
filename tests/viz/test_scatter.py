"""Points of two classes, and the line between them."""

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.viz import DARK, LIGHT, scatter

POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 2.0]])
CLASSES = [0, 0, 1, 1]


def test_points_are_where_they_belong_and_each_class_has_a_shape() -> None:
    for theme in (LIGHT, DARK):
        (axes,) = scatter(POINTS, CLASSES, names=("low", "high"), title="Four").figure(theme).axes
        low, high = axes.collections
        np.testing.assert_array_equal(low.get_offsets(), POINTS[:2])
        np.testing.assert_array_equal(high.get_offsets(), POINTS[2:])
        assert len(low.get_paths()[0].vertices) != len(high.get_paths()[0].vertices)  # type: ignore[arg-type]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["low", "high"]


def test_the_line_is_where_the_score_is_zero() -> None:
    (axes,) = scatter(POINTS, CLASSES, score=lambda p: p[:, 1] - 1).figure().axes
    line = axes.collections[1].get_paths()[0].vertices
    assert np.ptp(line[:, 0]) > 1  # type: ignore[index]  # from side to side
    np.testing.assert_allclose(line[:, 1], 1, atol=1e-9)  # type: ignore[index]


def test_a_tensor_may_be_the_score() -> None:
    picture = scatter(
        mg.tensor(POINTS),
        mg.tensor(CLASSES),
        score=lambda p: mg.tensor(p) @ mg.tensor([0.0, 1.0], dtype=mg.float64) - 1,
    )
    assert len(picture.figure().axes[0].collections) == 4
    assert "none of the 4 on the wrong side" in picture.alt


def test_no_line_where_all_is_one_side() -> None:
    (axes,) = scatter(POINTS, CLASSES, score=lambda p: np.ones(len(p))).figure().axes
    assert len(axes.collections) == 2


def test_words() -> None:
    assert scatter(POINTS, CLASSES).alt == "Points, 2 of class 0 and 2 of class 1."
    assert scatter(
        POINTS, CLASSES, score=lambda p: p[:, 0] - 0.5, names=("low", "high"), title="Four"
    ).alt == ("Four: 2 of low and 2 of high. The classifier's line leaves 2 of the 4 on the wrong side.")


@pytest.mark.parametrize(
    ("points", "classes", "score", "message"),
    [
        (np.zeros((4, 3)), CLASSES, None, r"\(N, 2\), N at least 1, got \(4, 3\)"),
        (np.zeros((0, 2)), [], None, "at least 1"),
        (POINTS, [0, 1], None, "expected 4 classes"),
        (POINTS, [0, 1, 2, 1], None, "each 0 or 1"),
        (POINTS, CLASSES, lambda p: np.zeros(3), "one number per point"),
    ],
)
def test_what_cannot_be_drawn_is_told(points: Any, classes: Any, score: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scatter(points, classes, score=score)
