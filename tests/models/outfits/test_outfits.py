"""Outfits: by the rule, from a study's own folders, from a table."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from minigrad.errors import DataError
from models.outfits.outfits import (
    Outfit,
    by_rule,
    drawn_pairs,
    read_labels,
    read_reported,
    read_table,
    write_table,
)
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


def test_a_table_of_labels(tmp_path: Path) -> None:
    for name in "abcdef":
        square(tmp_path / f"{name}.png", "Red", 0)
    table = tmp_path / "labels.csv"
    table.write_text(
        "top,bottom,label\na.png,b.png,harmonious\na.png,c.png,not\nd.png,e.png,yes\nf.png,b.png,skip\n"
        "d.png,e.png,0\nf.png,e.png,harm"  # an answer that was changed, and a line that was cut off
    )
    wardrobe, outfits = read_labels(table)
    names = [
        (Path(wardrobe.garments[o.top].path).name, Path(wardrobe.garments[o.bottom].path).name, o.label)
        for o in outfits
    ]
    assert names == [("a.png", "b.png", 1), ("a.png", "c.png", 0), ("d.png", "e.png", 0)]
    assert outfits[0].group == outfits[1].group != outfits[2].group  # they share a top


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ("a.png,b.png,no", [0]),  # editors may end no line
        ("a.png,b.png,harmonious", [1]),
        ("a.png,b.png,harmoniou", []),  # a program that was killed in the middle of it
        ("a.png,b.png,", []),
        ("a.png,b", []),
        ('"a.png', []),
        ("a.png,b.png,skip", [None]),
    ],
)
def test_a_last_line_without_an_end_counts_if_it_is_whole(
    tmp_path: Path, last: str, found: list[int | None]
) -> None:
    (tmp_path / "t.csv").write_text(f"top,bottom,label\nx.png,y.png,1\n{last}")
    assert list(read_table(tmp_path / "t.csv").values()) == [1, *found]
    (tmp_path / "t.csv").write_text("top,bottom,label")
    assert read_table(tmp_path / "t.csv") == {}


def test_a_folder_of_both_pieces_is_no_kind_of_garment(tmp_path: Path) -> None:
    """A network that learns kinds would learn which photographs are of one outfit, those to be judged too."""
    table = tmp_path / "labels.csv"
    names = [
        "p1/a.png,p1/b.png,yes",
        "n1/a.png,n1/b.png,no",
        "shirts/c.png,jeans/d.png,yes",
        "e.png,f.png,no",
    ]
    for name in ",".join(names).split(","):
        if name.endswith("png"):
            square(tmp_path / name, "Red", 0)
    table.write_text("\n".join(["top,bottom,label", *names, ""]))
    wardrobe, _ = read_labels(table)
    kinds = [garment.kind for garment in wardrobe.garments]
    assert kinds == ["top", "bottom", "top", "bottom", "shirts", "jeans", "top", "bottom"]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    answers = {("tops/a,b.png", 'b "x".png'): 1, ("c.png", "d.png"): None, ("ü.png", "d.png"): 0}
    answers["two\nlines\u2028.png", "x.png"] = 1
    write_table(tmp_path / "labels.csv", answers)
    assert read_table(tmp_path / "labels.csv") == answers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the first line top,bottom,label"),
        ("top,bottom\n", "expected the first line top,bottom,label"),
        ("top,bottom,label\na.png,b.png,maybe\n", r"line 2: expected a top, a bottom and one of"),
        ("top,bottom,label\na.png,b.png,yes\na.png,b.png,maybe", r"line 3: expected a top, a bottom and one"),
        (f"top,bottom,label\n{'a' * 200_000},b.png,yes\n", r"labels\.csv: cannot be read \(field larger"),
        ("top,bottom,label\na.png,b.png,yes\n", "1 answers, 1 different"),
        ("top,bottom,label\nx.png,b.png,yes\na.png,b.png,no\n", "there is no file"),
    ],
)
def test_tables_that_are_wrong(tmp_path: Path, text: str, message: str) -> None:
    for name in "ab":
        square(tmp_path / f"{name}.png", "Red", 0)
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_labels(tmp_path / "labels.csv")
