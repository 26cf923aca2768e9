"""The rule of colours, beside hues that can be checked with a ruler."""

import numpy as np
import pytest

from models.outfits.rule import COLOURS, LAB, Rule, chroma, hue, hue_distance, nearest


def polar(lightness: float, c: float, degrees: float) -> np.ndarray:
    return np.array([lightness, c * np.cos(np.radians(degrees)), c * np.sin(np.radians(degrees))])


def test_hue_and_chroma_are_angle_and_length() -> None:
    assert hue(polar(50, 30, 200)) == pytest.approx(200)
    assert chroma(polar(50, 30, 200)) == pytest.approx(30)
    assert hue_distance(polar(50, 30, 350), polar(20, 60, 20)) == pytest.approx(30)
    assert hue_distance(polar(50, 30, 0), polar(50, 30, 180)) == pytest.approx(180)


@pytest.mark.parametrize(
    ("apart", "expected"), [(0, True), (39, True), (41, False), (90, False), (149, False), (151, True)]
)
def test_related_and_opposite_hues_go_together(apart: float, expected: bool) -> None:
    rule = Rule(neutral=20, related=40, opposite=150)
    for start in (0, 77, 300):
        pair = polar(40, 50, start), polar(70, 35, start + apart)
        assert rule(*pair) is rule(*pair[::-1]) is expected


def test_neutral_colours_go_with_everything() -> None:
    for name in ("Black", "White", "Grey", "Beige"):
        assert all(Rule()(LAB[name], other) for other in LAB.values()), name


def test_what_it_says_of_colours_that_have_names() -> None:
    """Blue and brown are opposite in CIELAB to within 50 degrees only; red and maroon are neighbours."""
    rule = Rule()
    assert rule(LAB["Red"], LAB["Maroon"]) and rule(LAB["Blue"], LAB["Mustard"])
    assert not rule(LAB["Blue"], LAB["Red"]) and not rule(LAB["Pink"], LAB["Mustard"])
    assert str(rule).startswith("hues at most 40 or at least 150 degrees apart in CIELAB")


def test_each_name_is_nearest_to_itself() -> None:
    assert [nearest(LAB[name]) for name in COLOURS] == list(COLOURS)
