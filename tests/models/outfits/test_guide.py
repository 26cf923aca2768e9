"""The guide's commands are commands, and its figures those of the files of results."""

import json
import re
import shlex
from pathlib import Path

import pytest

from models.outfits import __main__ as outfits
from models.outfits import labelling

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/guides/outfits.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m (models.outfits(?:.labelling)?)(?= |$)(.*)$", GUIDE, re.MULTILINE)
PROGRAMS = {"models.outfits": outfits, "models.outfits.labelling": labelling}
REPORTED = json.loads((ROOT / "docs/results/outfits_as_reported.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("module", "arguments"), COMMANDS)
def test_every_command_is_understood(
    module: str, arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("fashion-product-images-small", "my-photographs", "neipalette"):
        (tmp_path / folder).mkdir()
    assert PROGRAMS[module].read_options(shlex.split(arguments)).settings


def test_what_it_links_to_is_there() -> None:
    assert len(COMMANDS) >= 6
    for link in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert (ROOT / "docs/guides" / link).exists(), link


def test_the_table_of_splits_is_that_of_the_file() -> None:
    rows = re.findall(
        r"^\| ([\w, ]+) \| (photograph|outfit) \| (\d+) \| (.+) \| (.+) \|$", GUIDE, re.MULTILINE
    )
    assert len(rows) == 17
    for name, cut, splits, *told in rows:
        found = REPORTED["results"][name][f"by {cut}"]
        assert int(splits) == found["auc"]["splits"]
        for text, of in zip(told, (found["accuracy"], found["auc"]), strict=True):
            assert text == f"{of['mean']:.2f} ({of['2.5 %']:.2f} to {of['97.5 %']:.2f})", (name, cut)


def test_the_table_of_the_rule_is_that_of_the_file() -> None:
    told = re.findall(r"^\| (\w+) \| ([\w ]+) \| (\w+) \| (\d.+) \| (\d.+) \|$", GUIDE, re.MULTILINE)
    kept = json.loads((ROOT / "docs/results/outfits_colour_rule.json").read_text(encoding="utf-8"))["rows"]
    found = [
        (
            *(row["name"], row["looks at"], row["cut by"]),
            *("{:.3f} ({:.2f} to {:.2f})".format(*row["scores"][name]) for name in ("auc", "accuracy")),
        )
        for row in kept
    ]
    assert [row for row in told if "splits" not in row and row[2] in ("photograph", "outfit")] == found


def test_what_is_said_of_drawn_garments_is_in_the_file() -> None:
    kept = json.loads((ROOT / "docs/results/outfits_drawn.json").read_text(encoding="utf-8"))
    auc = {
        (row["looks at"], row["cut by"]): row["scores"]["auc"]
        for row in kept["rows"]
        if row["name"] == "CIELAB"
    }
    assert "on white, it is {:.2f} ({:.2f} to {:.2f})".format(*auc["both halves", "outfit"]) in GUIDE
    assert f"CIELAB has an AUC of {auc['each photograph', 'photograph'][0]:.2f} then" in GUIDE
    results = (ROOT / "docs/results/README.md").read_text(encoding="utf-8")
    assert f"{kept['outfits']} outfits of garments that minigrad draws" in results


def test_where_the_report_lies_is_that_of_the_file() -> None:
    (told,) = re.findall(
        r"(\d+) % and (\d+) % of its splits have a lower accuracy, (\d+) % and (\d+) % a lower AUC",
        " ".join(GUIDE.split()),
    )
    found = REPORTED["results"]["resnet18, training"]["by photograph"]
    below = [
        found[name]["below the report"][row] for name in ("accuracy", "auc") for row in REPORTED["report"]
    ]
    assert [int(number) for number in told] == pytest.approx([100 * share for share in below], abs=0.6)
