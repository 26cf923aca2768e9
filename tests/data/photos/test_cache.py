"""The cache: what is in it, found again, made anew when something changed, and safe against a killed run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.data import DataLoader, transforms
from minigrad.data.photos import CachedImages, Damaged, ImageFolder, building, read_image
from minigrad.data.photos.decode import Resize
from minigrad.errors import DataError
from tests.data.photos.conftest import noise

ROOT = Path(__file__).parents[3]


@pytest.fixture
def many(tmp_path):
    """300 pictures of noise in three classes."""
    for i in range(300):
        noise(tmp_path / "many" / "abc"[i % 3] / f"{i:03d}.png", (12 + i % 5, 11), seed=i)
    return tmp_path / "many"


def cached(root, tmp_path, size=8, **options):
    return ImageFolder(root).cached(size, folder=tmp_path / "cache", progress=False, workers=2, **options)


def test_holds_what_the_files_show(many, tmp_path):
    images = ImageFolder(many)
    cache = cached(many, tmp_path, (8, 6), fit="pad", fill=(1, 2, 3))
    assert cache.data.shape == (300, 8, 6, 3) and cache.data.dtype == np.uint8
    assert cache.classes == ["a", "b", "c"] and cache.class_to_idx == images.class_to_idx
    assert np.array_equal(cache.targets, images.targets) and np.array_equal(cache.rows, np.arange(300))
    for i in (0, 31, 32, 299):
        expected = read_image(images.samples[i].path, None, Resize(8, 6, "pad", (1, 2, 3)))
        assert np.array_equal(cache.data[i], expected)
    assert not cache.report and cache.report.used == 300
    cache.verify()


def test_batches_are_those_of_single_samples(many, tmp_path):
    cache = cached(many, tmp_path, transform=transforms.ToTensor())
    x, y = next(iter(DataLoader(cache, batch_size=5)))
    assert x.shape == (5, 3, 8, 8) and x.dtype == mg.float32 and y.tolist() == cache.targets[:5].tolist()
    for i in range(5):
        image, label = cache[i]
        assert np.array_equal(x[i].numpy(), image.numpy()) and label == y[i].item()
    assert np.allclose(x[0].numpy(), cache.data[0].transpose(2, 0, 1) / 255, atol=1e-7)


def test_found_again_without_reading(many, tmp_path, monkeypatch):
    first = cached(many, tmp_path)
    monkeypatch.setattr(building, "read_image", None)
    again = cached(many, tmp_path)
    assert again.folder == first.folder and np.array_equal(again.data, first.data)


def test_upright_pictures_are_another_cache(many, tmp_path):
    first, upright = cached(many, tmp_path), cached(many, tmp_path, upright=True)
    assert first.folder != upright.folder and np.array_equal(first.data, upright.data)  # none has a note


@pytest.mark.parametrize("change", ["file", "size", "fit", "class", "box"])
def test_made_anew_when_something_changed(many, tmp_path, change):
    first = cached(many, tmp_path)
    images = ImageFolder(many)
    if change == "file":
        noise(many / "a" / "000.png", (30, 30), seed=5)
        assert not np.array_equal(cached(many, tmp_path).data[0], first.data[0])
    elif change == "size":
        assert cached(many, tmp_path, 9).data.shape == (300, 9, 9, 3)
    elif change == "fit":
        assert not np.array_equal(cached(many, tmp_path, fit="stretch").data, first.data)
    elif change == "class":
        renamed = images.rename({"a": "x", "b": "y", "c": "z"}).cached(
            8, folder=tmp_path / "cache", progress=False
        )
        assert renamed.classes == ["x", "y", "z"]
    else:
        images.samples[0] = images.samples[0]._replace(box=(0, 0, 4, 4))
        boxed = images.cached(8, folder=tmp_path / "cache", progress=False)
        assert not np.array_equal(boxed.data[0], first.data[0])
        assert np.array_equal(boxed.data[1:], first.data[1:])


def test_damaged_files_are_left_out_and_told(many, tmp_path, capsys):
    paths = [Path(sample.path) for sample in ImageFolder(many).samples]
    paths[1].write_bytes(paths[1].read_bytes()[:60])
    paths[40].write_text("no picture")
    paths[299].write_bytes(b"")
    cache = cached(many, tmp_path)
    right = [i for i in range(300) if i not in (1, 40, 299)]
    assert cache.rows.tolist() == right and len(cache) == 297
    assert np.array_equal(cache.targets, ImageFolder(many).targets[right])
    assert [damage.file for damage in cache.report.damages] == [str(paths[i]) for i in (1, 40, 299)]
    assert all(damage.reason for damage in cache.report.damages)
    assert "3 of 300 left out" in cache.report.summary() and "3 of 300 left out" in capsys.readouterr().err
    cached(many, tmp_path).report.save(tmp_path / "report.json")
    assert len(json.loads((tmp_path / "report.json").read_text())["damages"]) == 3


def test_a_file_that_may_be_read_again_comes_back(many, tmp_path, monkeypatch):
    """A permission that was missing changes neither the file's size nor its time."""
    locked = ImageFolder(many).samples[7].path

    def unreadable(path, *arguments):
        if path == locked:
            raise Damaged(path, "unreadable", "cannot be read (Permission denied)")
        return read_image(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(building, "read_image", unreadable)
        patch.setattr(os, "access", lambda path, *_, **__: path != locked)
        assert len(cached(many, tmp_path)) == 299
    assert len(cached(many, tmp_path)) == 300


def test_nothing_readable_is_an_error(tmp_path):
    (tmp_path / "many" / "a").mkdir(parents=True)
    (tmp_path / "many" / "a" / "0.jpg").write_text("no picture")
    with pytest.raises(DataError, match=r"none of 1 pictures can be read: .*0\.jpg"):
        cached(tmp_path / "many", tmp_path)


SLOWLY = """
import sys, time
from minigrad.data.photos import ImageFolder, building
from minigrad.data.photos.decode import read_image
building.TOGETHER, building.ENTRY = 4, 2
def slowly(*arguments):
    time.sleep(0.004)
    return read_image(*arguments)
building.read_image = slowly
ImageFolder(sys.argv[1]).cached(8, folder=sys.argv[2], progress=False, workers=2)
"""


def test_a_killed_run_goes_on(many, tmp_path, monkeypatch):
    """Killed again and again: no folder looks whole that is not, and the result is that of one go."""
    (many / "b" / "001.png").write_bytes(b"damaged")
    expected = cached(many, tmp_path)
    command = [sys.executable, "-c", SLOWLY, str(many), str(tmp_path / "killed")]
    reached = []
    for _ in range(3):
        run = subprocess.Popen(command, cwd=ROOT)
        deadline = time.monotonic() + 60
        lines = reached[-1] if reached else 0
        while run.poll() is None and time.monotonic() < deadline:
            journals = list((tmp_path / "killed").glob("*.part/journal.jsonl"))
            if journals and len(journals[0].read_bytes().splitlines()) >= lines + 3:
                break
            time.sleep(0.005)
        assert run.poll() is None, "it ended before it was killed"
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert [
            p.name for p in (tmp_path / "killed").iterdir() if p.is_dir() and not p.name.endswith(".part")
        ] == []
        (journal,) = (tmp_path / "killed").glob("*.part/journal.jsonl")
        reached.append(len(journal.read_bytes().splitlines()))
    assert reached[0] < reached[1] < reached[2]

    read = []

    def counted(*arguments):
        read.append(arguments[0])
        return read_image(*arguments)

    monkeypatch.setattr(building, "read_image", counted)
    finished = ImageFolder(many).cached(8, folder=tmp_path / "killed", progress=False)
    assert len(read) <= 300 - 8 * reached[2] + 8  # what the journal has is not read again
    assert np.array_equal(finished.data, expected.data) and finished.report.damages == expected.report.damages
    assert np.array_equal(finished.rows, expected.rows)
    finished.verify()
    assert not list((tmp_path / "killed").glob("*.part*"))


@pytest.mark.parametrize("damage", ["half a line", "no pixels", "nonsense", "pixels too many"])
def test_what_a_crash_leaves_is_repaired(many, tmp_path, monkeypatch, damage):
    expected = cached(many, tmp_path)
    monkeypatch.setattr(building, "ENTRY", 2)
    images = ImageFolder(many)

    def stop(*arguments):
        if arguments[0] == images.samples[200].path:
            raise KeyboardInterrupt
        return read_image(*arguments)

    monkeypatch.setattr(building, "read_image", stop)
    with pytest.raises(KeyboardInterrupt):
        images.cached(8, folder=tmp_path / "broken", progress=False, workers=1)
    monkeypatch.setattr(building, "read_image", read_image)
    (part,) = (tmp_path / "broken").glob("*.part")
    assert (part / "images.bin").stat().st_size >= 128 * 192
    if damage == "half a line":
        with (part / "journal.jsonl").open("ab") as file:
            file.write(b"[[1, 2, 3")
    elif damage == "no pixels":
        os.truncate(part / "images.bin", 100)
    elif damage == "nonsense":
        (part / "journal.jsonl").write_bytes(b"\x00\xff{}\n")
    else:
        with (part / "images.bin").open("ab") as file:
            file.write(b"x" * 1000)
    finished = images.cached(8, folder=tmp_path / "broken", progress=False)
    assert np.array_equal(finished.data, expected.data)
    finished.verify()


@pytest.fixture
def few(tmp_path):
    """Two pictures of noise in each of two classes."""
    for i in range(4):
        noise(tmp_path / "few" / "ab"[i % 2] / f"{i}.png", (9, 9), seed=i)
    return tmp_path / "few"


@pytest.mark.parametrize(
    "line",
    [
        *([["0", "1"], [], 0], ["01", [], 0], [{"0": 0, "1": 1}, [], 0], [[0.0, 1.0], [], 0]),
        *([[-2, -1], [], 0], [[0, 4], [], 0], [[1, 0], [], 0], [[0, 0], [], 0], [[False, True], [], 0]),
        *([[0, 1], [], None], [[0, 1], [], "0"], [[0, 1], [[1, 2, 3]], 0], [[0, 1], ["abc"], {}]),
        *([], [[0, 1]], {}, 3, None),
    ],
)
def test_a_journal_that_is_none_counts_for_nothing(few, tmp_path, line):
    expected = cached(few, tmp_path)
    part = tmp_path / "again" / f"{expected.folder.name}.part"
    part.mkdir(parents=True)
    (part / "images.bin").write_bytes(bytes(2 * 8 * 8 * 3))
    (part / "journal.jsonl").write_text(json.dumps(line) + "\n")
    again = ImageFolder(few).cached(8, folder=tmp_path / "again", progress=False, workers=1)
    assert np.array_equal(again.data, expected.data) and again.rows.tolist() == [0, 1, 2, 3]
    assert again.report.damages == [] and again.targets.tolist() == expected.targets.tolist()
    again.verify()


@pytest.mark.parametrize("name", ["targets.npy", "rows.npy"])
@pytest.mark.parametrize(
    "values",
    [
        *(np.array([0, 1, 0, -1]), np.array([0, 1, 0]), np.array([[0, 1, 0, 1]]), np.array([0.0, 1, 0, 1])),
        *(np.array([0, 1, 0, 1], np.int32), np.array(["0", "1", "0", "1"]), np.array([0, 1, 0, None])),
    ],
)
def test_numbers_of_a_cache_that_are_none(few, tmp_path, name, values):
    cache = cached(few, tmp_path)
    np.save(cache.folder / name, values)
    with pytest.raises(DataError, match=rf"{name}: .*Delete the folder"):
        CachedImages(cache.folder)


def test_a_class_that_a_cache_does_not_have(few, tmp_path):
    cache = cached(few, tmp_path)
    np.save(cache.folder / "targets.npy", np.array([0, 1, 0, 2]))
    with pytest.raises(DataError, match=r"targets\.npy: expected 4 numbers from 0 to 1 in int64"):
        CachedImages(cache.folder)


def test_a_damaged_cache_is_told(many, tmp_path):
    cache = cached(many, tmp_path)
    pixels = cache.folder / "images.bin"
    content = bytearray(pixels.read_bytes())
    content[1000] ^= 1
    pixels.write_bytes(content)
    with pytest.raises(DataError, match="checksum"):
        CachedImages(cache.folder).verify()
    pixels.write_bytes(content[:-1])
    with pytest.raises(DataError, match=r"images\.bin.*Delete the folder"):
        CachedImages(cache.folder)
    with pytest.raises(DataError, match="not a cache"):
        CachedImages(tmp_path)


def test_a_folder_that_cannot_be_written(many, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        ImageFolder(many).cached(8, folder=tmp_path / "file", progress=False)


def test_size_and_fit_are_checked(many):
    with pytest.raises(ValueError, match="at least 1"):
        ImageFolder(many).cached(0)
    with pytest.raises(ValueError, match="'fill'"):
        ImageFolder(many).cached(8, "fill")


@pytest.mark.parametrize("moment", ["before it has its name", "after"])
def test_a_kill_at_the_end_costs_nothing(many, tmp_path, monkeypatch, moment):
    def killed(part, place):
        if moment == "after":
            os.replace(part, place)
        raise KeyboardInterrupt

    expected = cached(many, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(building, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            ImageFolder(many).cached(8, folder=tmp_path / "killed", progress=False)
    monkeypatch.setattr(building, "read_image", None)  # nothing is read again
    finished = ImageFolder(many).cached(8, folder=tmp_path / "killed", progress=False)
    assert np.array_equal(finished.data, expected.data) and np.array_equal(finished.rows, expected.rows)
