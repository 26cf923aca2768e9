"""Folders of drawn garments: the same for any number of processes, and after being killed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minigrad.data.fashion.garments import draw_garments, writing
from minigrad.errors import DataError

pytest.importorskip("PIL")
ROOT = Path(__file__).parents[4]


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_layout_is_deepfashion2s(drawn):
    assert {path.name for path in drawn.iterdir()} == {"train", "validation"}
    names = [path.name for path in sorted((drawn / "train" / "image").iterdir())]
    assert names == [f"{i:06d}.jpg" for i in range(1, 53)]
    assert {path.name for path in (drawn / "train").iterdir()} == {"image", "annos"}


def test_the_seed_decides_and_not_the_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "ALONE", 3)
    one = draw_garments(tmp_path / "one", {"train": 9}, seed=3, size=(48, 40), workers=1)
    three = draw_garments(tmp_path / "three", {"train": 9}, seed=3, size=(48, 40), workers=3)
    other = draw_garments(tmp_path / "other", {"train": 9}, seed=4, size=(48, 40), workers=1)
    longer = draw_garments(tmp_path / "longer", {"train": 10}, seed=3, size=(48, 40), workers=1)
    assert files(one) == files(three) != files(other)
    assert files(one).items() <= files(longer).items() and len(files(longer)) == 20


def test_a_killed_run_goes_on(tmp_path):
    expected = draw_garments(tmp_path / "whole", {"train": 40}, size=(48, 40), workers=1)
    program = (
        "import sys; from minigrad.data.fashion.garments import draw_garments; "
        "draw_garments(sys.argv[1], {'train': 40}, size=(48, 40), workers=1)"
    )
    run = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "killed")], cwd=ROOT)
    annos = tmp_path / "killed" / "train.part" / "annos"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (annos.is_dir() and len(os.listdir(annos)) > 5):
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.wait()
    before = len(list(annos.glob("*.json")))
    assert 5 <= before < 40 and not (tmp_path / "killed" / "train").exists()
    stamp = (annos / "000001.json").stat().st_mtime_ns
    draw_garments(tmp_path / "killed", {"train": 40}, size=(48, 40), workers=1)
    assert files(tmp_path / "killed") == files(expected)
    assert (tmp_path / "killed/train/annos/000001.json").stat().st_mtime_ns == stamp


def test_what_was_begun_otherwise_is_begun_anew(tmp_path):
    (tmp_path / "train.part" / "annos").mkdir(parents=True)
    (tmp_path / "train.part" / "annos" / "000001.json").write_text("another seed's")
    draw_garments(tmp_path, {"train": 2}, size=(48, 40))
    assert "another" not in (tmp_path / "train/annos/000001.json").read_text()


def test_refuses_what_it_cannot_do(tmp_path, drawn):
    for images, size in (
        ({"train": 0}, (48, 40)),
        ({}, (48, 40)),
        ({"all": 3}, (48, 40)),
        ({"train": 1}, (48, 8)),
    ):
        with pytest.raises(ValueError, match="draw_garments: expected"):
            draw_garments(tmp_path, images, size=size)
    with pytest.raises(DataError, match="is there already"):
        draw_garments(drawn, {"train": 1})
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        draw_garments(tmp_path / "file", {"train": 1})


def test_a_process_that_fails_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "ALONE", 1)
    monkeypatch.setattr(
        writing.sys, "executable", "/bin/false" if os.path.exists("/bin/false") else "/usr/bin/false"
    )
    with pytest.raises(DataError, match="a process that draws failed"):
        draw_garments(tmp_path, {"train": 2}, size=(48, 40), workers=2)


def test_two_at_once_take_turns(tmp_path, monkeypatch):
    share = writing.draw_share
    monkeypatch.setattr(writing, "draw_share", lambda *arguments: (time.sleep(0.5), share(*arguments)))

    def draw(_):
        try:
            return draw_garments(tmp_path, {"train": 3}, size=(48, 40), workers=1)
        except DataError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        told = sorted(map(str, pool.map(draw, range(2))), key=len)
    assert told[0] == str(tmp_path) and "is there already" in told[1]
    assert len(files(tmp_path / "train")) == 6 and [path.name for path in tmp_path.iterdir()] == ["train"]


def test_a_kill_at_the_end_draws_nothing_again(tmp_path, monkeypatch):
    def killed(*paths):
        if str(paths[0]).endswith("train.part"):
            raise KeyboardInterrupt
        rename(*paths)

    rename = os.replace
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            draw_garments(tmp_path, {"train": 2}, size=(48, 40))
    monkeypatch.setattr(writing, "draw_scene", None)
    assert len(files(draw_garments(tmp_path, {"train": 2}, size=(48, 40)))) == 4


def test_helpers_of_a_program_that_was_killed_end(tmp_path):
    for kind in ("image", "annos"):
        (tmp_path / kind).mkdir()
    writing.draw_share(str(tmp_path), "train", 2, 0, (48, 40), 0, 1, parent=os.getppid() + 1)
    assert not list(tmp_path.glob("*/*"))
