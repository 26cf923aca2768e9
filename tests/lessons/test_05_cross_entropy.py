"""Lesson 5 runs, draws, and its check knows the mean number of bits from others."""

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minigrad import course
from tests.lessons.conftest import how_it_stands, only_the_check

LESSON = "05_cross_entropy.py"


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    for line in (
        "one chance in 1024, bits: 10",
        "A throw of the bent coin brings 0.72 bits on average, one of the fair coin 1.",
        "In pairs, a throw of the bent coin costs 0.78 digits. Its entropy is 0.72.",
        "KL    sum(p * log2(p / q))  0.28",
        "both  Hp + KL               1",
        "q      given                 0.5      -1.2",
        "Checked: the loss of the fair guess, 0.6931, is the 1.00 bits of CE in the table of p and q.",
        "l     log(q)       [-0.6931, -0.6931]  [-0.8, -0.2]",
        "Checked: -1.6 - (-0.4) = -1.2, for as q grows, 1 - q falls.",
        "Checked: starting at one half, minigrad ends at 0.8000.",
        "probabilities [0.54, 0.46], right is class 2: 0.4554",
        "Checked: cross_entropy gives the same, the 0.43 of lesson 4.",
    ):
        assert line in printed
    assert printed.count("Checked: ") == 7
    assert printed.endswith(
        "Exercise: cost_per_letter() is still to be written. "
        "Write it in 05_cross_entropy.py, and run the lesson again.\n"
    )
    for name in ("entropy", "guesses"):
        picture = tmp_path / f"output/05_cross_entropy/{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert str(picture.resolve()) in printed


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


def test_its_exercise_can_be_solved() -> None:
    body = "    return sum(math.log2(1 / q[letter]) for letter in text) / len(text)\n"
    assert how_it_stands(LESSON, body) == "Exercise: cost_per_letter() is right. Solved!"


Answer = Callable[[str, dict[str, float]], Any]


def by_counting(text: str, q: dict[str, float]) -> float:
    """The cross-entropy of the letters' frequencies and q."""
    return -sum(count / len(text) * math.log2(q[letter]) for letter, count in Counter(text).items())


WRONG: dict[str, Answer] = {
    "nothing": lambda text, q: None,
    "zero": lambda text, q: 0.0,
    "natural logarithm": lambda text, q: by_counting(text, q) * math.log(2),
    "sum": lambda text, q: by_counting(text, q) * len(text),
    "sign": lambda text, q: -by_counting(text, q),
    "every letter once": lambda text, q: sum(math.log2(1 / q[x]) for x in set(text)) / len(set(text)),
    "entropy of q": lambda text, q: sum(p * math.log2(1 / p) for p in q.values()),
    "entropy of the text": lambda text, q: by_counting(
        text, {letter: count / len(text) for letter, count in Counter(text).items()}
    ),
    "the mean probability": lambda text, q: -math.log2(sum(q[letter] for letter in text) / len(text)),
    "whole digits": lambda text, q: sum(math.ceil(math.log2(1 / q[letter])) for letter in text) / len(text),
    "infinite": lambda text, q: math.inf,
    "not a number": lambda text, q: math.nan,
}


def test_its_check_refuses_other_answers() -> None:
    check = only_the_check(LESSON)
    check(by_counting)
    for answer in WRONG.values():
        with pytest.raises(course.NotYet):
            check(answer)
