"""The learner's folder: nothing is written over, nothing that is kept is lost."""

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from minigrad.course import exercises
from minigrad.course.exercises.lesson_03 import divide_rule, tanh_rule
from minigrad.course.folder import PROGRESS, Folder
from minigrad.errors import CourseError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "mine")
    made.fill()
    return made


def test_what_was_written_is_never_written_over(folder: Folder) -> None:
    mine = folder.file(tanh_rule)
    assert mine == folder.path / "lesson_03" / "tanh_rule.py" and not folder.begun(tanh_rule)
    mine.write_text("my answer")
    folder.file(divide_rule).unlink()
    assert Folder(folder.path).fill() == [folder.file(divide_rule)]
    assert mine.read_text() == "my answer" and folder.begun(tanh_rule)


def test_a_folder_in_place_of_a_file_is_told(folder: Folder) -> None:
    folder.file(tanh_rule).unlink()
    folder.file(tanh_rule).mkdir()
    with pytest.raises(
        CourseError, match=r"tanh_rule\.py is a folder, and should be your file\. Move it away"
    ):
        folder.source(tanh_rule)


def test_progress_survives(folder: Folder) -> None:
    with folder.noting(tanh_rule) as record:
        record.hints = 2
        record.solve()
    again = Folder(folder.path).record(tanh_rule)
    assert again == folder.record(tanh_rule) and again.hints == 2 and again.solved is not None


def test_the_day_of_the_first_time_stays(folder: Folder) -> None:
    with folder.noting(tanh_rule) as record:
        record.solved = "2020-01-02"
        record.solve()
    assert Folder(folder.path).record(tanh_rule).solved == "2020-01-02"


def test_what_another_program_has_noted_meanwhile_stays(folder: Folder) -> None:
    """``check --watch`` has read the file long ago when ``hint`` writes to it."""
    long_ago = Folder(folder.path)
    with folder.noting(tanh_rule) as record:
        record.hints = 2
    with long_ago.noting(divide_rule) as record:
        record.tries = 1
    with long_ago.noting(tanh_rule) as record:
        record.tries = 3
    again = Folder(folder.path)
    assert (again.record(tanh_rule).hints, again.record(tanh_rule).tries) == (2, 3)
    assert again.record(divide_rule).tries == 1


def test_programs_that_note_at_once_lose_nothing(folder: Folder) -> None:
    def note() -> None:
        for _ in range(10):
            with Folder(folder.path).noting(tanh_rule) as record:
                record.tries += 1

    threads = [threading.Thread(target=note) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Folder(folder.path).record(tanh_rule).tries == 30
    left = {path.name for path in folder.path.iterdir() if path.is_file()}
    assert left <= {PROGRESS, ".progress.lock"}


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_told(folder: Folder) -> None:
    folder.path.chmod(0o500)
    try:
        with (
            pytest.raises(CourseError, match="See to it that you may write there"),
            folder.noting(tanh_rule),
        ):
            pass
    finally:
        folder.path.chmod(0o700)


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(CourseError, match=r"mine cannot be used: .*or name another folder"):
        Folder(tmp_path / "mine").fill()


def test_what_another_minigrad_has_kept_stays(folder: Folder) -> None:
    known = {"of_the_future": {"solved": "2030-01-01", "stars": 5}, "tanh_rule": {"tries": 3, "stars": 1}}
    kept = {"format": 7, "school": "ours", "exercises": known}
    (folder.path / PROGRESS).write_text(json.dumps(kept))
    later = Folder(folder.path)
    with later.noting(tanh_rule) as record:
        record.solve()
    told = json.loads((folder.path / PROGRESS).read_text())
    assert told["school"] == "ours" and told["format"] == 7
    assert told["exercises"]["of_the_future"]["stars"] == 5
    assert told["exercises"]["of_the_future"]["solved"] == "2030-01-01"
    assert told["exercises"]["tanh_rule"]["stars"] == 1 and told["exercises"]["tanh_rule"]["tries"] == 3


def _noted(**values: object) -> str:
    return json.dumps({"exercises": {"tanh_rule": values}})


@pytest.mark.parametrize(
    "damaged",
    [
        *("", "{", "[]", '{"exercises": {"tanh_rule": 3}}', "{}"),
        *(_noted(tries="3"), _noted(tries=None), _noted(tries=True), _noted(tries=[])),
        *(_noted(hints=1.5), _noted(hints="two"), _noted(shown=1), _noted(shown="no")),
        *(_noted(solved=20300101), _noted(solved=["2030-01-01"])),
    ],
)
def test_damaged_progress_is_not_written_over(damaged: str, folder: Folder) -> None:
    (folder.path / PROGRESS).write_text(damaged)
    with pytest.raises(CourseError, match=r"progress\.json cannot be read: it is damaged\. Mend it"):
        Folder(folder.path)
    assert (folder.path / PROGRESS).read_text() == damaged


def test_it_is_found_from_inside_and_from_above(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.path / "lesson_03")
    assert Folder.find().path == folder.path
    folder.path.rename(folder.path.with_name("minigrad-course"))
    monkeypatch.chdir(folder.path.parent)
    assert Folder.find().path == folder.path.with_name("minigrad-course")


def test_where_there_is_none_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"is no folder of the course\. Make one: minigrad learn"):
        Folder.find(tmp_path / "nowhere")


def test_a_mark_that_an_editor_puts_before_the_text_is_none_of_it(folder: Folder) -> None:
    text = folder.file(tanh_rule).read_text("utf-8")
    folder.file(tanh_rule).write_text(text, "utf-8-sig")
    assert folder.source(tanh_rule) == text and not folder.begun(tanh_rule)


def test_a_file_that_is_not_text_is_refused(folder: Folder) -> None:
    folder.file(tanh_rule).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="not text in UTF-8"):
        folder.source(tanh_rule)


def test_on_a_full_disk_no_file_is_left_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(CourseError, match=r"No space left on device.*Make room on the disk"):
            Folder(tmp_path / "mine").fill()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(Folder(tmp_path / "mine").fill()) == len(list(exercises.every()))


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of an exercise would stay for ever: a file that is there is never written over."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            Folder(tmp_path).fill()
    assert not list(tmp_path.rglob("*.py"))


def test_a_full_disk_keeps_the_progress_and_says_what_to_do(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = (folder.path / PROGRESS).read_text()
    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(CourseError, match=r"progress\.json' cannot be written.*Make room.*is still there\."),
        folder.noting(tanh_rule) as record,
    ):
        record.solve()
    assert (folder.path / PROGRESS).read_text() == before
