"""Lesson 3 runs, draws, and its check knows the rule of the share from others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from minigrad import course
from tests.lessons.conftest import how_it_stands, only_the_check
from tests.viz.scrubbing.pages import sentences

LESSON = "03_chain_rule.py"


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    assert "At a = 2 the function is 18, and its measured slope is 15.0000." in printed
    assert "a = 3, b = -2, z = -1.5; 5 arrives; a gets -2.5, b gets -3.75" in printed
    assert "sum a        -                  3*y + x  15" in printed
    assert printed.count("Checked: ") == 3
    assert printed.endswith(
        "Exercise: share_rule() is still to be written. "
        "Write it in 03_chain_rule.py, and run the lesson again.\n"
    )
    folder = tmp_path / "output/03_chain_rule"
    pictures = {"two_paths.png", *(f"step{k}.png" for k in range(4))}
    assert {path.name for path in folder.iterdir()} == {"two_paths.html", *pictures}
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    assert len({(folder / name).read_bytes() for name in pictures}) == 5
    page = folder / "two_paths.html"
    assert str(page.resolve()) in printed
    assert "To a: 3 × 3 = 9, added to 6 that came before: 15." in sentences(page)


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


def test_its_exercise_can_be_solved() -> None:
    """With the rules of the lesson, one after another: by way of s = a + b."""
    told = how_it_stands(
        LESSON,
        "    s = a + b\n    above = dz / s\n    ds = -dz * a / s**2\n    return above + ds, ds\n",
    )
    assert told == "Exercise: share_rule() is right. Solved!"


WRONG = {
    "nothing": lambda dz, a, b: None,
    "one": lambda dz, a, b: dz * b / (a + b) ** 2,
    "first way only": lambda dz, a, b: (dz / (a + b), -dz * a / (a + b) ** 2),
    "second way only": lambda dz, a, b: (-dz * a / (a + b) ** 2, -dz * a / (a + b) ** 2),
    "upstream forgotten": lambda dz, a, b: (b / (a + b) ** 2, -a / (a + b) ** 2),
    "sign": lambda dz, a, b: (dz * b / (a + b) ** 2, dz * a / (a + b) ** 2),
    "exchanged": lambda dz, a, b: (-dz * a / (a + b) ** 2, dz * b / (a + b) ** 2),
    "square forgotten": lambda dz, a, b: (dz * b / (a + b), -dz * a / (a + b)),
}


def test_its_check_refuses_other_answers() -> None:
    check = only_the_check(LESSON)
    check(lambda dz, a, b: (dz * b / (a + b) ** 2, -dz * a / (a + b) ** 2))
    for answer in WRONG.values():
        with pytest.raises(course.NotYet):
            check(answer)
