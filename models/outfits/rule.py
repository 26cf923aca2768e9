"""A rule that says which colours go together, so that there is a right answer without anybody's taste.

Two colours are harmonious if their hues are related or opposite; what lies between clashes. The hue is the
angle of (a*, b*) in CIELAB. A colour with next to no hue, a grey, a black, a white, goes with everything.

Nobody claims that people judge so (``models.lookbook.colour.harmony`` is a model of what they do). It is a
question that the photographs can answer, the whole answer is in the two colours, and it needs both of them.
"""

from typing import Any, NamedTuple

import numpy as np

from models.lookbook.colour import lab

Array = Any

COLOURS: dict[str, tuple[int, int, int]] = {  # the names are baseColour's, of Fashion Product Images
    "Black": (20, 20, 20),
    "Grey": (128, 128, 128),
    "Grey Melange": (160, 160, 160),
    "Charcoal": (54, 58, 62),
    "Silver": (192, 192, 192),
    "White": (245, 245, 245),
    "Off White": (240, 236, 226),
    "Cream": (248, 240, 214),
    "Beige": (222, 206, 178),
    "Brown": (110, 66, 36),
    "Coffee Brown": (78, 50, 34),
    "Tan": (200, 160, 110),
    "Khaki": (180, 160, 100),
    "Rust": (183, 65, 14),
    "Red": (205, 30, 40),
    "Maroon": (110, 20, 35),
    "Burgundy": (105, 10, 40),
    "Pink": (240, 120, 160),
    "Magenta": (205, 30, 120),
    "Orange": (240, 130, 30),
    "Peach": (255, 190, 150),
    "Yellow": (245, 215, 40),
    "Mustard": (210, 165, 40),
    "Lime Green": (150, 215, 40),
    "Olive": (105, 110, 45),
    "Green": (40, 140, 70),
    "Sea Green": (40, 150, 110),
    "Teal": (0, 128, 128),
    "Turquoise Blue": (50, 185, 200),
    "Blue": (45, 90, 180),
    "Navy Blue": (30, 40, 90),
    "Lavender": (180, 160, 220),
    "Purple": (110, 50, 140),
}
"""Names of colours, as red, green and blue."""

LAB = {name: lab(rgb) for name, rgb in COLOURS.items()}


class Rule(NamedTuple):
    """When two colours go together.

    Attributes:
        neutral: colours of less chroma than this go with everything.
        related: hues that are at most so many degrees apart. opposite: at least so many, of 180.
    """

    neutral: float = 20.0
    related: float = 40.0
    opposite: float = 150.0

    def __call__(self, first: Array, second: Array) -> bool:
        """Whether two colours in CIELAB, (3,) each, are harmonious."""
        if min(chroma(first), chroma(second)) < self.neutral:
            return True
        apart = hue_distance(first, second)
        return bool(apart <= self.related or apart >= self.opposite)

    def __str__(self) -> str:
        return (
            f"hues at most {self.related:g} or at least {self.opposite:g} degrees apart in CIELAB, or one of "
            f"the two a neutral colour, of a chroma below {self.neutral:g}"
        )


def chroma(colour: Array) -> float:
    """How far a colour in CIELAB is from grey."""
    return float(np.hypot(colour[1], colour[2]))


def hue(colour: Array) -> float:
    """The angle of a colour in CIELAB, in degrees from 0 to 360."""
    return float(np.degrees(np.arctan2(colour[2], colour[1])) % 360)


def hue_distance(first: Array, second: Array) -> float:
    """How far the hues of two colours are apart, in degrees from 0 to 180."""
    apart = abs(hue(first) - hue(second))
    return min(apart, 360 - apart)


def nearest(colour: Array) -> str:
    """The name that is nearest to a colour in CIELAB."""
    return min(LAB, key=lambda name: float(np.linalg.norm(LAB[name] - colour)))
