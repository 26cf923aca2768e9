"""Entropy, the Kullback-Leibler divergence and cross-entropy, in bits."""

from minigrad.course.example import Example
from minigrad.course.examples.softmax_regression import SOURCE

bits = Example(
    title="Entropy, KL divergence, cross-entropy",
    source=SOURCE,
    about="CE(p, q) = H(p) + KL(p || q): what p costs at least, and what one pays for taking it for q.",
    decimals=2,
    table="""
    name | computed as           | value
    p    | given                 | [0.8, 0.2]
    q    | given                 | [0.5, 0.5]
    Hp   | sum(p * log2(1 / p))  | 0.72
    Hq   | sum(q * log2(1 / q))  | 1
    KL   | sum(p * log2(p / q))  | 0.28
    CE   | -sum(p * log2(q))     | 1
    both | Hp + KL               | 1
    """,
)

by_prediction = Example(
    title="Cross-entropy and its gradient by the prediction",
    source=SOURCE,
    about="Each entry of q gets -p / q: what happens often and was thought unlikely pulls most. In natural units.",
    decimals=4,
    table="""
    name | computed as       | value                  | gradient
    p    | given             | [0.8, 0.2]             | -
    q    | given             | [0.5, 0.5]             | [-1.6, -0.4]
    l    | log(q)            | [-0.6931, -0.6931]     | [-0.8, -0.2]
    CE   | -sum(p * l)       | 0.6931                 | 1
    """,
)
