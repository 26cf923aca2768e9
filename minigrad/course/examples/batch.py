"""Softmax regression over a batch of three: the mean of three losses, and one step of gradient descent."""

from minigrad.course.example import Example
from minigrad.course.examples.softmax_regression import SOURCE

of_three = Example(
    title="A batch of three, one example after another",
    source=SOURCE,
    about="The first example is the one worked by hand. Each of the three has its own loss; W and b are shared.",
    decimals=2,
    table="""
    name | computed as          | value                         | gradient
    W    | given                | [[0.65, 1.19], [0.69, -0.92]] | [[0.11, -0.07], [-0.11, 0.07]]
    b    | given                | [0, 0]                        | [0.03, -0.03]
    x1   | given                | [0.2, 0.7]                    | -
    x2   | given                | [0.8, 0.1]                    | -
    x3   | given                | [0.3, 0.5]                    | -
    y1   | given                | [1, 0]                        | -
    y2   | given                | [0, 1]                        | -
    y3   | given                | [1, 0]                        | -
    z1   | W @ x1 + b           | [0.96, -0.51]                 | [-0.06, 0.06]
    z2   | W @ x2 + b           | [0.64, 0.46]                  | [0.18, -0.18]
    z3   | W @ x3 + b           | [0.79, -0.25]                 | [-0.09, 0.09]
    p1   | softmax(z1, dim=0)   | [0.81, 0.19]                  | [-0.41, 0]
    p2   | softmax(z2, dim=0)   | [0.54, 0.46]                  | [0, -0.73]
    p3   | softmax(z3, dim=0)   | [0.74, 0.26]                  | [-0.45, 0]
    L1   | -sum(y1 * log(p1))   | 0.21                          | 0.33
    L2   | -sum(y2 * log(p2))   | 0.79                          | 0.33
    L3   | -sum(y3 * log(p3))   | 0.30                          | 0.33
    J    | (L1 + L2 + L3) / 3   | 0.43                          | 1
    """,
    then="""
    name  | computed as           | value
    g1    | grad(L1, b)           | [-0.19, 0.19]
    g2    | grad(L2, b)           | [0.54, -0.54]
    g3    | grad(L3, b)           | [-0.26, 0.26]
    g     | (g1 + g2 + g3) / 3    | [0.03, -0.03]
    alpha | given                 | 0.1
    new_b | b - alpha * grad(J, b) | [-0.003, 0.003]
    """,
)

as_matrix = Example(
    title="A batch of three, at once",
    source=SOURCE,
    about="Each row of X is one example, and each row of Y its class.",
    decimals=2,
    table="""
    name | computed as          | value                                      | gradient
    W    | given                | [[0.65, 1.19], [0.69, -0.92]]              | [[0.11, -0.07], [-0.11, 0.07]]
    b    | given                | [0, 0]                                     | [0.03, -0.03]
    X    | given                | [[0.2, 0.7], [0.8, 0.1], [0.3, 0.5]]       | -
    Y    | given                | [[1, 0], [0, 1], [1, 0]]                   | -
    Z    | X @ W.T + b          | [[0.96, -0.51], [0.64, 0.46], [0.79, -0.25]] | [[-0.06, 0.06], [0.18, -0.18], [-0.09, 0.09]]
    P    | softmax(Z, dim=1)    | [[0.81, 0.19], [0.54, 0.46], [0.74, 0.26]] | [[-0.41, 0], [0, -0.73], [-0.45, 0]]
    L    | -sum(Y * log(P), dim=1) | [0.21, 0.79, 0.30]                      | [0.33, 0.33, 0.33]
    J    | mean(L)              | 0.43                                       | 1
    """,
)
