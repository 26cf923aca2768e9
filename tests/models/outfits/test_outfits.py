"""Outfits: by the rule, at random, from a study's own folders."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from minigrad.errors import DataError
from models.outfits.outfits import Outfit, by_rule, drawn_pairs, read_reported
from models.outfits.rule import LAB, Rule
from models.outfits.wardrobe import Wardrobe
from tests.models.outfits.conftest import make_wardrobe, square


def test_the_rules_answer_is_that_of_each_outfit(squares: Wardrobe) -> None:
    outfits = by_rule(squares, 40, Rule())
    assert len(outfits) >= 8 and len(outfits) % 4 == 0
    for outfit in outfits:
        top, bottom = squares.garments[outfit.top], squares.garments[outfit.bottom]
        assert (top.piece, bottom.piece) == ("top", "bottom")
        assert Rule()(LAB[top.colour], LAB[bottom.colour]) == bool(outfit.label)


def test_no_colour_tells_by_itself_and_no_garment_is_in_two_outfits(squares: Wardrobe) -> None:
    outfits = by_rule(squares, 40, Rule())
    for place in (0, 1):
        answers = Counter((squares.garments[outfit[place]].colour, outfit.label) for outfit in outfits)
        assert all(answers[colour, 0] == answers[colour, 1] for colour, _ in answers)
        assert len({outfit[place] for outfit in outfits}) == len(outfits)
    assert Counter(Counter(outfit.group for outfit in outfits).values()) == {4: len(outfits) // 4}


def test_the_same_seed_draws_the_same(squares: Wardrobe) -> None:
    assert by_rule(squares, 16, Rule(), 3) == by_rule(squares, 16, Rule(), 3)
    assert by_rule(squares, 16, Rule(), 3) != by_rule(squares, 16, Rule(), 4)


def test_colours_that_do_not_cross(tmp_path: Path) -> None:
    plain = make_wardrobe(tmp_path, 3, tops=("Black", "Red"), bottoms=("White", "Red"))
    with pytest.raises(DataError, match=r"squares: no two colours of tops and two of bottoms"):
        by_rule(plain, 8, Rule())


def test_pairs_to_label_take_each_garment_once_first(squares: Wardrobe) -> None:
    pairs = drawn_pairs(squares, 30)
    tops, bottoms = np.array(pairs).T
    assert sorted(tops) == squares.places("top") and sorted(bottoms) == squares.places("bottom")
    assert pairs[:20] == drawn_pairs(squares, 20)


def groups_of(pairs: list[tuple[int, int]]) -> list[set[int]]:
    """The garments of each group that shared garments join."""
    groups: list[set[int]] = []
    for pair in pairs:
        touched = [group for group in groups if group & {*pair}]
        groups = [group for group in groups if group not in touched] + [{*pair}.union(*touched)]
    return groups


def test_more_pairs_than_garments_are_still_of_many_groups(squares: Wardrobe, tmp_path: Path) -> None:
    """100 pairs at random of 30 tops and 30 bottoms are one group: nothing of them could be judged."""
    pairs = drawn_pairs(squares, 100)
    assert len({*pairs}) == 100 and len(groups_of(pairs)) == 8  # circles of four, and one of two
    uses = Counter(place for pair in pairs for place in pair)
    assert set(uses) == set(range(60)) and max(uses.values()) - min(uses.values()) <= 2
    assert len({*drawn_pairs(squares, 10_000)}) == 900
    five = squares.subset([*squares.places("top")[:5], *squares.places("bottom")])
    pairs = drawn_pairs(five, 54)
    assert len({*pairs}) == 54 and len(groups_of(pairs)) == 3 and pairs[:30] == drawn_pairs(five, 30)
    assert all(five.garments[top].piece == "top" for top, _ in pairs)
    assert len({*drawn_pairs(five, 10_000)}) == 150


def reported(folder: Path) -> Path:
    for name, letter in (("positive", "p"), ("negative", "n")):
        for number in (1, 2, 10):
            for half, colour in (("a", "Red"), ("b", "Blue")):
                square(folder / name / f"{letter}{number}" / f"{half}.jpg", colour, number)
    return folder


def test_a_studys_own_folders(tmp_path: Path) -> None:
    wardrobe, outfits = read_reported(reported(tmp_path))
    assert outfits[0] == Outfit(0, 1, 0, 0) and outfits[-1] == Outfit(10, 11, 1, 5)
    folders = [Path(garment.path).parent.name for garment in wardrobe.garments[::2]]
    assert folders == ["n1", "n2", "n10", "p1", "p2", "p10"]
    assert [garment.piece for garment in wardrobe.garments[:2]] == ["top", "bottom"]
    assert {garment.kind for garment in wardrobe.garments} == {"top", "bottom"}  # and not which outfit it is
    assert wardrobe.garments[10].path.endswith("positive/p10/a.jpg")


def test_an_outfit_that_lacks_a_half(tmp_path: Path) -> None:
    (reported(tmp_path) / "negative" / "n2" / "b.jpg").unlink()
    with pytest.raises(DataError, match=r"n2: expected one picture b.jpg, found 0"):
        read_reported(tmp_path)
    with pytest.raises(DataError, match="there is no negative"):
        read_reported(tmp_path / "positive")
