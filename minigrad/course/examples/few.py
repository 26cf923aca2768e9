"""What twenty samples say: the deviation of a share, and how many it takes to tell two shares apart."""

from minigrad.course.example import Example

SOURCE = "lesson 21 of this course, of the figures in N. Sevil, NeiPalette, FET312, 2025/26"

twenty = Example(
    title="Ten of twenty were right",
    source=SOURCE,
    about="If each photograph is named rightly with probability p, the number of right ones among n varies from "
    "sample to sample; its share has the deviation sqrt(p (1 - p) / n). Within two deviations lie 95 of 100 shares.",
    decimals=4,
    table="""
    name      | computed as           | value
    right     | given                 | 10
    n         | given                 | 20
    p         | right / n             | 0.5
    deviation | sqrt(p * (1 - p) / n) | 0.1118
    low       | p - 1.96 * deviation  | 0.2809
    high      | p + 1.96 * deviation  | 0.7191
    """,
)

enough = Example(
    title="How many would be enough",
    source=SOURCE,
    about="Two shares that differ by a distance d are told apart if each is known to half of it. The deviation "
    "shrinks with the root of n, so a quarter of it takes sixteen times as many.",
    decimals=4,
    table="""
    name | computed as                       | value
    p    | given                             | 0.5
    d    | given                             | 0.05
    half | d / 2                             | 0.025
    n    | p * (1 - p) * (1.96 / half) ** 2  | 1536.64
    """,
)
