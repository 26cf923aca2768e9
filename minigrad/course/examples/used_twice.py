"""The smallest graph in which the order of backward matters."""

from minigrad.course.example import Example

smallest = Example(
    title="A number on the way is used twice",
    source="lesson 0 of this course",
    about="y must have all of its gradient, 2, before it hands anything on to a.",
    decimals=2,
    table="""
    name | computed as | value | gradient
    a    | given       | 5     | 6
    y    | 3 * a       | 15    | 2
    z    | y + y       | 30    | 1
    """,
)
