"""Tables of answers: what is written is read, and what is wrong in one is told."""

from pathlib import Path

import pytest

from minigrad.errors import DataError
from models.outfits.tables import read_labels, read_table, write_table
from tests.models.outfits.conftest import square


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
        (f"top,bottom,label\n{'x' * 300}.png,b.png,yes\na.png,b.png,no\n", "there is no file"),
    ],
)
def test_tables_that_are_wrong(tmp_path: Path, text: str, message: str) -> None:
    for name in "ab":
        square(tmp_path / f"{name}.png", "Red", 0)
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_labels(tmp_path / "labels.csv")
