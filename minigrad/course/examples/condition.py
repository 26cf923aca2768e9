"""A discriminator that is told the class: one image, asked about under its own class and under another."""

from minigrad.course.example import Example

SOURCE = "lesson 17 of this course, after T. Miyato and M. Koyama, cGANs with Projection Discriminator, 2018"

own_class = Example(
    title="A real image and its own class",
    source=SOURCE,
    about="h1 and h2 are what the network has seen in the image. The score has two parts: w h, is it real; and "
    "e h, is it of the class whose vector is e. The loss is small where the score is high.",
    decimals=4,
    table="""
    name | computed as       | value  | gradient
    h1   | given             | 1.5    | -0.3241
    h2   | given             | 0.5    | 0.4167
    w1   | given             | 0.4    | -0.3472
    w2   | given             | 0.2    | -0.1157
    e1   | given             | 1      | -0.3472
    e2   | given             | -2     | -0.1157
    real | w1 * h1 + w2 * h2 | 0.7    | -0.2315
    fits | e1 * h1 + e2 * h2 | 0.5    | -0.2315
    s    | real + fits       | 1.2    | -0.2315
    p    | sigmoid(s)        | 0.7685 | -1.3012
    L    | -log(p)           | 0.2633 | 1
    """,
    paths="""
    path                       | local derivatives       | product    | value
    L -> p -> s -> fits -> e1  | -1/p, p*(1-p), 1, h1    | (p - 1)*h1 | -0.3472
    """,
    then="""
    name   | computed as                        | value
    e1_new | e1 - grad(L, e1)                   | 1.3472
    e2_new | e2 - grad(L, e2)                   | -1.8843
    """,
)

other_class = Example(
    title="The same image, made by a generator that was asked for another class",
    source=SOURCE,
    about="Nothing in the image is different, so it looks as real as before. But the vector is the other class's, "
    "and now the discriminator should say no: its loss is -log(1 - p).",
    decimals=4,
    table="""
    name | computed as       | value   | gradient
    h1   | given             | 1.5     | -
    h2   | given             | 0.5     | -
    w1   | given             | 0.4     | 0.6383
    w2   | given             | 0.2     | 0.2128
    e1   | given             | -1      | 0.6383
    e2   | given             | 1       | 0.2128
    real | w1 * h1 + w2 * h2 | 0.7     | 0.4256
    fits | e1 * h1 + e2 * h2 | -1      | 0.4256
    s    | real + fits       | -0.3    | 0.4256
    p    | sigmoid(s)        | 0.4256  | 1.7408
    L    | -log(1 - p)       | 0.5544  | 1
    """,
)
