"""The rule of each simple operation: what arrives at the result, and what it sends on to its inputs."""

from minigrad.course.example import Example
from minigrad.course.examples.softmax_regression import SOURCE

add = Example(
    title="Add: a sum hands the gradient on to both",
    source=SOURCE,
    decimals=4,
    table="""
    name | computed as | value | gradient
    a    | given       | 3     | 5
    b    | given       | -2    | 5
    z    | a + b       | 1     | 5
    L    | 5 * z       | 5     | 1
    """,
)

multiply = Example(
    title="Multiply: each factor gets the gradient times the other factor",
    source=SOURCE,
    decimals=4,
    table="""
    name | computed as | value | gradient
    a    | given       | 3     | -10
    b    | given       | -2    | 15
    z    | a * b       | -6    | 5
    L    | 5 * z       | -30   | 1
    """,
)

divide = Example(
    title="Divide: 1 / b for the numerator, -a / b**2 for the denominator",
    source=SOURCE,
    decimals=4,
    table="""
    name | computed as | value | gradient
    a    | given       | 3     | -2.5
    b    | given       | -2    | -3.75
    z    | a / b       | -1.5  | 5
    L    | 5 * z       | -7.5  | 1
    """,
)

negate = Example(
    title="Negate: the sign turns, in the gradient too",
    source=SOURCE,
    decimals=4,
    table="""
    name | computed as | value | gradient
    a    | given       | 3     | -5
    z    | -a          | -3    | 5
    L    | 5 * z       | -15   | 1
    """,
)

exponential = Example(
    title="exp: the derivative is the result itself",
    source=SOURCE,
    decimals=4,
    table="""
    name | computed as | value   | gradient
    a    | given       | 0.5     | 8.2436
    z    | exp(a)      | 1.6487  | 5
    L    | 5 * z       | 8.2436  | 1
    """,
)

logarithm = Example(
    title="log: the derivative is 1 / a",
    source=SOURCE,
    decimals=4,
    table="""
    name | computed as | value   | gradient
    a    | given       | 0.5     | 10
    z    | log(a)      | -0.6931 | 5
    L    | 5 * z       | -3.4657 | 1
    """,
)
