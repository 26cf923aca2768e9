"""A generator and a discriminator of one weight and one bias each, and both losses for one example."""

from minigrad.course.example import Example

SOURCE = "lesson 13 of this course, after I. Goodfellow and others, Generative Adversarial Nets, 2014"

discriminator = Example(
    title="The discriminator's step",
    source=SOURCE,
    about="x is real and g was generated; their scores are a x + c and a g + c. The loss is the mean of two "
    "cross-entropies. What is real pulls its score up, what is not pushes its own down, and both meet in a and c.",
    decimals=4,
    table="""
    name | computed as   | value  | gradient
    x    | given         | 2      | -0.0474
    g    | given         | 0.5    | 0.5
    a    | given         | 2      | 0.0776
    c    | given         | -1     | 0.2263
    sx   | a * x + c     | 3      | -0.0237
    sg   | a * g + c     | 0      | 0.25
    px   | sigmoid(sx)   | 0.9526 | -0.5249
    pg   | sigmoid(sg)   | 0.5    | 1
    lx   | -log(px)      | 0.0486 | 0.5
    lg   | -log(1 - pg)  | 0.6931 | 0.5
    L    | (lx + lg) / 2 | 0.3709 | 1
    """,
    paths="""
    path                     | local derivatives           | product         | value
    L -> lx -> px -> sx -> c | 1/2, -1/px, px*(1-px), 1    | (px - 1)/2      | -0.0237
    L -> lg -> pg -> sg -> c | 1/2, 1/(1-pg), pg*(1-pg), 1 | pg/2            | 0.25
    sum c                    | -                           | (px - 1 + pg)/2 | 0.2263
    """,
)

generator = Example(
    title="The generator's step",
    source=SOURCE,
    about="Out of noise z comes g = w z + b, and the same discriminator looks at it. The loss is small where "
    "it takes g for real. The gradient comes through the discriminator's score, and a says which way is up.",
    decimals=4,
    table="""
    name | computed as | value  | gradient
    z    | given       | 1      | -0.5
    w    | given       | 0.5    | -1
    b    | given       | 0      | -1
    a    | given       | 2      | -
    c    | given       | -1     | -
    g    | w * z + b   | 0.5    | -1
    sg   | a * g + c   | 0      | -0.5
    pg   | sigmoid(sg) | 0.5    | -2
    L    | -log(pg)    | 0.6931 | 1
    """,
    paths="""
    path                    | local derivatives      | product      | value
    L -> pg -> sg -> g -> w | -1/pg, pg*(1-pg), a, z | (pg - 1)*a*z | -1
    """,
    then="""
    name  | computed as          | value
    w_new | w - 0.1 * grad(L, w) | 0.6
    b_new | b - 0.1 * grad(L, b) | 0.1
    g_new | w_new * z + b_new    | 0.7
    s_new | a * g_new + c        | 0.4
    """,
)

saturated = Example(
    title="A discriminator that is sure, and the loss of the game",
    source=SOURCE,
    about="The discriminator wants log(1 - p) large, so the generator might want it small. But where the "
    "discriminator is sure, that loss is flat: its gradient by the score is -p.",
    decimals=4,
    table="""
    name | computed as | value   | gradient
    s    | given       | -5      | -0.0067
    p    | sigmoid(s)  | 0.0067  | -1.0067
    L    | log(1 - p)  | -0.0067 | 1
    """,
)

smoothed = Example(
    title="A label that is not quite 1",
    source="lesson 15 of this course, after T. Salimans and others, Improved Techniques for Training GANs, 2016",
    about="A real image, of which the discriminator is sure, with the label s. The gradient by the score is p - s: "
    "with a label of 1 it would pull the score up for ever; with 0.9 it pulls down what is too sure.",
    decimals=4,
    table="""
    name | computed as           | value  | gradient
    s    | given                 | 0.9    | -
    z    | given                 | 3      | 0.0526
    p    | sigmoid(z)            | 0.9526 | 1.1637
    l1   | -log(p)               | 0.0486 | 0.9
    l0   | -log(1 - p)           | 3.0486 | 0.1
    L    | s * l1 + (1 - s) * l0 | 0.3486 | 1
    """,
    then="""
    name | computed as      | value
    best | log(s / (1 - s)) | 2.1972
    """,
)

wavering = Example(
    title="A weight that wavers, and its average",
    source="lesson 15 of this course, after Y. Yazıcı and others, The Unusual Effectiveness of Averaging in GAN "
    "Training, 2019",
    about="The weight goes from 1 to -1 and back, and comes to rest nowhere. Each average is nine tenths of the last "
    "one and a tenth of the weight; what they settle down to is the middle.",
    decimals=4,
    table="""
    name | computed as         | value
    w1   | given               | 1
    w2   | given               | -1
    a2   | 0.9 * w1 + 0.1 * w2 | 0.8
    a3   | 0.9 * a2 + 0.1 * w1 | 0.82
    a4   | 0.9 * a3 + 0.1 * w2 | 0.638
    a5   | 0.9 * a4 + 0.1 * w1 | 0.6742
    """,
)

steep = Example(
    title="A discriminator that is sure, and the loss that is taken",
    source=SOURCE,
    about="-log(p) is small at the same place, and steepest where the other is flat: its gradient by the score "
    "is p - 1.",
    decimals=4,
    table="""
    name | computed as | value  | gradient
    s    | given       | -5     | -0.9933
    p    | sigmoid(s)  | 0.0067 | -149.4132
    L    | -log(p)     | 5.0067 | 1
    """,
)
