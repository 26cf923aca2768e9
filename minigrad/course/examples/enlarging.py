"""What a square makes of a pixel that may be black or white, and what a block with a way round it passes on."""

from minigrad.course.example import Example

SOURCE = (
    "lesson 18 of this course, after C. Ledig and others, Photo-Realistic Single Image Super-Resolution, 2017"
)

either = Example(
    title="A pixel that may be black or white",
    source=SOURCE,
    about="Two images look alike once they are shrunk. At this place one is black, 0, and the other white, 1. "
    "g is what the network paints; its loss is the mean square over both.",
    decimals=4,
    table="""
    name | computed as       | value | gradient
    g    | given             | 0.5   | 0
    a    | (g - 0) ** 2      | 0.25  | 0.5
    b    | (g - 1) ** 2      | 0.25  | 0.5
    L    | (a + b) / 2       | 0.25  | 1
    """,
)

sharp = Example(
    title="One of the two, painted sharply",
    source=SOURCE,
    about="White is an image that exists. The mean square is larger, and pulls it back to grey.",
    decimals=4,
    table="""
    name | computed as       | value | gradient
    g    | given             | 1     | 1
    a    | (g - 0) ** 2      | 1     | 0.5
    b    | (g - 1) ** 2      | 0     | 0.5
    L    | (a + b) / 2       | 0.5   | 1
    """,
)

block = Example(
    title="Three residual blocks of one weight each",
    source=SOURCE,
    about="Each block adds something to what it was given. The weights are small, as at the beginning of a "
    "training, and yet the gradient reaches x whole. Without the way round, y would be c b a x and its gradient "
    "0.006 of one.",
    decimals=4,
    table="""
    name | computed as  | value  | gradient
    x    | given        | 2      | 1.716
    a    | given        | 0.1    | 3.12
    b    | given        | 0.2    | 2.86
    c    | given        | 0.3    | 2.64
    x1   | x + a * x    | 2.2    | 1.56
    x2   | x1 + b * x1  | 2.64   | 1.3
    y    | x2 + c * x2  | 3.432  | 1
    """,
)
