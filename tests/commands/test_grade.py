"""``minigrad grade``: a teacher's table, of submissions of every kind."""

import json
import os
from pathlib import Path

import pytest

from minigrad.commands import grade, main
from minigrad.course import exercises, grading
from minigrad.course.exercises.lesson_03 import tanh_rule
from minigrad.course.grading import Exercise, Verdict
from minigrad.course.grading.process import MEGABYTES, Child

RIGHT = "return dy * (1 - y**2)"


def hand_in(folder: Path, answer: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "tanh_rule.py"
    number = exercises.of_lesson(3).index(tanh_rule) + 1
    file.write_text(tanh_rule.file(number).replace("raise NotImplementedError", answer), "utf-8")
    return file


@pytest.fixture
def together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of submissions, of which one exercise is graded, with little patience."""
    monkeypatch.setattr(Child.__init__, "__defaults__", (1.0, MEGABYTES))
    monkeypatch.setattr(exercises, "every", lambda: [tanh_rule])
    (tmp_path / "class").mkdir()
    return tmp_path / "class"


def graded(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, str]]:
    """What is told of the exercise, by submission."""
    assert main(["grade", str(folder), "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)["submissions"]
    return {one["submission"]: one["exercises"]["tanh_rule"] for one in told}


def test_each_submission_has_its_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(tmp_path / "ada", RIGHT)
    assert main(["grade", str(tmp_path), "--json", "--lesson", "3", "--seed", "5"]) == 0
    told = json.loads(capsys.readouterr().out)
    (ada,) = told["submissions"]
    count = len(exercises.of_lesson(3))
    assert (told["seed"], ada["submission"], ada["points"], ada["of"]) == (5, "ada", 1, count)
    assert [one["state"] for one in ada["exercises"].values()].count("missing") == count - 1


def test_what_cannot_be_graded_is_told_and_the_others_are_graded(
    together: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (together / "a file.txt").touch()
    hand_in(together / "ada" / "deeper", RIGHT)
    hand_in(together / "bob", "while True: pass")
    (together / "eve").mkdir()
    if hasattr(os, "mkfifo"):  # to read it would take forever
        os.mkfifo(together / "eve" / "tanh_rule.py")
    hand_in(together / "fay", "return 1  #" + "x" * grade.LARGEST)
    hand_in(together / "gus", "return 10**400")  # more than a float can hold
    hand_in(together / "zoe", RIGHT).write_bytes(b"\xff\xfe")
    told = graded(together, capsys)
    states = {name: one["state"] for name, one in told.items()}
    assert states == {
        "ada": "right", "bob": "wrong", "eve": "missing", "fay": "broken", "gus": "wrong", "zoe": "broken",
    }  # fmt: skip
    assert "has not come to an end" in told["bob"]["message"]
    assert told["ada"]["file"] == "deeper/tanh_rule.py" and told["eve"]["file"] is None


def test_of_two_files_that_is_graded_which_lies_where_it_was_made(
    together: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(together / "ada" / "a copy", "return dy")
    hand_in(together / "ada" / "mine" / "lesson_03", RIGHT)
    told = graded(together, capsys)
    assert told["ada"]["score"] == 1 and told["ada"]["file"] == "mine/lesson_03/tanh_rule.py"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="there are no links here")
def test_a_link_is_not_followed(together: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It may lead to another learner's answer, or to what is nobody's business."""
    answer = hand_in(together / "ada", RIGHT)
    (together / "eve").mkdir()
    (together / "eve" / "tanh_rule.py").symlink_to(answer)
    (together / "fay").mkdir()
    (together / "fay" / "mine").symlink_to(together / "ada", target_is_directory=True)
    told = graded(together, capsys)
    assert [told[name]["state"] for name in ("ada", "eve", "fay")] == ["right", "missing", "missing"]


def test_all_of_a_run_get_the_same_numbers_and_another_run_others(
    together: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that nobody knows them before."""

    def drawn(exercise: Exercise, source: str, *, seed: int, path: str) -> Verdict:
        return Verdict(exercise.name, "wrong", str(seed))

    monkeypatch.setattr(grading, "grade", drawn)
    for name in ("ada", "bob"):
        hand_in(together / name, "return dy")
    runs = []
    for _ in range(4):
        told = graded(together, capsys)
        assert told["ada"]["message"] == told["bob"]["message"]
        runs.append(told["ada"]["message"])
    assert len(set(runs)) > 1


def test_a_line_for_each_without_json(together: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(together / "ada", RIGHT)
    assert main(["grade", str(together), "--seed", "7"]) == 0
    assert capsys.readouterr().out == f"{'ada':<30}   1 of 1\n(The same numbers again: --seed 7)\n"
    hand_in(together / "bob", "return dy")
    (together / "eve").mkdir()
    assert main(["grade", str(together)]) == 0
    lines = capsys.readouterr().out.splitlines()[1:-1]
    assert lines == [
        f"{'bob':<30}   0 of 1",
        "    wrong: tanh_rule",
        f"{'eve':<30}   0 of 1",
        "    missing: 1",
    ]


def test_a_message_has_a_line_for_what_was_seen_and_one_for_the_slip(
    together: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that reads it breaks lines where its own page ends."""
    hand_in(together / "ada", "return -dy * (1 - y**2)")
    seen, slip = graded(together, capsys)["ada"]["message"].splitlines()
    assert seen == "tanh_rule(2.0, 0.5): dx should be 1.5, and is -1.5."
    assert slip.startswith("Likely slip: ") and len(slip) > 80 and slip.endswith(".")


def test_what_is_no_folder_of_submissions_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(tmp_path / "class" / "ada" / "lesson_03", RIGHT)
    (tmp_path / "nobody" / ".git").mkdir(parents=True)
    for options, said in (
        (["nowhere"], "nowhere is no folder. Name the one that holds"),
        (["nobody"], "nobody has no folders inside"),
        (["class/ada"], "ada is the folder of one learner: it has lesson_03. Name the one"),
        (["class", "--lesson", "99"], "lesson 99 has no exercises"),
    ):
        assert main(["grade", str(tmp_path / options[0]), *options[1:]]) == 1
        assert said in capsys.readouterr().err


def test_a_hidden_folder_is_no_submission(together: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(together / "ada", RIGHT)
    hand_in(together / ".checkpoints", "return dy")
    assert list(graded(together, capsys)) == ["ada"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_does_not_steer_the_terminal(together: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(together / "\x1b[2Jada", RIGHT)
    assert main(["grade", str(together)]) == 0
    assert capsys.readouterr().out.startswith("\\x1b[2Jada ")
