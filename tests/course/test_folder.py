"""The learner's folder: nothing is written over, nothing that is kept is lost."""

import json
from pathlib import Path

import pytest

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


def test_progress_survives(folder: Folder) -> None:
    folder.record(tanh_rule).hints = 2
    folder.solve(tanh_rule)
    folder.save()
    again = Folder(folder.path).record(tanh_rule)
    assert again == folder.record(tanh_rule) and again.hints == 2 and again.solved is not None


def test_the_day_of_the_first_time_stays(folder: Folder) -> None:
    folder.record(tanh_rule).solved = "2020-01-02"
    folder.solve(tanh_rule)
    assert folder.record(tanh_rule).solved == "2020-01-02"


def test_what_another_minigrad_has_kept_stays(folder: Folder) -> None:
    known = {"of_the_future": {"solved": "2030-01-01", "stars": 5}, "tanh_rule": {"tries": 3, "stars": 1}}
    kept = {"format": 7, "school": "ours", "exercises": known}
    (folder.path / PROGRESS).write_text(json.dumps(kept))
    later = Folder(folder.path)
    later.solve(tanh_rule)
    later.save()
    told = json.loads((folder.path / PROGRESS).read_text())
    assert told["school"] == "ours"
    assert told["exercises"]["of_the_future"]["stars"] == 5
    assert told["exercises"]["of_the_future"]["solved"] == "2030-01-01"
    assert told["exercises"]["tanh_rule"]["stars"] == 1 and told["exercises"]["tanh_rule"]["tries"] == 3


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"exercises": {"tanh_rule": 3}}', "{}"])
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


def test_a_file_that_is_not_text_is_refused(folder: Folder) -> None:
    folder.file(tanh_rule).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="not text in UTF-8"):
        folder.source(tanh_rule)
