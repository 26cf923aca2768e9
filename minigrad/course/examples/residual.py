"""A block with a way round it, open and shut; and a convolution that is depthwise and then mixes its maps."""

from minigrad.course.example import Example

SOURCE = (
    "lesson 19 of this course, after K. He and others, Deep Residual Learning for Image Recognition, 2015"
)

open_block = Example(
    title="A residual block with ReLU",
    source=SOURCE,
    about="What the block adds is f, of two weights with a ReLU between them. Two ways lead from y back to x: "
    "the one round the block has the derivative 1, the other one that of f.",
    decimals=4,
    table="""
    name | computed as  | value | gradient
    x    | given        | 2     | -2.24
    a    | given        | 0.5   | 2.24
    b    | given        | -0.4  | -2.8
    h    | relu(a * x)  | 1     | 1.12
    f    | b * h        | -0.4  | -2.8
    y    | x + f        | 1.6   | -2.8
    L    | (y - 3) ** 2 | 1.96  | 1
    """,
    paths="""
    path                  | local derivatives    | product           | value
    L -> y -> x           | 2*(y-3), 1           | 2*(y - 3)         | -2.8
    L -> y -> f -> h -> x | 2*(y-3), 1, b, a     | 2*(y - 3)*b*a     | 0.56
    sum x                 | -                    | 2*(y - 3)*(1+b*a) | -2.24
    """,
)

shut_block = Example(
    title="The same block, its ReLU shut",
    source=SOURCE,
    about="With a below 0 the ReLU lets nothing through, and both weights have the gradient 0. Without the way "
    "round, x would have 0, too, and with it all layers before this one. With it, the gradient comes through whole.",
    decimals=4,
    table="""
    name | computed as  | value | gradient
    x    | given        | 2     | -2
    a    | given        | -0.5  | 0
    b    | given        | -0.4  | 0
    h    | relu(a * x)  | 0     | 0.8
    f    | b * h        | 0     | -2
    y    | x + f        | 2     | -2
    L    | (y - 3) ** 2 | 1     | 1
    """,
)

depthwise = Example(
    title="Two maps, a kernel for each, and then a mixture",
    source="lesson 19 of this course, after M. Sandler and others, MobileNetV2, 2018",
    about="Depthwise: each map meets one kernel, its own. What maps have to do with each other is left to a "
    "convolution of 1 x 1, one number for each map. Backward, nothing of one map's gradient gets into the other.",
    decimals=2,
    table="""
    name | computed as       | value                             | gradient
    x1   | given             | [[1, 0, 2], [0, 3, 1], [2, 1, 0]] | [[2, 0, 0], [4, -4, 0], [0, -4, 2]]
    x2   | given             | [[2, 1, 0], [1, 0, 1], [0, 2, 1]] | [[0, -1, 0], [-1, -2, 1], [-2, 1, 0]]
    w1   | given             | [[1, 0], [0, -1]]                 | [[-4, 10], [6, 10]]
    w2   | given             | [[0, 1], [1, 0]]                  | [[-4, 0], [1, -3]]
    p1   | given             | 2                                 | -7
    p2   | given             | -1                                | -1
    dy   | given             | [[1, 0], [2, -1]]                 | -
    u1   | conv2d(x1, w1)    | [[-2, -1], [-1, 3]]               | [[2, 0], [4, -2]]
    u2   | conv2d(x2, w2)    | [[2, 0], [0, 3]]                  | [[-1, 0], [-2, 1]]
    y    | p1 * u1 + p2 * u2 | [[-6, -2], [-2, 3]]               | [[1, 0], [2, -1]]
    L    | sum(dy * y)       | -13                               | 1
    """,
)
