"""Dropout and batch norm, on a handful of numbers."""

from minigrad.course.example import Example

dropout = Example(
    title="Dropout with p = 0.5",
    source="N. Srivastava et al., Dropout: A simple way to prevent neural networks from overfitting, 2014",
    about="The mask m was drawn at random. What stays is divided by 1 - p, so that the sum stays the same on "
    "average. Backward, the same mask: a unit that was left out learns nothing.",
    decimals=2,
    table="""
    name | computed as     | value          | gradient
    x    | given           | [1, -2, 3, 4]  | [2, 0, -2, 0]
    m    | given           | [1, 0, 1, 0]   | -
    p    | given           | 0.5            | -
    y    | x * m / (1 - p) | [2, 0, 6, 0]   | [1, 2, -1, 3]
    dy   | given           | [1, 2, -1, 3]  | -
    L    | sum(dy * y)     | -4             | 1
    """,
)

batch_norm = Example(
    title="Batch norm of one unit, over a batch of eight",
    source="S. Ioffe and C. Szegedy, Batch normalization, 2015",
    about="The mean and the deviation are those of the batch. The gradients of x add up to 0: to move all "
    "eight alike would change nothing, for the mean is taken away again.",
    decimals=4,
    table="""
    name  | computed as         | value                                    | gradient
    x     | given               | [2, 4, 4, 4, 5, 5, 7, 9]                 | [1.3125, -0.0625, -0.0625, -1.0625, -0.25, -0.25, -0.625, 1]
    gamma | given               | 2                                        | 3
    beta  | given               | 1                                        | 2
    m     | mean(x)             | 5                                        | -2
    c     | x - m               | [-3, -1, -1, -1, 0, 0, 2, 4]             | [1.5625, 0.1875, 0.1875, -0.8125, 0, 0, -0.375, 1.25]
    v     | mean(c ** 2)        | 4                                        | -0.75
    s     | sqrt(v)             | 2                                        | -3
    xhat  | c / s               | [-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2]     | [2, 0, 0, -2, 0, 0, 0, 4]
    y     | gamma * xhat + beta | [-2, 0, 0, 0, 1, 1, 3, 5]                | [1, 0, 0, -1, 0, 0, 0, 2]
    dy    | given               | [1, 0, 0, -1, 0, 0, 0, 2]                | -
    L     | sum(dy * y)         | 8                                        | 1
    """,
    then="""
    name   | computed as            | value
    sum_dx | sum(grad(L, x))        | 0
    along  | sum(grad(L, x) * xhat) | 0
    """,
)
