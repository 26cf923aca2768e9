"""Written numbers are read as they stand, and agree with exactly those numbers that one would write so."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minigrad.course.written import read


def agrees(text: str, computed: float, decimals: int = 2, rounding: str = "round") -> bool:
    (number,) = read(text, decimals, rounding).numbers
    return number.agrees(computed)


@pytest.mark.parametrize(
    ("text", "computed", "right"),
    [
        ("2.62", 2.6195397, True),
        ("2.61", 2.6195397, False),  # that is cut
        ("2.61...", 2.6195397, True),
        ("2.62...", 2.6195397, False),
        ("-0.51", -0.506, True),
        ("-0.5", -0.506, False),  # -0.50 is meant
        ("-0.5...", -0.506, True),  # toward zero
        ("-0.51...", -0.506, False),
        ("-0.207", -0.207135, True),  # three decimals count when three are written
        ("-0.208", -0.207135, False),
        ("0", 0.3, False),
        ("0", 0.004, True),
        ("0", -0.004, True),
        ("0...", -0.009, True),
        ("1", 0.994, False),
        ("0.13", 0.125, True),  # either neighbour of a number halfway
        ("0.12", 0.125, True),
        ("0.3", 0.1 + 0.2, True),
        ("0.30...", 0.3 - 1e-16, True),  # 0.3 is no float
        ("\N{MINUS SIGN}0.51", -0.506, True),
        ("2.61\N{HORIZONTAL ELLIPSIS}", 2.6195397, True),
        ("0.19", -0.19, False),
        ("1", math.nan, False),
        ("1", math.inf, False),
    ],
)
def test_rounded_and_cut(text: str, computed: float, right: bool) -> None:
    assert agrees(text, computed) is right


def test_a_record_that_cuts_marks_what_is_rounded() -> None:
    assert agrees("2.61", 2.6195, rounding="cut")
    assert not agrees("2.62", 2.6195, rounding="cut")
    assert agrees("~2.62", 2.6195, rounding="cut")


@given(st.floats(-1e4, 1e4), st.integers(0, 5))
@example(0.5, 0)
@example(-0.0, 2)
def test_python_s_own_rounding_is_accepted_and_its_neighbours_are_not(x: float, decimals: int) -> None:
    unit = 10.0**-decimals
    text = f"{x:.{decimals}f}"
    assert agrees(text, x, decimals)
    for other in (float(text) + unit, float(text) - unit):
        halfway = abs(abs(other - x) - unit / 2) < 1e-9 * max(1, abs(x))
        assert halfway or not agrees(f"{other:.{decimals}f}", x, decimals)


@given(st.integers(-10_000_000, 10_000_000), st.integers(0, 5))
def test_what_it_says_to_write_is_right(thousandths: int, decimals: int) -> None:
    x = thousandths / 1000
    for mark in ("", "..."):
        (number,) = read("0" + mark, decimals, "round").numbers
        assert agrees(number.of(x) + mark, x, decimals)


def test_arrays() -> None:
    matrix = read("[[0.65, 1.19], [0.69, -0.92]]", 2, "round")
    assert matrix.shape == (2, 2)
    assert np.array_equal(matrix.exact(), [[0.65, 1.19], [0.69, -0.92]])
    assert str(matrix[1]) == "[0.69, -0.92]"
    assert f"{matrix[1][-1]:>7}" == "  -0.92"
    with pytest.raises(IndexError, match="counted from 0, and none at 2"):
        matrix[2]
    with pytest.raises(IndexError, match="one number"):
        matrix[0][0][0]
    assert str(read("[~0.19, 2.61...]", 2, "cut")) == "[0.19, 2.61]"
    assert read("0.5", 2, "round").shape == ()


def test_a_number_with_a_shape_fills_it() -> None:
    for text in ("0.5 (4 x 10)", "0.5 (4×10)", "0.5 (4, 10)"):
        filled = read(text, 2, "round")
        assert filled.shape == (4, 10)
        assert np.array_equal(filled.exact(), np.full((4, 10), 0.5))
    assert read("-1 (3)", 2, "round").shape == (3,)
    assert str(filled[0][0]) == "0.5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "missing"),
        ("1,5", r"'1,5' has a decimal comma; write it with a point: 1\.5\. A vector has brackets: \[1, 5]."),
        ("-0,51...", r"decimal comma; write it with a point: -0\.51\.\.\.\."),
        ("0,5 (4 x 10)", r"decimal comma; write it with a point: 0\.5\. "),
        ("1.000,5", "one number is expected"),
        (
            "1 5",
            r"one number is expected, got '1 5'\. Several stand in brackets, with commas: \[0\.2, 0\.7]\.",
        ),
        ("1.5.2", "'1.5.2' is no number"),
        ("1e3", r"'1e3' has an exponent; write it out: 1000\."),
        ("-2.5E-3", r"'-2.5E-3' has an exponent; write it out: -0\.0025\."),
        ("1e999", "'1e999' is no number"),
        ("1/3", r"'1/3' is a fraction; write it with a point, 0\.33.* formula 1/3\."),
        ("-1/2", r"'-1/2' is a fraction; write it with a point, -0\.50"),
        ("1/0", "'1/0' is no number"),
        ("[0.5, 1/4]", r"'1/4' is a fraction; write it with a point, 0\.25"),
        ("1 / 2", r"'1 / 2' is a fraction; write it with a point, 0\.50"),
        ("50%", r"'50%' is a percentage; write it with a point, 0\.5\."),
        ("12.5 %", r"'12.5 %' is a percentage; write it with a point, 0\.125\."),
        ("pi", r"'pi' is no number; .* all its digits: 3\.14159265"),
        ("~0.19...", "is no number"),
        ("[1, 2", "not closed"),
        ("[1 2]", "comma is missing"),
        ("[1, 2]]", "not ']'"),
        ("[[1, 2], [3]]", "same number of entries"),
        ("[1, [2]]", "same number of entries"),
        ("[]", r"the brackets are empty, .* at least one number: \[0\.2, 0\.7]"),
        ("[[], []]", "the brackets are empty"),
        ("[1, ]", r"a number is missing before ']'"),
        ("0 (4 by 10)", "no shape"),
        ("0 (0 x 10)", "no shape"),
        ("nan", "is no number"),
        ("0.5 ()", "no shape"),
    ],
)
def test_what_is_no_number_is_refused_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace("]", r"\]")):
        read(text, 2, "round")
