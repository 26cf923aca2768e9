"""A learner's path: a wrong answer, a hint, the slip named, the right answer, progress; a teacher's table."""

import io
import json
from pathlib import Path

import pytest

from minigrad.commands import learn, main
from minigrad.course import exercises
from minigrad.course.exercises.lesson_03 import tanh_rule


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the course, in which we are."""
    monkeypatch.chdir(tmp_path)
    assert main(["learn"]) == 0
    monkeypatch.chdir(tmp_path / "minigrad-course")
    return tmp_path / "minigrad-course"


def write(folder: Path, answer: str) -> None:
    file = folder / "lesson_03" / "tanh_rule.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    number = exercises.of_lesson(3).index(tanh_rule) + 1
    file.write_text(tanh_rule.file(number).replace("raise NotImplementedError", answer))


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_learn_makes_a_folder_and_says_what_is_next(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    total = len(list(exercises.every()))
    assert len(list(course.glob("lesson_*/*.py"))) == total
    assert main(["learn", "another"]) == 0
    told = said(capsys)
    assert f"{total} files are new in another" in told
    assert f"0 of {total} exercises are solved. Next, of lesson 0: the slope of a power." in told
    assert "minigrad check power_rule" in told
    assert "lesson minigrad run 0 write another/lesson_00/power_rule.py" in told
    main(["learn"])
    assert capsys.readouterr().out.startswith("0 of ")  # nothing is missing
    (course / "lesson_00" / "uses.py").unlink()
    main(["learn"])
    assert "1 file is new in" in said(capsys)


def test_damaged_progress_is_told_and_no_second_folder_made(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "progress.json").write_text("{")
    assert main(["learn"]) == 1
    assert "progress.json cannot be read: it is damaged." in capsys.readouterr().err
    assert not (course / "minigrad-course").exists()


def test_a_title_that_asks_ends_as_a_question(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = (course / "lesson_00" / "uses.py").read_text().splitlines()[0]
    assert head.endswith("exercise 2: how often is each number used?")


def test_the_whole_path(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    assert "You have not written anything yet." in said(capsys)

    assert main(["check", "tanh_rule"]) == 1
    assert "tanh_rule is still to be written: lesson_03/tanh_rule.py" in said(capsys)

    write(course, "return dy * (1 - y)")
    assert main(["check"]) == 1
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    told = " ".join(told.split())
    assert "tanh_rule is not right yet. tanh_rule(2.0, 0.5): dx should be 1.5, and is 1." in told
    assert "Likely slip: of the gradient of x: 1 - y in place of 1 - y ** 2." in told
    assert "minigrad check tanh_rule --seed" in told

    for count in (1, 2, 3, 3):
        assert main(["hint", "tanh_rule"]) == 0
        told = said(capsys)
        shown = [" ".join(hint.split()) in told for hint in tanh_rule.hints]
        assert shown == [number < count for number in range(3)]
    assert "That was the last one." in told

    write(course, "return dy * (1 - y**2)")
    assert main(["check"]) == 0
    told = said(capsys)
    assert "tanh_rule is right" in told and "1 of" in told and "Next, of lesson 0" in told

    assert main(["progress"]) == 0
    told = said(capsys)
    assert "tanh_rule The rule of tanh solved" in told
    assert "Lesson 3: local rules, and the chain rule" in told
    main(["progress", "--json"])
    (entry,) = (one for one in json.loads(capsys.readouterr().out) if one["exercise"] == "tanh_rule")
    assert (entry["tries"], entry["hints"], entry["solution_shown"]) == (2, 3, False)
    assert entry["solved"] is not None


def test_what_an_answer_prints_is_shown(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(course, "print('y is', y); raise ValueError")
    main(["check", "3"])
    told = capsys.readouterr().out
    assert "ValueError" in told and "line 2" in told


def test_the_solution_is_shown_after_asking(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    capsys.readouterr()
    assert main(["solution", "tanh_rule"]) == 1  # nobody is there to be asked
    assert "--yes" in capsys.readouterr().err

    terminal = io.StringIO("\nyes\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    assert main(["solution", "tanh_rule"]) == 1
    told = said(capsys)
    assert "Show the solution? You have not read any of its 3 hints. [y/N] Not shown." in told
    assert main(["solution", "tanh_rule"]) == 0
    assert "return dy * (1 - y**2)" in capsys.readouterr().out
    main(["progress"])
    told = capsys.readouterr().out
    assert "begun, was shown" not in told and "was shown" in told
    assert max(map(len, told.splitlines())) <= 80


def test_what_is_not_there_is_said(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "tanh"]) == 1
    assert "there is no exercise tanh; did you mean tanh_rule?" in capsys.readouterr().err
    assert main(["hint", "3"]) == 1
    assert "lesson 3 has several: tanh_rule, " in capsys.readouterr().err
    (course / "lesson_03" / "tanh_rule.py").unlink()
    assert main(["check", "tanh_rule"]) == 1
    assert "is not there. minigrad learn writes it anew." in capsys.readouterr().err


def test_a_file_is_checked_when_it_is_saved(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(["return dy * (1 - y**2)", None])

    def wait(seconds: float) -> None:
        answer = next(moments)
        if answer is None:
            raise KeyboardInterrupt
        write(course, answer)

    monkeypatch.setattr(learn.time, "sleep", wait)
    assert main(["check", "--watch", "tanh_rule"]) == 0
    assert "tanh_rule is right" in capsys.readouterr().out


def test_watching_goes_on_after_a_file_that_cannot_be_read(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = course / "lesson_03" / "tanh_rule.py"
    moments = iter([b"\xff\xfe", b"def tanh_rule(dy, y):\n    return dy * (1 - y**2)\n"])

    def wait(seconds: float) -> None:
        saved = next(moments, None)
        if saved is None:
            raise KeyboardInterrupt
        file.write_bytes(saved)

    monkeypatch.setattr(learn.time, "sleep", wait)
    assert main(["check", "--watch", "tanh_rule"]) == 0
    told = said(capsys)
    assert "not text in UTF-8" in told and "tanh_rule is right" in told


@pytest.mark.parametrize("command", [["check", "tanh_rule"], ["grade", "."]])
@pytest.mark.parametrize("given", ["-1", "1.5", "zero"])
def test_what_is_no_seed_is_said(capsys: pytest.CaptureFixture[str], command: list[str], given: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, f"--seed={given}"])
    assert ended.value.code == 2
    assert f"expected a whole number, 0 or more, got '{given}'" in capsys.readouterr().err
