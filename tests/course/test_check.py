"""A record that agrees passes; one that does not fails with exactly the numbers that differ."""

from collections.abc import Callable

import numpy as np
import pytest

import minigrad as mg
from minigrad.course import Example, ExampleError, WrongNumbers

Record = Callable[..., Example]


def differing(example: Example) -> list[tuple[str, str]]:
    with pytest.raises(WrongNumbers) as caught:
        example.check()
    return [(difference.name, difference.what) for difference in caught.value.differences]


def test_a_right_record_passes(record: Record) -> None:
    record().check()
    assert record().differences() == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("| 6     | 3", "| 7     | 3", [("x", "value")]),
        ("| 6     | 3", "| 6     | 2", [("x", "gradient")]),
        ("| 6     | 3", "| -6    | -3", [("x", "value"), ("x", "gradient")]),
        ("| 2     | 15", "| 2     | 9", [("a", "gradient")]),
        ("| 18    | 1", "| 18.01 | 1", [("z", "value")]),
        ("| 18    | 1", "| 18    | 0", [("z", "gradient")]),
        ("| 6     | 3", "| [6]   | 3", [("x", "value")]),
    ],
)
def test_each_wrong_number_is_named_and_no_other(
    record: Record, old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    assert differing(record((old, new))) == expected


def test_a_wrong_formula_shows_in_all_that_follows_from_it(record: Record) -> None:
    # x = 4 a: then z = 24, dz/dy = 8 and dz/da = 4 y + x = 20
    assert differing(record(("3 * a", "4 * a"))) == [
        ("a", "gradient"),
        ("x", "value"),
        ("y", "gradient"),
        ("z", "value"),
    ]


def test_the_message_is_a_table(record: Record) -> None:
    with pytest.raises(WrongNumbers) as caught:
        record(("| 6     | 3", "| 6.5   | 2"), ("y    | a + 1 ", "y    | a + 1.117 ")).check()
    assert str(caught.value) == (
        "Two ways: 5 written numbers differ from what is computed.\n"
        "\n"
        "name  what      written  computed  to write\n"
        "----  --------  -------  --------  --------\n"
        "a     gradient  15       15.351    15.35\n"
        "x     value     6.5      6         6.00\n"
        "x     gradient  2        3.117     3.12\n"
        "y     value     3        3.117     3.12\n"
        "z     value     18       18.702    18.70\n"
        "\n"
        "Values are worked out from the top: look at x first.\n"
        "Gradients are worked out from the bottom: look at x first."
    )


def test_one_slip_is_said_in_the_singular(record: Record) -> None:
    with pytest.raises(WrongNumbers, match=r"1 written number differs from what is computed\.") as caught:
        record(("| 6     | 3", "| 7     | 3")).check()
    assert "look at" not in str(caught.value)


def test_elements_of_arrays_are_named() -> None:
    example = Example(
        title="A product",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value              | gradient
        W    | given       | [[1, 2], [3, 4]]   | [[5, 7], [5, 6]]
        x    | given       | [5, 6]             | [4, 6]
        z    | W @ x       | [17, 93]           | 1 (2)
        L    | sum(z)      | 56                 | 1
        """,
    )
    assert differing(example) == [("W[0, 1]", "gradient"), ("z[1]", "value")]


def test_a_shape_that_differs_is_told_as_a_shape() -> None:
    example = Example(
        title="A column",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value
        x    | given       | [[5], [6]]
        z    | 2 * x       | [10, 12]
        """,
    )
    (difference,) = example.differences()
    assert (difference.name, difference.written, difference.to_write) == ("z", "2 numbers", "2 x 1 numbers")


def test_a_gradient_that_does_not_arrive_is_zero(record: Record) -> None:
    record(("    z ", "    u    | 2 * a | 4 | 0\n    z ")).check()
    assert differing(record(("    z ", "    u    | 2 * a | 4 | 1\n    z "))) == [("u", "gradient")]


def test_a_node_with_a_gradient_made_of_constants_alone() -> None:
    example = Example(
        title="A constant",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value   | gradient
        k    | given       | 2       | -
        h    | k * k       | 4       | 3
        z    | 3 * h       | 12      | 1
        """,
    )
    example.check()


def test_infinity_and_nan_are_shown_without_a_warning() -> None:
    example = Example(
        title="log 0",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value
        x    | given       | 0
        z    | log(x)      | -99
        u    | 0 * z       | 0
        """,
    )
    assert [difference.computed for difference in example.differences()] == ["-inf", "nan"]


def test_backward_may_begin_elsewhere(record: Record) -> None:
    assert differing(record(output="y")) == [
        ("a", "gradient"),
        ("x", "gradient"),
        ("y", "gradient"),
        ("z", "gradient"),
    ]


def test_shapes_that_do_not_fit_are_told_with_the_line() -> None:
    example = Example(
        title="A product",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value
        W    | given       | [[1, 2], [3, 4]]
        x    | given       | [1, 2, 3]
        z    | W @ x       | [1, 2]
        """,
    )
    with pytest.raises(ExampleError, match=r"(?s)A product, line 4: z cannot be computed: .*\(2, 2\).*W @ x"):
        example.check()


def test_backward_begins_at_one_number() -> None:
    table = """
    name | computed as | value  | gradient
    x    | given       | [1, 2] | [3, 3]
    z    | 3 * x       | [3, 6] | 1 (2)
    """
    example = Example(title="Two", source="A book", decimals=2, table=table)
    with pytest.raises(ExampleError, match=r"backward begins at one number, and z has shape \(2,\)"):
        example.check()


def test_backward_needs_a_way_to_go(record: Record) -> None:
    example = record(("| 15", "| -"), ("| 6     | 3", "| 6     | -"), ("| 6\n", "| -\n"), ("| 1\n", "| -\n"))
    with pytest.raises(ExampleError, match="no input of z has a gradient"):
        example.check()


def test_then_is_computed_after_backward(record: Record) -> None:
    then = """
    name  | computed as              | value
    alpha | given                    | 0.1
    slope | grad(x, a)               | 3
    new_a | a - alpha * grad(z, a)   | 0.5
    twice | 2 * new_a                | 1
    """
    record(then=then).check()
    assert differing(record(then=then.replace("0.5", "0.6"))) == [("new_a", "value")]


def test_the_run_gives_tensors_with_gradients(record: Record) -> None:
    run = record().run()
    assert isinstance(run["x"], mg.Tensor)
    assert run["x"].grad.item() == 3
    assert run.output is run["z"]
    assert list(run) == ["a", "x", "y", "z"]
    with pytest.raises(KeyError, match="there is no 'w'"):
        run["w"]


def test_values_are_float64(record: Record) -> None:
    assert all(tensor.dtype == np.float64 for tensor in record().run().tensors().values())


@pytest.mark.parametrize(
    ("formula", "x", "is_"),
    [("1 / x", 0, "infinite"), ("log(x)", -1, "not a number"), ("log(x)", 0, "infinite")],
)
def test_what_cannot_be_written_is_said(formula: str, x: int, is_: str) -> None:
    table = f"name | computed as | value\n x | given | {x}\n y | {formula} | 7"
    with pytest.raises(WrongNumbers, match=f"The value of y is {is_}, .*: choose other inputs") as caught:
        Example(title="One", source="", decimals=2, table=table).check()
    assert caught.value.differences[0].to_write == "no number"


@pytest.mark.parametrize("by_x", ["4", "-"])
def test_grad_the_wrong_way_round_says_what_to_write(by_x: str) -> None:
    lines = ["name | computed as | value | gradient", "a | given | 1 | 4", f"x | given | 2 | {by_x}"]
    table = "\n".join([*lines, "f | a * x ** 2 | 4 | 1"])
    then = "name | computed as | value\n g | grad(x, f) | 4"
    with pytest.raises(ExampleError, match=r"is not computed from the second.*grad\(L, b\)") as caught:
        Example(title="One", source="", decimals=2, table=table, then=then).check()
    assert "allow_unused" not in str(caught.value)
