"""The chain rule: one way from a variable to the result, and two ways."""

from minigrad.course.example import Example
from minigrad.course.examples.softmax_regression import SOURCE

one_path = Example(
    title="One way: multiply along it",
    source=SOURCE,
    about="z = f(g(a)), and dz/da = dz/dy dy/da.",
    decimals=4,
    table="""
    name | computed as | value   | gradient
    a    | given       | 2       | -0.5
    y    | 3 * a       | 6       | -0.1667
    u    | log(y)      | 1.7918  | -1
    z    | -u          | -1.7918 | 1
    """,
    paths="""
    path             | local derivatives | product | value
    z -> u -> y -> a | -1, 1/y, 3        | -3/y    | -0.5
    """,
)

two_paths = Example(
    title="Two ways: multiply along each, and add",
    source=SOURCE,
    about="z = f(x, y) with x = f1(a) and y = f2(a): dz/da = dz/dx dx/da + dz/dy dy/da.",
    decimals=2,
    table="""
    name | computed as | value | gradient
    a    | given       | 2     | 15
    x    | 3 * a       | 6     | 3
    y    | a + 1       | 3     | 6
    z    | x * y       | 18    | 1
    """,
    paths="""
    path        | local derivatives | product | value
    z -> x -> a | y, 3              | 3*y     | 9
    z -> y -> a | x, 1              | x       | 6
    sum a       | -                 | 3*y + x | 15
    """,
)
