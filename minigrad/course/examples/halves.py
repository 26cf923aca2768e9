"""One batch in two halves: the gradient of the whole is the mean of the halves' gradients."""

from minigrad.course.example import Example

two_halves = Example(
    title="A batch of four, in two halves",
    source="lesson 23 of this course",
    about="The model is y = w x, for x = 1, 2, 3, 1, and is to say 1, 0, 2, 1. The first two samples are one "
    "half, with the mean loss a; the last two are the other one, with b. Each way from L to w goes through one "
    "half: so each half can be worked out by somebody else, with nothing but w.",
    decimals=4,
    table="""
    name | computed as         | value  | gradient
    w    | given               | 0.5    | -0.25
    e1   | w - 1               | -0.5   | -0.25
    e2   | 2 * w               | 1      | 0.5
    e3   | 3 * w - 2           | -0.5   | -0.25
    e4   | w - 1               | -0.5   | -0.25
    a    | (e1**2 + e2**2) / 2 | 0.625  | 0.5
    b    | (e3**2 + e4**2) / 2 | 0.25   | 0.5
    L    | (a + b) / 2         | 0.4375 | 1
    """,
    paths="""
    path              | local derivatives | product            | value
    L -> a -> e1 -> w | 1/2, e1, 1        | e1/2               | -0.25
    L -> a -> e2 -> w | 1/2, e2, 2        | e2                 | 1
    L -> b -> e3 -> w | 1/2, e3, 3        | 3*e3/2             | -0.75
    L -> b -> e4 -> w | 1/2, e4, 1        | e4/2               | -0.25
    sum w             | -                 | (e1+2*e2+3*e3+e4)/2 | -0.25
    """,
)
