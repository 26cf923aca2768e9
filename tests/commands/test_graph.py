"""``minigrad graph``: the numbers of a formula, forward and backward, and its picture; no Python is run."""

import math
import re
from pathlib import Path

import pytest

from minigrad.commands import main
from minigrad.viz.graphs import picture

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "commands.md"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(told: str) -> dict[str, list[str]]:
    """The lines of the table by their first word."""
    return {line.split()[0]: line.split() for line in told.splitlines()[2:] if line[:1].strip()}


def test_values_and_gradients_are_those_of_the_chain_rule(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", "tanh(a*b + c)", "a=2", "b=-3", "c=6.5", "--digits", "10"]) == 0
    table = rows(capsys.readouterr().out)
    slope = 1 - math.tanh(0.5) ** 2
    for name, value, gradient in (
        ("a", 2, -3 * slope),
        ("b", -3, 2 * slope),
        ("c", 6.5, slope),
        ("(1)", -6, slope),
        ("(2)", 0.5, slope),
        ("result", math.tanh(0.5), 1),
    ):
        assert float(table[name][-2]) == pytest.approx(value, abs=1e-9)
        assert float(table[name][-1]) == pytest.approx(gradient, abs=1e-9)
    assert table["(2)"][1:4] == ["+", "(1),", "c"]


def test_the_guide_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(r'```text\n\$ minigrad graph "(.*?)" (.*?)\n(.*?)```', GUIDE.read_text(), re.DOTALL)
    assert found is not None
    assert main(["graph", found[1], *found[2].split()]) == 0
    assert capsys.readouterr().out == found[3]


def test_matrices_take_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "sum(W @ x)", "W=[[1, 2], [3, 4]]", "x = [5, -6]"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"\nW +\[1  2\] +\[5  -6\]\n +\[3  4\] +\[5  -6\]\n", told)  # dL/dW[i, j] = x[j]
    assert re.search(r"\nx +\[5, -6\] +\[4, 6\]\n", told)  # dL/dx[j] = W[0, j] + W[1, j]
    assert rows(told)["result"][-2:] == ["-16", "1"]  # 5 - 12 + 15 - 24


def test_the_picture_is_written_where_one_wants_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "a*b", "a=2", "b=3"]) == 0
    assert "\nThe graph is in graph.svg\n" in capsys.readouterr().out
    assert "<svg" in (folder / "graph.svg").read_text()
    assert main(["graph", "a*b", "a=2", "b=3", "--output", "other.png"]) == 0
    assert (folder / "other.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["log(a)", "a=-1"], "nan is result: log of -1. A logarithm is of numbers above 0."),
        (["log2(a)", "a=0"], "-inf is result: log2 of 0. A logarithm is of numbers above 0."),
        (["sqrt(a) * 2", "a=-4"], "nan is (1): √ of -4. A root is of numbers from 0 on."),
        (["sqrt(a) * 2", "a=0"], "inf is the gradient of a: √ of 0. Its slope there is infinite."),
        (
            ["sum(x**0.5)", "x=[1, -2, -3]"],
            "nan is (1): ^ 0.5 of -2. Negative numbers have whole powers only.",
        ),
        (["sum(x / a)", "x=[1, 2]", "a=0"], "inf is (1): ÷ of 1 and 0. Nothing can be divided by 0."),
        (["a ** -2", "a=0"], "inf is result: ^ (-2) of 0. 0 has no negative powers."),
        (["sum(W @ x) * 0", "W=[[1e200]]", "x=[1e200]"], "inf is (1): @"),
        (["1 / a", "a=0"], "inf is result: ÷ of ? and 0. Nothing can be divided by 0."),
        (["0 * exp(a)", "a=1000"], "inf is (1): exp of 1000. It is beyond 1.8e308, where numbers end."),
        (["sum(x) - a", "x=[1e308, 1e308]", "a=1"], "inf is (1): Σ. It is beyond 1.8e308"),
        (["sum(x)**2", "x=[1e200, 0]"], "inf is result: ^ 2 of 1e+200. It is beyond 1.8e308"),
        (["a*0", "a=inf"], "inf is a, as it was given."),
    ],
)
def test_the_first_number_that_is_not_finite_is_told_with_the_reason(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", *arguments]) == 0
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if line.startswith("The first ")]
    assert f"The first {said}" in line and len(line) <= 80


def test_many_numbers_are_told_by_their_shape(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "sum(x**2)", f"x={list(range(20))}"]) == 0
    table = capsys.readouterr().out
    assert "of shape (20,)" in table
    assert rows(table)["result"][-2:] == ["2470", "1"]  # 19 * 20 * 39 / 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["__import__('os').system('ls')"], "is more than a formula can hold"),
        (["(lambda: 1)()"], "is more than a formula can hold"),
        (["a +", "a=1"], "cannot be read as a formula"),
        (["L = a*b", "a=1", "b=2"], "leave out L =, a formula alone is wanted"),
        (["a*b", "a=1"], "b has no value. Write it after the formula: b=2"),
        (["a*2", "a=1", "b=2"], "b does not stand in the formula: its names are a"),
        (["2*3", "b=2"], "b does not stand in the formula: it has no names"),
        (["2*3"], "numbers alone"),
        (["a", "a=1"], "there is no operation to draw"),
        (["x**2", "x=[1, 2]"], "the result has shape (2,)"),
        (["sum(W @ x)", "W=[[1, 2]]", "x=[1, 2, 3]"], "(1, 2) @ (3,)"),
        (["x[4]*2", "x=[1, 2]"], "index 4 is out of range"),
        (["x*2", "x=[1, [2]]"], "cannot be read: a number, or rows of them"),
        (["x*2", "x=two"], "cannot be read: a number, or rows of them"),
        (["x*2", "x"], "'x' is not a name with its value"),
        (["x*2", "2=x"], "'2=x' is not a name with its value"),
        (["x*2", "x=1", "--output", "graph.gif"], ".svg, .png or .pdf"),
        (["x*2", "x=1", "--output", "nowhere/graph.svg"], "nowhere'. Make it first."),
        (["x*2", "x=1", "--digits", "-1"], "precision is a whole number"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", *arguments]) == 1
    told = capsys.readouterr().err
    assert told.startswith("minigrad: ") and said in told.replace("\\", "/")


def test_without_an_engine_the_numbers_are_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def render(*arguments: object) -> bytes:
        raise RuntimeError("graph: there is no engine to lay a graph out")

    monkeypatch.setattr(picture, "render", render)
    assert main(["graph", "a*b", "a=2", "b=3"]) == 1
    told = capsys.readouterr()
    assert rows(told.out)["result"][-2:] == ["6", "1"]
    assert "no engine" in told.err
