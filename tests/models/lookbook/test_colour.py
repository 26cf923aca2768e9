"""Colours of garments, and how they agree: beside numbers worked by hand."""

import math

import numpy as np
import pytest

from models.lookbook.colour import agreement, garment_colour, harmony, lab, rgb


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [  # published values for sRGB under D65
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
    ],
)
def test_lab_of_known_colours(rgb: tuple[int, ...], expected: tuple[float, ...]) -> None:
    np.testing.assert_allclose(lab(np.array(rgb, np.uint8)), expected, atol=0.03)


def test_rgb_undoes_lab_and_cuts_off_what_no_screen_shows() -> None:
    there = np.random.default_rng(0).integers(0, 256, (500, 3))
    np.testing.assert_array_equal(rgb(lab(there)), there)
    assert rgb([50.0, 0.0, 0.0]).tolist() == [119, 119, 119]
    assert rgb([90.0, -120.0, 100.0]).min() == 0


def test_harmony_of_two_greys_by_hand() -> None:
    """No chroma: 0.04 + 0.53 tanh 0.8 = 0.3919; lightness 50 and 50: 0.28 + 0.54 tanh -0.98 = -0.1267 and
    0.14 + 0.15 tanh -2 = -0.0046; hue 0, hardly coloured: twice 0.01799 times -0.2572.
    """
    grey = np.array([50.0, 0.0, 0.0])
    assert harmony(grey, grey) == pytest.approx(0.3919 - 0.1267 - 0.0046 - 2 * 0.01799 * 0.2572, abs=2e-4)


def test_harmony_of_yellow_and_blue_by_hand() -> None:
    """Hues 90 and 270, chroma 40 each: dH = 2 * 40 * sin 90 = 80, so H_C = 0.04 + 0.53 tanh(-2.8); both are
    coloured, E_C = 1; E_Y = (0.22 * 80 - 12.8) / 10 / e for the yellow, and 0 for the blue.
    """
    yellow, blue = np.array([80.0, 0.0, 40.0]), np.array([40.0, 0.0, -40.0])
    chroma = 0.04 + 0.53 * math.tanh(-2.8)
    lightness = 0.28 + 0.54 * math.tanh(-0.4) + 0.14 + 0.15 * math.tanh(6)
    of_yellow = -0.08 - 0.14 * math.sin(math.radians(140)) + 0.07 + 0.48 / math.e
    of_blue = -0.08 - 0.14 * math.sin(math.radians(320)) + 0.07
    expected = chroma + lightness + of_yellow + of_blue
    assert harmony(yellow, blue) == pytest.approx(expected, abs=1e-6)
    assert harmony(blue, yellow) == pytest.approx(expected, abs=1e-6)


def test_near_hues_agree_across_zero_degrees() -> None:
    """350 and 10 degrees are 20 apart, as 30 and 50 are."""
    at = {
        h: np.array([60, 30 * math.cos(math.radians(h)), 30 * math.sin(math.radians(h))]) for h in (350, 10)
    }
    apart = 2 * 30 * math.sin(math.radians(10))
    own = [
        -0.08 - 0.14 * math.sin(math.radians(h + 50)) - 0.07 * math.sin(math.radians(2 * h + 90)) for h in at
    ]
    lightness = 0.28 + 0.54 * math.tanh(-0.4) + 0.14 + 0.15 * math.tanh(-2)
    expected = 0.04 + 0.53 * math.tanh(0.8 - 0.045 * apart) + lightness + sum(own)
    assert harmony(at[350], at[10]) == pytest.approx(expected, abs=1e-4)


def test_agreement_is_the_mean_of_the_pairs() -> None:
    a, b, c = lab(np.array([[200, 30, 40], [240, 240, 235], [30, 40, 90]], np.uint8))
    assert agreement(np.stack([a, b, c])) == pytest.approx(
        (harmony(a, b) + harmony(a, c) + harmony(b, c)) / 3
    )
    assert agreement(np.stack([a, b])) == pytest.approx(harmony(a, b))


@pytest.mark.parametrize("side", [32, 64, 128])
def test_the_colour_is_the_garments_and_not_the_grounds(side: int) -> None:
    image = np.full((side, side, 3), 250, np.uint8)
    image[side // 4 : -side // 4, side // 4 : -side // 4] = (30, 60, 140)
    image[side // 2 : side // 2 + side // 8, side // 4 : -side // 4] = (250, 220, 40)  # a stripe
    assert garment_colour(image).tolist() == [30, 60, 140]


def test_white_on_white_is_white() -> None:
    image = np.full((32, 32, 3), 252, np.uint8)
    image[8:24, 8:24] = 246
    assert lab(garment_colour(image))[0] > 96
