"""Lesson 16 doubts a classifier, makes outfits and a page out of few garments, and its check knows slips."""

import re
from collections.abc import Callable
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any

import pytest

from minigrad import course
from minigrad.course.examples import outfit
from tests.lessons.conftest import only_the_check, with_options

LESSON = "16_lookbook.py"
SOLUTION = """\
    choices = [c for c in product(*pieces) if len(set(c)) == len(c)]
    return max(choices, key=lambda c: sum(agreement[i, j] for i, j in combinations(c, 2)), default=None)
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The lesson with its exercise solved: two epochs of few garments."""
    folder = tmp_path_factory.mktemp("lesson")
    done = with_options(LESSON, folder, "--images", "260", "--epochs", "2", body=SOLUTION)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert [line for line in lines if re.match(r"5/7 classify: kept from before", line)]
    assert re.match(r"7/7 page: [\d.]+ s; \d outfits on lookbook.html and lookbook.png$", lines[-1])
    return folder / "output" / "16_lookbook", done.stdout


def test_what_is_worked_by_hand_is_what_the_library_does(solved: tuple[Path, str]) -> None:
    _, printed = solved
    assert str(outfit.certain) in printed and str(outfit.greys) in printed
    assert "Checked: an oddness of 2, and one of 0." in printed
    assert "Checked: so says the library. Two light greys, 85 and 95: 1.27" in printed


def test_random_pixels_are_odder_than_garments_that_were_held_out(solved: tuple[Path, str]) -> None:
    _, printed = solved
    rows = re.findall(
        r"^(held-out garments|generated ones|random pixels) +(\d+)% +(\d+)%$", printed, re.MULTILINE
    )
    assert [name for name, *_ in rows] == ["held-out garments", "generated ones", "random pixels"]
    odd = dict(re.findall(r"^(held-out garments|random pixels) +([\d.]+)$", printed, re.MULTILINE))
    assert float(odd["held-out garments"]) == 1 < float(odd["random pixels"])


def test_it_ends_with_a_page(solved: tuple[Path, str]) -> None:
    output, printed = solved
    places = dict(re.findall(r"^(\w+) +-> (\w+-[0-9a-f]{12})$", printed, re.MULTILINE))
    assert list(places) == ["data", "classifier", "gan", "generate", "classify"]
    assert all((output / place).is_dir() for place in places.values())
    (page,) = output.glob("page-*/lookbook.html")
    assert f"The page: {page}" in printed and "Lookbook" in page.read_text(encoding="utf-8")
    for name in ("odd.png", "colours.png"):
        assert (output / name).read_bytes().startswith(b"\x89PNG")
    assert printed.endswith("Exercise: best_outfit() is right. Solved!\n")


def test_a_folder_of_something_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = with_options(LESSON, tmp_path, "--data", "empty", body=SOLUTION)
    assert done.returncode == 1 and "empty" in done.stderr and "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def by(worth: Callable[[Any, Any], float], once: bool = True) -> Callable[..., Any]:
    """The choice that is worth most, of those without a garment twice unless ``once`` is False."""

    def best(pieces: Any, agreement: Any) -> Any:
        choices = [c for c in product(*pieces) if len(set(c)) == len(c) or not once]
        return max(choices, key=lambda c: worth(c, agreement), default=None)

    return best


def all_pairs(choice: Any, agreement: Any) -> float:
    return float(sum(agreement[i, j] for i, j in combinations(choice, 2)))


def neighbours(choice: Any, agreement: Any) -> float:
    return float(sum(agreement[i, j] for i, j in pairwise(choice)))


def greedy(pieces: Any, agreement: Any) -> Any:
    chosen: list[int] = [pieces[0][0]]
    for piece in pieces[1:]:
        left = [i for i in piece if i not in chosen]
        if not left:
            return None
        chosen.append(max(left, key=lambda i: sum(agreement[i, j] for j in chosen)))
    return tuple(chosen)


WRONG = {
    "neighbours only": by(neighbours),
    "the first pair": by(lambda c, a: float(a[c[0], c[1]])),
    "the worst": by(lambda c, a: -all_pairs(c, a)),
    "one after the other": greedy,
    "twice the same": by(all_pairs, once=False),
    "a list": lambda p, a: list(by(all_pairs)(p, a) or ()),
    "sorted": lambda p, a: tuple(sorted(by(all_pairs)(p, a) or ())) or None,
    "places, not numbers": lambda p, a: (
        (c := by(all_pairs)(p, a)) and tuple(x.index(i) for x, i in zip(p, c, strict=True))
    ),
    "never None": lambda p, a: by(all_pairs)(p, a) or tuple(x[0] for x in p),
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(by(all_pairs))


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
