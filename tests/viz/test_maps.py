"""Maps side by side: 0 is the paper, and scales are each map's own or all the same."""

import numpy as np
import pytest

from minigrad.viz import DARK, LIGHT, maps

X = np.array([[[1.0, -2.0]], [[0.0, 0.0]], [[4.0, 1.0]]])


def limits(**options: bool) -> list[tuple[float, float]]:
    (axes,) = maps(X, columns=3, **options).figure().axes
    return [image.get_clim() for image in axes.images]


def test_scales() -> None:
    assert limits() == [(-2, 2), (-1, 1), (-4, 4)]  # a map of zeros has a scale, too
    assert limits(each=False) == [(-4, 4)] * 3


def test_in_reading_order_with_an_empty_place_at_the_end() -> None:
    (axes,) = maps(X, ["a", "b", "c"], columns=2, title="t").figure().axes
    assert [text.get_text() for text in axes.texts] == ["a", "b", "c", "t"]
    assert all(np.array_equal(image.get_array(), x) for image, x in zip(axes.images, X, strict=True))
    extents = np.array([image.get_extent() for image in axes.images])
    title = axes.texts[3].get_position()[1]
    assert extents[0, 1] < extents[1, 0] and extents[0, 0] == extents[2, 0]  # left, right, bottom, top
    assert title < extents[0, 3] == extents[1, 3] < extents[0, 2] < extents[2, 3]
    assert [patch.get_bbox().x0 for patch in axes.patches] == extents[:, 0].tolist()  # each has its frame


def test_0_is_the_paper() -> None:
    from matplotlib.colors import to_rgba

    for theme in (LIGHT, DARK):
        image = maps(X[:1]).figure(theme).axes[0].images[0]
        assert image.cmap(image.norm(0.0)) == pytest.approx(to_rgba(theme.paper), abs=0.01)
        assert image.cmap(image.norm(2.0)) == pytest.approx(to_rgba(theme.first), abs=0.01)
        assert image.cmap(image.norm(-2.0)) == pytest.approx(to_rgba(theme.second), abs=0.01)


def test_in_words() -> None:
    assert maps(X, title="Filters").alt == "Filters: 3 maps of 1 x 2, positive (blue) or negative (orange)."
    assert maps(X[1:]).alt == "Maps: 2 maps of 1 x 2, positive (blue)."
    assert maps(X[1:], ["a", "b"]).alt.endswith("They are labelled a, b.")
    assert maps(X, alt="three").alt == "three"


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (X[0], {}, "expected maps"),
        (X[:0], {}, "expected maps"),
        (X, {"labels": ["a"]}, "a label per map, got 1 for 3"),
        (X, {"columns": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(values: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        maps(values, **options)  # type: ignore[arg-type]
