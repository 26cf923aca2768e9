"""A record is read, said and shown as it stands; a line that cannot be read is told with what to write."""

from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pytest

from minigrad.course import Example, ExampleError

Record = Callable[..., Example]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3 * a", "3 * b", r"Two ways, line 3: 'b' is not in the table"),
        ("x * y", "x * yy", r"line 5: 'yy' is not in the table\. Did you mean y\?"),
        (
            "3 * a",
            "pi * a",
            r"line 3: 'pi' is not in the table\. Write the number, .* pi \| given \| 3\.14159265",
        ),
        ("3 * a", "Pi * a", r"'Pi' is not in the table\. Write the number, 3\.14159265"),
        ("3 * a", "|a|", r"here are 6\. The bars of an absolute value are abs\(x\)\."),
        ("3 * a", "π * a", r"'π' is not in the table\. Write the number, 3\.14159265"),
        ("3 * a", "e * a", r"'e' is not in the table\. Write the number, 2\.71828183"),
        ("3 * a", "e ** a", r"'e' is not in the table\. .* A power of it is exp\(x\)"),
        ("3 * a", "3 * y", r"line 3: y is used before it is computed, in line 4"),
        ("3 * a", "3 * x", r"x is used before it is computed"),
        ("3 * a", "expp(a)", r"(?s)line 3: 'expp' is no function.*Did you mean exp\?.*x    \| expp\(a\)"),
        ("| 6     | 3", "|       | 3", "line 3: x has no value. Work it out"),
        ("| 6     | 3", "| 6     |  ", "line 3: x has no gradient. Work it out, or write -"),
        (
            "| 6     | 3",
            "| 6",
            r"line 3: 4 entries are expected \(name, computed as, value, gradient\).* are 3",
        ),
        ("| 6     | 3", "| 6     | 3 | 3", "here are 5"),
        ("| 6     | 3", "| six   | 3", "line 3: 'six' is no number"),
        ("| 6     | 3", "| 6     | n", "line 3: 'n' is no number"),
        ("| 2     | 15", "| 2...  | 15", "what is given is exact"),
        ("| 2     | 15", "| ~2    | 15", "what is given is exact"),
        ("    x  ", "    2x ", "'2x' is no name"),
        ("    x  ", "    _x ", "'_x' is no name"),
        ("    x  ", "    x₁ ", "'x₁' is no name.* as in x1 or new_b"),
        ("    x  ", "   a·b ", "'a·b' is no name"),
        ("    x  ", "lambda", "line 3: lambda is a word of Python.*choose another name, such as lambda_"),
        ("3 * a", "3·a", r"(?s)line 3: '3·a' has the sign ·, .*Write 3\*a\.\n    x    \| 3·a"),
        ("| 6     | 3", "| 6,0   | 3", "line 3: '6,0' has a decimal comma"),
        ("    x  ", "    a  ", "a has been computed already"),
        ("    x  ", "    exp", "exp is the name of a function"),
        ("    x    | 3", "    grad | 3", "grad is the name of a function"),
        ("3 * a", "a", "x would be a under a second name"),
        ("3 * a", "", "does not say how it is computed"),
        ("3 * a", "grad(a, a)", "'grad' is no function"),
        ("computed as", "how", "a table begins with its headings"),
    ],
)
def test_a_line_that_cannot_be_read(record: Record, old: str, new: str, message: str) -> None:
    with pytest.raises(ExampleError, match=message):
        record((old, new))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"table": ""},
            r"Two ways is empty\. It begins with its headings:\n    name \| computed as \| value",
        ),
        ({"table": "name | computed as | value"}, "no line under them"),
        ({"rounding": "up"}, "rounding is"),
        ({"decimals": -1}, "decimals must be 0 or more"),
        ({"output": "w"}, "the output 'w' is no node"),
        ({"output": ""}, "the output '' is no node"),
        (
            {"then": "name | computed as | value\n b | grad(z, w) | 1"},
            "Two ways, afterwards, line 2: 'w' is not",
        ),
        ({"then": "name | computed as | value\n a | z + 1 | 19"}, "a has been computed already"),
        ({"then": "name | computed as | value | gradient\n b | z + 1 | 19 | 1"}, "begins with its headings"),
    ],
)
def test_a_record_that_cannot_be_read(record: Record, options: dict[str, object], message: str) -> None:
    with pytest.raises(ExampleError, match=message):
        record(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decimals": "2"}, r"decimals is a whole number, not '2'\. Write decimals=2"),
        ({"decimals": 2.0}, r"decimals is a whole number, not 2\.0"),
        ({"decimals": None}, "decimals is a whole number, not None"),
        ({"decimals": True}, "decimals is a whole number, not True"),
        ({"title": None}, "Example: title is text in quotes, not None"),
        ({"source": 3}, "source is text in quotes, not 3"),
        ({"about": 4}, "about is text in quotes, not 4"),
        ({"table": ["name", "value"]}, "table is text in quotes, one line for each name, not a list"),
        ({"paths": 5}, "paths is text in quotes, one line for each path, not 5"),
        ({"then": {}}, "then is text in quotes, one line for each name, not a dict"),
        ({"output": 3}, "output is text in quotes, the name of a node, not 3"),
        ({"rounding": ["round"]}, 'rounding is text in quotes, "round" or "cut", not a list'),
    ],
)
def test_an_argument_of_the_wrong_type(record: Record, options: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        record(**options)


def test_any_whole_number_will_do_for_decimals(record: Record) -> None:
    assert record(decimals=np.int64(2)).text() == record().text()


def test_a_markdown_table_may_be_pasted_in(record: Record) -> None:
    table = """
    | name | computed as | value | gradient |
    |------|:-----------:|------:|----------|
    | a    | given       | 2     | 15       |

    | x    | 3 * a       | 6     | 3        |
    | y    | a + 1       | 3     | 6        |
    | z    | x * y       | 18    | 1        |
    """
    pasted = record(table=table)
    pasted.check()
    assert str(pasted) == str(record())


def test_numbers_in_a_sentence(record: Record) -> None:
    example = record(("| 6     | 3", "| 6.00... | 3"))
    assert (
        example.say("x = {x}, and dz/dx = {grad.x}; {{a}} = {a:>3}.") == "x = 6.00, and dz/dx = 3; {a} =   2."
    )
    with pytest.raises(KeyError, match="no node 'w'"):
        example.say("{w}")
    with pytest.raises(KeyError, match="no node 'w'"):
        example.say("{grad.w}")
    with pytest.raises(AttributeError, match="no gradient of x is written"):
        record(("| 6     | 3", "| 6     | -")).say("{grad.x}")


def test_elements_in_a_sentence() -> None:
    example = Example(
        title="A product",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value            | gradient
        W    | given       | [[1, 2], [3, 4]] | [[5, 6], [5, 6]]
        x    | given       | [5, 6]           | [4, 6]
        L    | sum(W @ x)  | 56               | 1
        """,
    )
    example.check()
    assert example.say("{W[1][0]} {W[1]} {grad.W[0][1]}") == "3 [3, 4] 6"
    with pytest.raises(ExampleError, match=r"say cannot fill in '\{W\[a\]\}'"):
        example.say("{W[a]}")
    assert np.array_equal(example.given["W"], [[1, 2], [3, 4]])


def test_given(record: Record) -> None:
    example = record(then="name | computed as | value\n alpha | given | 0.1")
    assert {name: array.item() for name, array in example.given.items()} == {"a": 2, "alpha": 0.1}


def test_text(record: Record) -> None:
    example = record(
        ("| 6     | 3", "| 6.00... | 3"),
        then="name | computed as | value\n b | a - 0.1 * grad(z, a) | 0.5",
        paths="""
        path        | local derivatives | product | value
        z -> x -> a | y, 3              | 3*y     | 9
        z -> y -> a | x, 1              | x       | 6
        """,
    )
    assert str(example) == "\n".join(
        [
            "Two ways",
            "",
            "name  computed as  value    gradient of z",
            "----  -----------  -------  -------------",
            "a     given        2        15",
            "x     3 * a        6.00...  3",
            "y     a + 1        3        6",
            "z     x * y        18       1",
            "",
            "The paths back from z",
            "",
            "path         local derivatives  product  value",
            "-----------  -----------------  -------  -----",
            "z -> x -> a  y, 3               3*y      9",
            "z -> y -> a  x, 1               x        6",
            "",
            "Afterwards",
            "",
            "name  computed as           value",
            "----  --------------------  -----",
            "b     a - 0.1 * grad(z, a)  0.5",
            "",
            "Numbers are rounded to 2 decimals or more; dots mark one whose other digits were cut off.",
            "Source: A book",
        ]
    )


def test_forward_alone(record: Record) -> None:
    example = record()
    assert "gradient" not in example.text(gradients=False)
    assert "gradient" not in example.markdown(gradients=False)
    assert "gradient" not in example.html(gradients=False)
    assert "x     3 * a        6\n" in example.text(gradients=False)


def test_a_part_of_the_lines(record: Record) -> None:
    text = record().text(only=["x", "z"])
    assert "x * y" in text
    assert "a + 1" not in text
    with pytest.raises(KeyError, match="no node 'w'"):
        record().text(only=["w"])


def test_markdown(record: Record) -> None:
    lines = record(("| 6     | 3", "| ~6 | 3"), about="What to see.", rounding="cut").markdown().splitlines()
    assert lines[:6] == [
        "What to see.",
        "",
        "**Two ways**",
        "",
        "| name | computed as | value | gradient of z |",
        "| --- | --- | --- | --- |",
    ]
    assert lines[7] == "| `x` | `3 * a` | \\~6 | 3 |"
    assert lines[-1] == (
        "Numbers are cut to 2 decimals or more; \\~ marks one that is rounded. Source: A book"
    )


def test_signs_that_markdown_would_take_for_its_own(record: Record) -> None:
    example = record(
        ("    z    |", "    z_1_ |"),
        title="a * b, x_i | *c*",
        source="snake_case_book, ch. [1](2)",
        about="3 * 4 * 5 < `6` ~~7~~",
    )
    lines = example.markdown().splitlines()
    assert lines[0] == r"3 \* 4 \* 5 \< \`6\` \~\~7\~\~"
    assert lines[2] == r"**a \* b, x\_i \| \*c\***"
    assert lines[4] == r"| name | computed as | value | gradient of z\_1\_ |"
    assert lines[9] == "| `z_1_` | `x * y` | 18 | 1 |"  # between backticks a sign is itself
    assert lines[-1].endswith(r"Source: snake\_case\_book, ch. [1]\(2)")


class Cells(HTMLParser):
    """The text of each cell, row after row, and a check that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_html(record: Record) -> None:
    example = record(title="a < b & c")
    parser = Cells()
    parser.feed(example.html())
    assert not parser.open
    assert parser.rows == [
        ["name", "computed as", "value", "gradient of z"],
        ["a", "given", "2", "15"],
        ["x", "3 * a", "6", "3"],
        ["y", "a + 1", "3", "6"],
        ["z", "x * y", "18", "1"],
    ]
    assert "<caption>a &lt; b &amp; c</caption>" in example.html()
    assert example._repr_html_() == example.html()


def test_the_nodes_of_a_record(record: Record) -> None:
    example = record()
    assert str(example["x"].value) == "6"
    assert str(example["x"].gradient) == "3"
    assert example["x"].formula is not None
    assert example["x"].formula.names == ("a",)
    assert repr(example) == "<Example 'Two ways', 4 nodes>"


def test_a_fraction_and_pi_are_written_as_the_errors_say() -> None:
    Example(
        title="A third of pi",
        source="A book",
        decimals=2,
        table="""
        name  | computed as | value      | gradient
        pi    | given       | 3.14159265 | 0.33
        third | 1/3         | 0.33       | -
        z     | third * pi  | 1.05       | 1
        """,
    ).check()


def test_names_of_all_alphabets() -> None:
    Example(
        title="Greek",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value | gradient
        α    | given       | 2     | 4
        ŷ    | α ** 2      | 4     | 1
        """,
    ).check()


def test_the_picture_has_the_names_of_the_record(record: Record) -> None:
    picture = record().picture()
    assert {box.name for box in picture.description.boxes.values()} == {"a", "x", "y", "z"}
    assert picture.render(format="svg").startswith(b"<svg")
    assert record().picture(step=1).svg != picture.svg


def test_the_picture_has_every_gradient() -> None:
    three = Example(
        title="A sum of three",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value | gradient
        a    | given       | 2     | 6
        b    | given       | 3     | 6
        c    | given       | 1     | 6
        half | given       | 0.5   | -
        z    | a + b + c   | 6     | 6
        L    | half * z**2 | 18    | 1
        """,
    )
    boxes = three.picture().description.boxes.values()
    assert sorted(box.gradient.item() for box in boxes if box.has_gradient) == [0.5, 1, *[6] * 5]
    assert [box.name for box in boxes if not box.has_gradient] == ["half"]


@pytest.mark.parametrize("gradient", ["1", "-"])
def test_where_nothing_is_computed_there_is_no_picture(gradient: str) -> None:
    given = Example(
        title="Two numbers",
        source="A book",
        decimals=2,
        table=f"name | computed as | value | gradient\n a | given | 2 | - \n b | given | 3 | {gradient}",
    )
    with pytest.raises(
        ExampleError, match=r"(?s)Two numbers, line 3: b is given.*nothing to draw.*b \| given"
    ):
        given.picture()


def test_the_picture_of_a_record_without_gradients_has_none() -> None:
    forward = Example(
        title="Forward",
        source="A book",
        decimals=2,
        table="""
        name | computed as | value
        a    | given       | 2
        z    | 3 * a       | 6
        """,
    )
    assert not any(box.has_gradient for box in forward.picture().description.boxes.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{grad}", r"\{grad\} does not say of which: write \{grad.x\}"),
        ("{grad!s}", r"\{grad\} does not say of which"),
        ("{x:.2f}", r"as it is written, 6, and '.2f' cannot change its digits"),
        ("{x", r"say cannot fill in '\{x': .*Write \{x\} for the value of x"),
    ],
)
def test_a_field_that_cannot_be_filled_in(record: Record, text: str, message: str) -> None:
    with pytest.raises(ExampleError, match=message):
        record().say(text)


def test_what_is_not_given(record: Record) -> None:
    given = record().given
    with pytest.raises(KeyError, match=r"x is computed, not given. example.run\(\)\['x'\]"):
        given["x"]
    with pytest.raises(KeyError, match=r"Two ways has no input 'aa'. Did you mean a\?"):
        given["aa"]
