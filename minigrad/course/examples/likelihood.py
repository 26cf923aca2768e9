"""A coin thrown ten times: how well a guess of its probability explains what was seen."""

from minigrad.course.example import Example

SOURCE = "lesson 5 of this course"

fair = Example(
    title="Eight heads and two tails, explained by a fair coin",
    source=SOURCE,
    about="The gradient is negative: the loss falls when q grows. More heads were seen than a fair coin has.",
    decimals=4,
    table="""
    name  | computed as          | value   | gradient
    heads | given                | 8       | -
    tails | given                | 2       | -
    q     | given                | 0.5     | -1.2
    lh    | log(q)               | -0.6931 | -0.8
    lt    | log(1 - q)           | -0.6931 | -0.2
    s     | heads*lh + tails*lt  | -6.9315 | -0.1
    L     | -s / (heads + tails) | 0.6931  | 1
    """,
)

best = Example(
    title="The same throws, explained by the frequencies themselves",
    source=SOURCE,
    about="The gradient is 0: no other q explains the throws better.",
    decimals=4,
    table="""
    name  | computed as          | value   | gradient
    heads | given                | 8       | -
    tails | given                | 2       | -
    q     | given                | 0.8     | 0
    lh    | log(q)               | -0.2231 | -0.8
    lt    | log(1 - q)           | -1.6094 | -0.2
    s     | heads*lh + tails*lt  | -5.0040 | -0.1
    L     | -s / (heads + tails) | 0.5004  | 1
    """,
)
