"""Every exercise: the stub scores nothing, the solution everything; what is handed out is fit for it.

How many wrong answers each grader rejects is measured in tests/tools/test_measure_exercises.py.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

import minigrad as mg
from minigrad.course import exercises
from minigrad.course.grading import Exercise, grade
from minigrad.course.grading.cases import Case, copied
from minigrad.course.grading.compare import difference
from minigrad.course.grading.examples import read_examples
from minigrad.course.grading.grade import passes
from minigrad.course.grading.process import Child
from minigrad.errors import CourseError

EVERY = list(exercises.every())
each = pytest.mark.parametrize("exercise", EVERY, ids=lambda exercise: exercise.name)


_cases: dict[str, list[Case]] = {}


def cases(exercise: Exercise) -> list[Case]:
    """What seed 0 draws, once for all tests."""
    if exercise.name not in _cases:
        _cases[exercise.name] = exercise.cases(0)
    return _cases[exercise.name]


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child() as one:
        yield one


@each
def test_the_stub_scores_nothing_and_the_solution_everything(exercise: Exercise, child: Child) -> None:
    number = exercises.of_lesson(exercise.lesson).index(exercise) + 1
    stub = grade(exercise, exercise.file(number), seed=0, child=child)
    assert (stub.state, stub.score) == ("not written", 0)
    for seed in (0, None):  # None: one that nobody has tried
        got = grade(exercise, exercise.whole(exercise.solution()), seed=seed, child=child)
        assert got.score == 1, f"seed {got.seed}: {got.message}"


@each
def test_an_empty_answer_scores_nothing(exercise: Exercise, child: Child) -> None:
    for body in ("pass", "return 0", f"return {exercise.takes[0]}"):
        source = f"import numpy as np\ndef {exercise.name}({', '.join(exercise.takes)}):\n    {body}\n"
        assert not passes(exercise, source, cases(exercise), child), body


RULES = [exercise for exercise in EVERY if exercise.gradient_of is not None]


@pytest.mark.parametrize("exercise", RULES, ids=lambda exercise: exercise.name)
def test_a_gradient_twice_as_large_is_called_that(exercise: Exercise, child: Child) -> None:
    """So the formula of each can be taken apart by what names slips."""
    twice = exercise.solution().replace(f"def {exercise.name}(", "def right(", 1) + (
        f"\n\ndef {exercise.name}(*arguments):\n"
        "    found = right(*arguments)\n"
        "    return tuple(2 * one for one in found) if isinstance(found, tuple) else 2 * found\n"
    )
    got = grade(exercise, exercise.whole(twice), seed=0, child=child)
    assert got.score == 0 and re.search("a factor 2 too many|the factor 1/2 .* is missing", got.slip)


@each
def test_what_learners_get_holds_no_solution(exercise: Exercise) -> None:
    """A formula may stand in the statement as in the solution; the way from there to the result may not."""
    (solution,) = ast.parse(exercise.solution()).body
    (stub,) = ast.parse(exercise.stub()).body
    assert isinstance(solution, ast.FunctionDef) and isinstance(stub, ast.FunctionDef)
    assert [ast.unparse(one) for one in stub.body[1:]] == ["raise NotImplementedError"]
    lines = [ast.unparse(one) for one in solution.body[1:]]
    told = [line in exercise.file(1) for line in lines]
    assert not told[-1] and sum(told) <= len(told) / 2


@each
def test_the_statement_has_an_example_and_there_are_three_hints(exercise: Exercise) -> None:
    assert read_examples(exercise.statement)
    assert len(set(exercise.hints)) == 3 and all(hint.strip() for hint in exercise.hints)
    assert len(exercise.title) <= 40 and not exercise.title.endswith(".")
    assert exercise.statement.splitlines()[0].endswith((".", "?"))


@each
def test_wrong_answers_that_people_give_are_wrong(exercise: Exercise) -> None:
    """Each slip differs from the reference somewhere: else a right answer would be called a slip."""
    for said, wrong in exercise.slips.items():
        assert said.endswith((".", "?")), said
        with np.errstate(all="ignore"), mg.backend("reference"):  # some overflow: that is the slip
            got = [
                difference(wrong(*copied(case.arguments)), case.expected, case.close, case.digits, "")
                for case in cases(exercise)
            ]
        assert any(got), said


def test_no_map_is_smaller_than_its_window() -> None:
    """There the rule of thumb gives less than 0, and a right answer would be called wrong."""
    (exercise,) = exercises.find("map_sizes")
    sizes = [case.expected for seed in range(300) for case in exercise.cases(seed)]
    assert min(min(one, default=1) for one in sizes) >= 1


def test_no_two_exercises_have_the_same_name() -> None:
    assert max(Counter(exercise.name for exercise in EVERY).values()) == 1


def test_each_lesson_has_three_to_six() -> None:
    counts = {lesson: len(exercises.of_lesson(lesson)) for lesson in exercises.lessons()}
    assert all(3 <= count <= 6 for count in counts.values()), counts


def test_an_exercise_is_found_by_its_name_its_file_and_its_lesson() -> None:
    (one,) = exercises.find("tanh_rule")
    assert exercises.find("lesson_03/tanh_rule.py") == exercises.find("lesson_03\\tanh_rule.py") == [one]
    assert one in exercises.find("3") and exercises.find("03") == exercises.find("3")
    assert exercises.find("lesson_03") == exercises.find("course/lesson_03/") == exercises.find("3")


def test_one_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        CourseError, match=re.escape("there is no exercise tan_rule; did you mean tanh_rule?")
    ):
        exercises.find("tan_rule")
    with pytest.raises(CourseError, match="lesson 99 has no exercises; 0 to "):
        exercises.find("99")
