"""A file is whole or not there, whatever happens while it is written."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from minigrad.files import finish, json_text, page_text, remedy, sweep, write_array, write_whole


def test_it_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"first")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["file"]


def test_an_error_while_writing_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_whole(path, b"first")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    told = r"write_csv: .*file' cannot be written \(No space .*Make room on the disk.* is still there\."
    with pytest.raises(OSError, match=told) as caught:
        write_whole(path, b"second", "write_csv")
    assert caught.value.errno == 28
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["file"]


def test_json_is_written_by_the_letter() -> None:
    value = {"a": [1, 2.5, math.nan], "é": {"b": (math.inf, True, None)}}
    text = json_text(value)
    assert json.loads(text) == {"a": [1, 2.5, None], "é": {"b": [None, True, None]}}
    assert '"é"' in text and text.endswith("}\n") and '\n  "a"' in text


def test_a_page_holds_values_as_text_and_lacks_none(tmp_path: Path) -> None:
    jinja2 = pytest.importorskip("jinja2")
    (tmp_path / "page.html").write_text("<p>{{ name }}</p>\n", encoding="utf-8")
    assert page_text(tmp_path / "page.html", name="<b> & ü") == "<p>&lt;b&gt; &amp; ü</p>"
    with pytest.raises(jinja2.UndefinedError, match="name"):
        page_text(tmp_path / "page.html")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"first")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", b"second")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"second"


def test_what_a_killed_program_left_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    keep = ["run", ".run.tmp", ".run.0123.tmp", ".other.01234567.tmp", "run.01234567.tmp"]
    for name in [*keep, ".run.01234567.tmp", ".run.89abcdef.tmp"]:
        (tmp_path / name).touch()
    assert sorted(file.name for file in sweep(tmp_path / "run")) == [
        ".run.01234567.tmp",
        ".run.89abcdef.tmp",
    ]
    assert sorted(os.listdir(tmp_path)) == sorted(keep)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder"):
        write_whole(tmp_path / "no" / "file", b"")
    assert sweep(tmp_path / "no" / "file") == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, b"content")
    assert os.read(reader, 100) == b"content" and pipe.is_fifo()
    os.close(reader)


def test_the_next_writer_takes_away_what_nobody_writes_to_any_more(tmp_path: Path) -> None:
    left, going_on = tmp_path / ".file.01234567.tmp", tmp_path / ".file.89abcdef.tmp"
    for temporary in (left, going_on):
        temporary.touch()
    os.utime(left, (0, 0))
    write_whole(tmp_path / "file", b"")
    assert sorted(os.listdir(tmp_path)) == [going_on.name, "file"]
    assert sweep(tmp_path) == [going_on]  # of a folder, whatever file it was for


def test_an_array_is_written_as_numpy_writes_it(tmp_path: Path) -> None:
    write_array(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3).T)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.arange(6.0).reshape(2, 3).T)


def test_a_folder_has_its_name_when_all_in_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    sync = os.fsync

    def noted(number: int) -> None:
        synced.append((os.readlink(f"/proc/self/fd/{number}"), (tmp_path / "place").exists()))
        sync(number)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the system does not tell which file a number stands for")
    (tmp_path / "part" / "inner").mkdir(parents=True)
    (tmp_path / "part" / "inner" / "file").write_bytes(b"content")
    monkeypatch.setattr(os, "fsync", noted)
    finish(tmp_path / "part", tmp_path / "place")
    part = str(tmp_path / "part")
    assert set(synced) == {
        (part, False), (f"{part}/inner", False), (f"{part}/inner/file", False), (str(tmp_path), True),
    }  # fmt: skip


def test_a_full_disk_needs_room_and_another_one_permission() -> None:
    assert remedy(OSError(28, "No space left on device")) == "Make room on the disk"
    assert remedy(OSError(30, "Read-only file system")) == "Check that the folder may be written into"
