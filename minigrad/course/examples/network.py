"""The network of the course's first computation graph: 10 inputs, 4 hidden units, 2 classes, zero weights."""

from minigrad.course.example import Example
from minigrad.course.examples.softmax_regression import SOURCE

zeros = Example(
    title="A 10-4-2 network with all weights zero",
    source=SOURCE,
    about="Whatever x is, the network says one half for each class. Only W2 gets a gradient: what goes to W1 "
    "and x has to pass W2, and is multiplied by zero there.",
    decimals=4,
    table="""
    name | computed as         | value                | gradient
    x    | given               | 1 (10 x 1)           | 0 (10 x 1)
    y    | given               | [[1], [0]]           | -
    W1   | given               | 0 (4 x 10)           | 0 (4 x 10)
    W2   | given               | 0 (2 x 4)            | [[-0.25, -0.25, -0.25, -0.25], [0.25, 0.25, 0.25, 0.25]]
    v    | W1 @ x              | 0 (4 x 1)            | 0 (4 x 1)
    h    | sigmoid(v)          | 0.5 (4 x 1)          | 0 (4 x 1)
    z    | W2 @ h              | 0 (2 x 1)            | [[-0.5], [0.5]]
    yhat | softmax(z, dim=0)   | 0.5 (2 x 1)          | [[-2], [0]]
    L    | -sum(y * log(yhat)) | 0.6931               | 1
    """,
)
