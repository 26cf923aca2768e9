"""Lesson 21: one photograph knows nothing, both halves do, and its check knows slips."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minigrad import course
from minigrad.course.examples import few
from tests.lessons.conftest import LESSONS, only_the_check, with_options

LESSON = "21_forty_outfits.py"
SOLUTION = """\
    names = list(dict.fromkeys(groups))
    fold_of = {name: i % count for i, name in enumerate(names)}
    return [[p for p, name in enumerate(groups) if fold_of[name] == fold] for fold in range(count)]
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("lesson")
    done = with_options(LESSON, folder, "--pictures", "78", body=SOLUTION)
    assert done.returncode == 0, done.stderr
    return folder / "output" / "21_forty_outfits", done.stdout


def test_what_twenty_say_is_printed(solved: tuple[Path, str]) -> None:
    _, printed = solved
    assert str(few.twenty) in printed and str(few.enough) in printed
    assert re.search(r"Twenty random scores: AUC 0\.\d+ \(0\.[0-3]\d+ to 0\.[67]\d+\)", printed)


def test_the_table_is_that_of_the_file_of_results(solved: tuple[Path, str]) -> None:
    _, printed = solved
    kept = json.loads((LESSONS.parent / "docs/results/outfits_as_reported.json").read_text())
    one = kept["results"]["resnet18, training"]["by photograph"]["accuracy"]
    row = re.search(r"^accuracy +([\d.]+) +([\d.]+) +([\d.]+)   0.500 \((\d+)%\), 0.450", printed, re.M)
    assert row is not None
    assert [float(number) for number in row.groups()] == pytest.approx(
        [one["mean"], one["2.5 %"], one["97.5 %"], 100 * one["below the report"]["ResNet18"]], abs=0.51
    )


def test_one_photograph_knows_nothing_and_both_halves_do(solved: tuple[Path, str]) -> None:
    output, printed = solved
    line = r"^(one photograph, by \w+|both halves, by \w+) +AUC ([\d.]+) \(([\d.]+) to ([\d.]+)\)"
    rows = re.findall(line, printed, re.M)
    found = {name: [float(number) for number in numbers] for name, *numbers in rows}
    assert found["both halves, by outfit"][1] > 0.5
    # Of so few outfits an AUC has a deviation of 0.03 over other drawings, its interval says 0.015.
    assert abs(found["one photograph, by outfit"][0] - 0.5) < 0.1
    assert found["one photograph, by photograph"][2] < 0.5  # the leak turns it round
    assert (output / "outfits.png").read_bytes().startswith(b"\x89PNG")
    assert printed.endswith("Exercise: folds() is right. Solved!\n")


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def cut(groups: list[int], count: int) -> list[list[int]]:
    names = list(dict.fromkeys(groups))
    return [[p for p, name in enumerate(groups) if names.index(name) % count == f] for f in range(count)]


WRONG: dict[str, Callable[..., Any]] = {
    "by place": lambda groups, count: [list(range(f, len(groups), count)) for f in range(count)],
    "by the group's number": lambda groups, count: [
        [p for p, name in enumerate(groups) if name % count == f] for f in range(count)
    ],
    "all in the first": lambda groups, count: [list(range(len(groups)))] + [[]] * (count - 1),
    "one fold short": lambda groups, count: cut(groups, count)[:-1],
    "a place left out": lambda groups, count: [cut(groups, count)[0][1:], *cut(groups, count)[1:]],
    "the others, to learn from": lambda groups, count: [
        [p for p in range(len(groups)) if p not in fold] for fold in cut(groups, count)
    ],
    "groups, not places": lambda groups, count: [[groups[p] for p in fold] for fold in cut(groups, count)],
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(cut)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
