"""``minigrad data draw``, ``unpack``, ``inspect``: what is done and said, and the exit status."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from minigrad.commands import main
from minigrad.data import DeepFashion2
from minigrad.data.fashion.garments import writing

PIL = pytest.importorskip("PIL.Image")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def garments(tmp_path_factory):
    folder = tmp_path_factory.mktemp("garments")
    assert (
        main(["data", "draw", str(folder), "--train", "13", "--validation", "4", "--size", "64", "48"]) == 0
    )
    return folder


def test_draw_and_inspect(garments, capsys, tmp_path):
    assert len(list((garments / "train" / "image").iterdir())) == 13
    assert main(["data", "inspect", str(garments), "--read", "--save", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "bounding boxes" in said and "viewpoint: frontal" in said and "train: all" in said
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {
        *(f"{name}.{ending}" for name in ("sizes", "categories", "attributes") for ending in ("svg", "csv")),
        "damages.json",
    }
    assert main(["data", "inspect", str(garments / "train")]) == 0


def test_list_shows_what_no_command_fetches_and_how_to_come_by_it(garments, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path))
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    clothes, products = (
        next(i for i, line in enumerate(lines) if line.startswith(name))
        for name in ("DeepFashion2: ", "Fashion Product Images: ")
    )
    assert "a form" in lines[clothes + 1] and f"into {tmp_path}/deepfashion2." in lines[clothes + 1]
    assert "a login" in lines[products + 1]
    assert lines[products + 1].endswith(f"into {tmp_path}/fashion-product-images-small")
    assert all("not here, and not fetched" in lines[i + 1] for i in (clothes, products))
    assert "https://" in lines[clothes + 2] and "https://" in lines[products + 2]
    drawn = lines.index(next(line for line in lines if line.startswith("Drawn garments: ")))
    assert "minigrad data draw DIR" in lines[drawn + 1]
    # Followed, it is found, and by the class that reads it.
    shutil.copytree(garments, tmp_path / "deepfashion2")
    monkeypatch.setitem(writing.EMBEDDED, "validation", 2)
    folder = DeepFashion2(split="validation", drawn="only").folder.parent
    (tmp_path / "fashion-product-images-small").mkdir()
    (tmp_path / "fashion-product-images-small" / "styles.csv").touch()
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[clothes + 1] == f"    lies in {tmp_path / 'deepfashion2'}"
    assert lines[products + 1] == f"    lies in {tmp_path / 'fashion-product-images-small'}"
    assert lines[drawn + 1] == f"    lies in {folder}"
    assert not DeepFashion2(drawn="never").is_drawn


def test_list_of_a_set_that_is_named_shows_that_one_alone(capsys):
    assert main(["data", "list", "cifar-10"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("cifar-10: ") and "DeepFashion2" not in said


def test_draw_does_not_draw_over_what_is_there(garments, capsys):
    assert main(["data", "draw", str(garments)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["data", "draw", str(garments), "--train", "0", "--validation", "0"]) == 1
    assert "at least 1" in capsys.readouterr().err


def test_inspect_tells_what_is_damaged(tmp_path, capsys):
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        PIL.new("RGB", (20, 20)).save(tmp_path / "set" / name)
    (tmp_path / "set" / "a" / "2.png").write_bytes(b"no picture")
    folder = str(tmp_path / "set")
    assert main(["data", "inspect", folder]) == 0
    said = capsys.readouterr().out
    assert "are right" not in said and "the pictures were not opened; --read does" in said
    assert main(["data", "inspect", folder, "--read", "--save", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    assert "1 of 3 left out: 1 no picture" in said and "2.png: not a picture of a known format" in said
    damages = json.loads((tmp_path / "out" / "damages.json").read_text())
    assert damages["used"] == 2 and damages["damages"][0]["kind"] == "no picture"


def test_inspect_knows_products(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    PIL.new("RGB", (60, 80)).save(tmp_path / "images" / "1.jpg")
    (tmp_path / "styles.csv").write_text(
        "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"
        "1,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,A shirt, blue\n2,Men\n"
    )
    assert main(["data", "inspect", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "articleType" in said and "Shirts" in said and "1 of 2 left out: 1 line" in said


def test_inspect_of_something_else(tmp_path, capsys):
    assert main(["data", "inspect", str(tmp_path / "none")]) == 1
    (tmp_path / "empty").mkdir()
    assert main(["data", "inspect", str(tmp_path)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert "no folder" in errors[0] and "no pictures are in its sub-folders" in errors[1]


def test_unpack(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("image/1.jpg", b"one")
        packed.writestr("../2.jpg", b"two")
    assert main(["data", "unpack", str(tmp_path / "a.zip"), str(tmp_path / "to")]) == 1
    assert "1 of 2 left out: 1 outside" in capsys.readouterr().out
    assert (tmp_path / "to" / "image" / "1.jpg").read_bytes() == b"one" and not (tmp_path / "2.jpg").exists()
    assert main(["data", "unpack", str(tmp_path / "none.zip"), str(tmp_path / "to")]) == 1


def test_figures_that_cannot_be_written_are_told(garments, capsys, tmp_path):
    (tmp_path / "file").touch()
    assert main(["data", "inspect", str(garments), "--save", str(tmp_path / "file")]) == 1
    assert "minigrad: figures cannot be written into" in capsys.readouterr().err


def test_a_name_in_no_known_letters_can_be_said(capsys, tmp_path):
    (tmp_path / "set" / "hats").mkdir(parents=True)
    PIL.new("RGB", (8, 8)).save(tmp_path / "set" / "hats" / "1.png")
    (tmp_path / "set" / "hats" / os.fsdecode(b"sch\xfchle.png")).write_bytes(b"no picture")
    assert main(["data", "inspect", str(tmp_path / "set"), "--read"]) == 1
    assert "sch\\udcfchle.png: not a picture" in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="no such pipes there")
def test_who_reads_no_further_ends_it_in_silence(garments):
    """``minigrad data inspect DIR | head -0``: nobody reads from the beginning, however fast it writes."""
    command = [sys.executable, "-u", "-m", "minigrad", "data", "inspect", str(garments)]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(writer)
    assert done.stderr == b"" and done.returncode == 141  # as a program that SIGPIPE has ended
