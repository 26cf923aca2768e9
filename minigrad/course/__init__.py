"""The course: examples worked by hand, as data that the library checks; exercises checked by what they do."""

from minigrad.course.check import Difference, WrongNumbers
from minigrad.course.example import Example, Node
from minigrad.course.exercise import NotYet, check_rule, check_step, solved
from minigrad.course.table import ExampleError

__all__ = [
    "Difference",
    "Example",
    "ExampleError",
    "Node",
    "NotYet",
    "WrongNumbers",
    "check_rule",
    "check_step",
    "solved",
]
