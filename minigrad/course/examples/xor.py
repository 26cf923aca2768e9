"""Exclusive or by two layers: the inner one puts the four cases where a line can tell them apart."""

from minigrad.course.example import Example

two_layers = Example(
    title="Exclusive or, by two units and a line",
    source="I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, MIT Press, 2016, section 6.1",
    about="Each row of X is one case. H is what the two units make of it: (0, 1) and (1, 0) become the same "
    "point, and the line H @ w leaves it on one side and the other two on the other.",
    decimals=2,
    table="""
    name | computed as     | value
    X    | given           | [[0, 0], [0, 1], [1, 0], [1, 1]]
    W    | given           | [[1, 1], [1, 1]]
    b    | given           | [0, -1]
    w    | given           | [1, -2]
    Z    | X @ W.T + b     | [[0, -1], [1, 0], [1, 0], [2, 1]]
    H    | relu(Z)         | [[0, 0], [1, 0], [1, 0], [2, 1]]
    y    | H @ w           | [0, 1, 1, 0]
    """,
)
