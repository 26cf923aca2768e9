"""Two shades of grey and how well they go together; and how sure a classifier says it is."""

from minigrad.course.example import Example

greys = Example(
    title="A dark grey and a light one",
    source="lesson 16 of this course, after L. Ou and M. R. Luo, A Colour Harmony Model for Two-Colour "
    "Combinations, 2006",
    about="Of their lightness, 30 and 80 of 100, the sum counts and the difference. Greys have no chroma, so they do "
    "not differ in it, and what their hue adds is next to nothing.",
    decimals=4,
    table="""
    name | computed as                                                             | value
    l1   | given                                                                   | 30
    l2   | given                                                                   | 80
    HC   | 0.04 + 0.53 * tanh(0.8)                                                 | 0.3919
    HS   | 0.28 + 0.54 * tanh(-3.88 + 0.029 * (l1 + l2))                           | -0.0429
    HD   | 0.14 + 0.15 * tanh(-2 + 0.2 * abs(l1 - l2))                             | 0.29
    HH   | (0.5 + 0.5 * tanh(-2)) * (-0.08 - 0.14 * sin(0.8727) - 0.07 * sin(1.5708)) | -0.0046
    CH   | HC + HS + HD + 2 * HH                                                   | 0.6298
    """,
)

certain = Example(
    title="Sure, and twice as sure",
    source="lesson 16 of this course",
    about="Probabilities are shares: they add up to 1, whatever the image shows. The same scores, doubled, and the "
    "classifier has hardly a doubt left.",
    decimals=4,
    table="""
    name | computed as          | value
    z    | given                | [4, 1, 0]
    p    | softmax(z, dim=0)    | [0.9362, 0.0466, 0.0171]
    q    | softmax(2*z, dim=0)  | [0.9972, 0.0025, 0.0003]
    """,
)
