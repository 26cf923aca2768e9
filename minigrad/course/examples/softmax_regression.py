"""Softmax regression: two inputs, two classes, one example; node by node, and with vectors."""

from minigrad.course.example import Example

SOURCE = "A. Abello and F. Salvatore, Primeiros passos de Deep Learning em Python, IME-USP, 2017"

by_hand = Example(
    title="Softmax regression, node by node",
    source=SOURCE,
    about="Every product, sum, exponential, quotient and logarithm of one forward pass, and the gradient of "
    "the loss by each. The numbers are those of the slides, which cut a few digits instead of rounding.",
    decimals=2,
    table="""
    name  | computed as    | value   | gradient
    w11   | given          | 0.65    | -0.04
    w12   | given          | 1.19    | -0.13
    w21   | given          | 0.69    | 0.04
    w22   | given          | -0.92   | 0.13
    b1    | given          | 0       | -0.19
    b2    | given          | 0       | 0.19
    x1    | given          | 0.2     | 0.01
    x2    | given          | 0.7     | -0.39
    y1    | given          | 1       | -
    y2    | given          | 0       | -
    p11   | w11 * x1       | 0.13    | -0.19
    p12   | w12 * x2       | 0.83    | -0.19
    p21   | w21 * x1       | 0.14    | 0.19
    p22   | w22 * x2       | -0.64   | 0.19
    z1    | p11 + p12 + b1 | 0.96    | -0.19
    z2    | p21 + p22 + b2 | -0.5... | 0.19
    h1    | exp(z1)        | 2.61... | -0.07
    h2    | exp(z2)        | 0.6     | 0.31
    H     | h1 + h2        | 3.22    | 0.31
    yhat1 | h1 / H         | 0.81    | -1.23
    yhat2 | h2 / H         | 0.19    | 0
    l1    | log(yhat1)     | -0.207  | -1
    l2    | log(yhat2)     | -1.67... | 0
    m1    | y1 * l1        | -0.207  | -1
    m2    | y2 * l2        | 0       | -1
    s     | m1 + m2        | -0.207  | -1
    L     | -s             | 0.207   | 1
    """,
    paths="""
    path                                               | local derivatives                  | product   | value
    L -> s -> m1 -> l1 -> yhat1 -> h1 -> z1 -> b1      | -1, 1, y1, H/h1, 1/H, h1, 1        | -y1       | -1
    L -> s -> m1 -> l1 -> yhat1 -> H -> h1 -> z1 -> b1 | -1, 1, y1, H/h1, -h1/H**2, 1, h1, 1 | y1*h1/H  | 0.81
    L -> s -> m2 -> l2 -> yhat2 -> H -> h1 -> z1 -> b1 | -1, 1, y2, H/h2, -h2/H**2, 1, h1, 1 | y2*h1/H  | 0
    sum b1                                             | -                                  | yhat1 - y1 | -0.19
    """,
)

with_vectors = Example(
    title="Softmax regression, with vectors",
    source=SOURCE,
    about="The same computation, said in five lines.",
    decimals=5,
    table="""
    name | computed as         | value                           | gradient
    W    | given               | [[0.65, 1.19], [0.69, -0.92]]   | [[-0.03742, -0.13097], [0.03742, 0.13097]]
    b    | given               | [0, 0]                          | [-0.18709, 0.18709]
    x    | given               | [0.2, 0.7]                      | [0.00748, -0.39477]
    y    | given               | [1, 0]                          | -
    z    | W @ x + b           | [0.963, -0.506]                 | [-0.18709, 0.18709]
    h    | exp(z)              | [2.61954, 0.60290]              | [-0.07142, 0.31032]
    H    | sum(h)              | 3.22245                         | 0.31032
    yhat | h / H               | [0.81291, 0.18709]              | [-1.23016, 0]
    L    | -sum(y * log(yhat)) | 0.20714                         | 1
    """,
    then="""
    name | computed as | value
    g    | yhat - y    | [-0.18709, 0.18709]
    """,
)
