"""The exercises of the course, a file for each lesson. `minigrad.course.grading` says how one is written.

What an exercise asks for, can be done after its lesson: it needs no later one. An answer is written in
Python and NumPy, never with minigrad, so that one sees all of it.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Iterator

from minigrad.course.grading import Exercise
from minigrad.errors import CourseError


def lessons() -> list[int]:
    """The numbers of the lessons that have exercises."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(int(name.removeprefix("lesson_")) for name in names if name.startswith("lesson_"))


def of_lesson(lesson: int) -> list[Exercise]:
    """The exercises of one lesson, in the order in which they stand there."""
    module = importlib.import_module(f"{__name__}.lesson_{lesson:02d}")
    return [value for value in vars(module).values() if isinstance(value, Exercise)]


def subject(lesson: int) -> str:
    """What a lesson is about, as the head of its exercises says: "local rules, and the chain rule"."""
    module = importlib.import_module(f"{__name__}.lesson_{lesson:02d}")
    head = (module.__doc__ or "").partition("\n")[0]
    return head.partition(": ")[2].partition(". ")[0].removesuffix(".")


def every() -> Iterator[Exercise]:
    """All exercises of the course, in order."""
    for lesson in lessons():
        yield from of_lesson(lesson)


def find(name: str) -> list[Exercise]:
    """The exercise of this name; or all of a lesson, for its number or the name of its folder.

    Raises:
        CourseError: there is none.
    """
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2].removesuffix(".py")  # a path will do
    number = name.removeprefix("lesson_")
    if number.isdecimal():
        if int(number) not in lessons():
            raise CourseError(f"lesson {number} has no exercises; {min(lessons())} to {max(lessons())} have")
        return of_lesson(int(number))
    everything = {exercise.name: exercise for exercise in every()}
    if name not in everything:
        near = difflib.get_close_matches(name, everything, 1, cutoff=0.5)
        more = f"did you mean {near[0]}?" if near else "minigrad progress lists all."
        raise CourseError(f"there is no exercise {name}; {more}")
    return [everything[name]]
