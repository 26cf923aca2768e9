"""Softmax regression over a batch of three: the mean of three losses, and one step of gradient descent."""

from minigrad.course.example import Example
from minigrad.course.examples.softmax_regression import SOURCE

of_three = Example(
    title="A batch of three, one example after another",
    source=SOURCE,
    about="A is the example worked by hand; the slides call the three x1, x2, x3. Each has its own loss, and all "
    "share W and b.",
    decimals=2,
    table="""
    name | computed as          | value                         | gradient
    W    | given                | [[0.65, 1.19], [0.69, -0.92]] | [[0.11, -0.07], [-0.11, 0.07]]
    b    | given                | [0, 0]                        | [0.03, -0.03]
    xA   | given                | [0.2, 0.7]                    | -
    xB   | given                | [0.8, 0.1]                    | -
    xC   | given                | [0.3, 0.5]                    | -
    yA   | given                | [1, 0]                        | -
    yB   | given                | [0, 1]                        | -
    yC   | given                | [1, 0]                        | -
    zA   | W @ xA + b           | [0.96, -0.51]                 | [-0.06, 0.06]
    zB   | W @ xB + b           | [0.64, 0.46]                  | [0.18, -0.18]
    zC   | W @ xC + b           | [0.79, -0.25]                 | [-0.09, 0.09]
    pA   | softmax(zA, dim=0)   | [0.81, 0.19]                  | [-0.41, 0]
    pB   | softmax(zB, dim=0)   | [0.54, 0.46]                  | [0, -0.73]
    pC   | softmax(zC, dim=0)   | [0.74, 0.26]                  | [-0.45, 0]
    LA   | -sum(yA * log(pA))   | 0.21                          | 0.33
    LB   | -sum(yB * log(pB))   | 0.79                          | 0.33
    LC   | -sum(yC * log(pC))   | 0.30                          | 0.33
    J    | (LA + LB + LC) / 3   | 0.43                          | 1
    """,
    then="""
    name  | computed as           | value
    gA    | grad(LA, b)           | [-0.19, 0.19]
    gB    | grad(LB, b)           | [0.54, -0.54]
    gC    | grad(LC, b)           | [-0.26, 0.26]
    g     | (gA + gB + gC) / 3    | [0.03, -0.03]
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
