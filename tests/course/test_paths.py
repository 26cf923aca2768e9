"""Paths: every way is there, every local derivative and product is right, and they add up to the gradient."""

from collections.abc import Callable

import pytest

from minigrad.course import Example, ExampleError, WrongNumbers

Record = Callable[..., Example]

PATHS = """
    path        | local derivatives | product | value
    z -> x -> a | y, 3              | 3*y     | 9
    z -> y -> a | x, 1              | x       | 6
    sum a       | -                 | 3*y + x | 15
"""


def test_right_paths_pass(record: Record) -> None:
    record(paths=PATHS).check()
    record(paths=PATHS.replace("->", "\N{RIGHTWARDS ARROW}")).check()


@pytest.mark.parametrize(
    ("old", "new", "name", "what"),
    [
        ("y, 3 ", "x, 3 ", "path 1", "dz/dx"),
        ("y, 3 ", "y, 2 ", "path 1", "dx/da"),
        ("3*y     |", "4*y     |", "path 1", "product"),
        ("| 9", "| 8", "path 1", "value"),
        ("| x       |", "| y       |", "path 2", "product"),
        ("3*y + x", "3*y - x", "sum a", "product"),
        ("| 15", "| 14", "sum a", "value"),
    ],
)
def test_a_wrong_piece_is_named(record: Record, old: str, new: str, name: str, what: str) -> None:
    assert old in PATHS
    with pytest.raises(WrongNumbers) as caught:
        record(paths=PATHS.replace(old, new)).check()
    first = caught.value.differences[0]
    assert (first.name, first.what) == (name, what)
    assert all(difference.name == name for difference in caught.value.differences)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    z -> y -> a | x, 1              | x       | 6\n", "", "a path to a is missing: z -> y -> a"),
        (
            "    z -> y -> a | x, 1              | x       | 6\n",
            2 * "    z -> y -> a | x, 1              | x       | 6\n",
            "each path is listed once",
        ),
        ("z -> x -> a", "z -> x -> y -> a", "no step from x to y"),
        ("z -> x -> a", "z -> a", "no step from z to a"),
        ("z -> x -> a", "x -> a", "begins at the output: z"),
        ("z -> x -> a", "z", "begins at the output"),
        ("z -> x -> a", "z -> w -> a", "'w' is not in the table"),
        ("y, 3 ", "y ", "2 steps have 2 local derivatives, .* here is 1"),
        ("y, 3 ", "y, 3, 1 ", "here are 3"),
        ("y, 3 ", "y, k ", "'k' is not in the table"),
        ("y, 3 ", "y, 3 + ", "cannot be read"),
        ("sum a", "sum b", "'b' is not in the table"),
        ("| 15", "| ?", "'\\?' is no number"),
        ("local derivatives", "locals", "begins with its headings"),
    ],
)
def test_a_path_that_is_none_is_told_with_its_line(record: Record, old: str, new: str, message: str) -> None:
    assert old in PATHS
    with pytest.raises(ExampleError, match=message):
        record(paths=PATHS.replace(old, new))


def test_commas_inside_brackets_do_not_separate(record: Record) -> None:
    record(paths=PATHS.replace("y, 3 ", "maximum(y, a), 3 ")).check()


def test_paths_need_the_gradient_they_add_up_to(record: Record) -> None:
    with pytest.raises(ExampleError, match="so its gradient is to be written"):
        record(("| 15", "| -"), paths=PATHS)


def test_paths_go_over_single_numbers() -> None:
    example = Example(
        title="Vectors",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value  | gradient
        x    | given       | [1, 2] | [3, 3]
        z    | 3 * sum(x)  | 9      | 1
        """,
        paths="""
        path   | local derivatives | product | value
        z -> x | 3                 | 3       | 3
        """,
    )
    with pytest.raises(ExampleError, match="x is 2 numbers"):
        example.check()


def test_whole_numbers_have_no_point(record: Record) -> None:
    with pytest.raises(WrongNumbers) as caught:
        record(paths=PATHS.replace("y, 3 ", "x, 3 ")).check()
    first = caught.value.differences[0]
    assert (first.written, first.computed, first.to_write) == ("x = 6", "3", "3")
