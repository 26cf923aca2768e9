"""Steps down the parabola f(x) = x^2, whose slope at x is 2 x."""

from minigrad.course.example import Example

SOURCE = "lesson 6 of this course"

one_step = Example(
    title="One step of gradient descent",
    source=SOURCE,
    decimals=2,
    table="""
    name | computed as | value | gradient
    x    | given       | 3     | 6
    f    | x ** 2      | 9     | 1
    """,
    then="""
    name  | computed as            | value
    alpha | given                  | 0.1
    new_x | x - alpha * grad(f, x) | 2.4
    new_f | new_x ** 2             | 5.76
    """,
)

momentum = Example(
    title="Two steps with momentum",
    source=SOURCE,
    about="The first step is that of plain descent; the second goes farther, for it keeps most of the first.",
    decimals=2,
    table="""
    name  | computed as     | value
    alpha | given           | 0.1
    mu    | given           | 0.9
    x0    | given           | 3
    g0    | 2 * x0          | 6
    v1    | mu * 0 + g0     | 6
    x1    | x0 - alpha * v1 | 2.4
    g1    | 2 * x1          | 4.8
    v2    | mu * v1 + g1    | 10.2
    x2    | x1 - alpha * v2 | 1.38
    """,
)

adam = Example(
    title="The first step of Adam",
    source=SOURCE,
    about="However large the gradient is, the first step is as long as alpha.",
    decimals=3,
    table="""
    name  | computed as                  | value
    alpha | given                        | 0.1
    beta1 | given                        | 0.9
    beta2 | given                        | 0.999
    x0    | given                        | 3
    g     | 2 * x0                       | 6
    m     | beta1 * 0 + (1 - beta1) * g  | 0.6
    v     | beta2 * 0 + (1 - beta2) * g**2 | 0.036
    mhat  | m / (1 - beta1)              | 6
    vhat  | v / (1 - beta2)              | 36
    x1    | x0 - alpha * mhat / sqrt(vhat) | 2.9
    """,
)
