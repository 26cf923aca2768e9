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


def every() -> Iterator[Exercise]:
    """All exercises of the course, in order."""
    for lesson in lessons():
        yield from of_lesson(lesson)


def find(name: str) -> list[Exercise]:
    """The exercise of this name; or all of a lesson, for its number.

    Raises:
        CourseError: there is none.
    """
    if name.isdecimal():
        if int(name) not in lessons():
            raise CourseError(f"lesson {name} has no exercises; those have: {', '.join(map(str, lessons()))}")
        return of_lesson(int(name))
    everything = {exercise.name: exercise for exercise in every()}
    name = name.replace("\\", "/").rpartition("/")[2].removesuffix(".py")  # a file will do
    if name not in everything:
        near = difflib.get_close_matches(name, everything, 1)
        more = f"did you mean {near[0]}?" if near else "minigrad progress lists all."
        raise CourseError(f"there is no exercise {name}; {more}")
    return [everything[name]]
