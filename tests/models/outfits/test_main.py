"""The whole study on squares of known colours: the page, what is kept, what is told."""

import json
import re
from pathlib import Path

import pytest

from models.outfits.__main__ import main, read_options
from models.outfits.page import command
from models.outfits.tables import write_table
from tests.models.outfits.conftest import BOTTOMS, TOPS, square

ARGUMENTS = ["--outfits", "24", "--repeats", "1"]


@pytest.fixture(scope="module")
def clothes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with shirts and pants of ten colours."""
    root = tmp_path_factory.mktemp("clothes")
    for kind, colours in (("shirt", TOPS), ("pants", BOTTOMS)):
        for colour in colours:
            for i in range(8):
                square(root / kind / f"{colour}-{i}.png", colour, i)
    return root


@pytest.fixture(scope="module")
def finished(clothes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("finished")
    results = ["--results", str(output / "results.json")]
    assert main(["--folder", str(clothes), "--output", str(output), *ARGUMENTS, *results]) == 0
    return output


def test_the_figures_of_every_way_of_looking(finished: Path) -> None:
    told = json.loads((finished / "results.json").read_text())
    assert told["outfits"] == 2 * told["harmonious"] >= 16
    ways = [(row["name"], row["looks at"], row["cut by"]) for row in told["rows"]]
    photograph = [("each photograph", "photograph"), ("each photograph", "outfit")]
    colours = [*photograph, ("both halves", "outfit")]
    networks = [*photograph, ("side by side", "outfit"), ("two towers", "outfit")]
    assert ways == [
        (name, *way)
        for name, kinds in (("histogram", colours), ("CIELAB", colours), ("own", networks))
        for way in kinds
    ]
    for row in told["rows"]:
        value, low, high = row["scores"]["auc"]
        assert 0 <= low <= value <= high <= 1
        assert row["samples"] == told["outfits"] * (2 if row["looks at"] == "each photograph" else 1)
        assert row["groups"] == told["outfits"] // 4


def test_the_page_has_tables_curves_and_pictures(finished: Path) -> None:
    page = (finished / "outfits.html").read_text()
    told = json.loads((finished / "results.json").read_text())
    assert page.count("<tr>") == 2 * (len(told["rows"]) + 1)
    assert page.count("<svg") == 2 and page.count("data:image/png;base64,") >= 8
    assert page.count('alt="What was looked at in it"') == 8
    value, low, high = told["rows"][-1]["scores"]["auc"]
    assert f"<td>{value:.3f} ({low:.2f} to {high:.2f})</td>" in page
    assert "hues at most 40 or at least 150 degrees apart" in page
    assert "<script" not in page and not re.search(r"(src|href)=.?(http|//)", page)  # all of it is inside


def test_the_page_says_how_to_make_it_again(clothes: Path, finished: Path) -> None:
    given = ["--folder", str(clothes), "--output", str(finished), *ARGUMENTS]
    settings = read_options(given).settings
    again = command(settings).split()
    assert again[:3] == ["python", "-m", "models.outfits"]
    assert read_options([*again[3:], "--output", str(finished)]).settings == settings


def test_what_was_made_is_kept(clothes: Path, finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(clothes), "--output", str(finished), *ARGUMENTS]) == 0
    assert re.findall(r"\d/4 (\w+): kept", capsys.readouterr().err) == ["outfits", "seen", "study", "page"]
    assert main(["--folder", str(clothes), "--output", str(finished), *ARGUMENTS, "--seed", "1"]) == 0
    assert "kept" not in capsys.readouterr().err


def test_answers_from_a_table(clothes: Path, tmp_path: Path) -> None:
    shirts, pants = (sorted((clothes / kind).iterdir()) for kind in ("shirt", "pants"))
    answers = {
        (str(top.relative_to(clothes)), str(bottom.relative_to(clothes))): i % 2
        for i, (top, bottom) in enumerate(zip(shirts[:12], pants[:12], strict=True))
    }
    write_table(clothes / "labels.csv", answers)
    output = ["--output", str(tmp_path), "--results", str(tmp_path / "r.json"), "--repeats", "1"]
    assert main(["--labels", str(clothes / "labels.csv"), *output]) == 0
    told = json.loads((tmp_path / "r.json").read_text())
    assert (told["outfits"], told["harmonious"], told["answers"]) == (12, 6, "a person")


def test_outfits_that_all_share_a_garment_are_told_at_once(
    clothes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is looked at, which takes long."""
    pants = sorted((clothes / "pants").iterdir())
    write_table(
        clothes / "one.csv", {("shirt/Red-0.png", f"pants/{p.name}"): i % 2 for i, p in enumerate(pants)}
    )
    assert main(["--labels", str(clothes / "one.csv"), "--output", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "there are 1 with clashing ones and 1 with harmonious ones" in said and "2/4" not in said


def test_what_cannot_be_studied_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shirt").mkdir()
    assert main(["--folder", str(tmp_path), "--output", str(tmp_path / "out")]) == 1
    assert "there is no top" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--folder", str(tmp_path), "--products", str(tmp_path)])
    assert "--products and --folder: outfits come from one of them" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--products", str(tmp_path / "nowhere")])
    assert "argument --products: there is no folder" in capsys.readouterr().err
