"""The graders are measured: wrong answers made of the right one are rejected, but for those with a reason.

All of them are tried by ``python tools/measure_exercises.py``; here, of each exercise, some.
"""

import json
from collections.abc import Iterator

import pytest

from minigrad.course import exercises
from minigrad.course.grading import Exercise
from minigrad.course.grading.process import Child
from tools import measure_exercises

EVERY = list(exercises.every())
RESULTS = json.loads(measure_exercises.RESULTS.read_text())


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child(seconds=0.4) as one:  # several never end: they are rejected a little sooner here
        yield one


@pytest.mark.parametrize("exercise", EVERY, ids=lambda exercise: exercise.name)
def test_wrong_answers_are_rejected(exercise: Exercise, child: Child) -> None:
    """With numbers of this run's own: a hole would show sooner or later."""
    found, tried = measure_exercises.survivors(exercise, child, seed=1, every=4)
    assert tried >= 4
    assert set(found) <= set(exercise.survivors), "a wrong answer is taken for right"


def test_the_figures_in_the_docs_are_of_these_exercises() -> None:
    assert list(RESULTS["each"]) == [exercise.name for exercise in EVERY], measure_exercises.__doc__
    assert RESULTS["stubs_scoring"] == 0 and RESULTS["solutions_right"] == RESULTS["exercises"] == len(EVERY)
    assert RESULTS["rejected_share"] >= 0.97
    for name, row in RESULTS["each"].items():
        assert row["mutants"] >= measure_exercises.LEAST == 20, name
        assert "no reason is known" not in row["survivors"].values(), name


def test_a_survivor_without_a_reason_fails_the_measurement(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measure_exercises, "SEEDS", 1)
    monkeypatch.setattr(measure_exercises, "survivors", lambda exercise, child: (["a -> b"], 30))
    assert measure_exercises.main(["tanh_rule"]) == 1
    told = capsys.readouterr().out
    assert "a -> b: no reason is known" in told and "29 of 30 mutants" in told
