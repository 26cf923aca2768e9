"""Where in the learner's own code are we?"""

import linecache
import os
import sys
import warnings
from typing import NamedTuple


class Place(NamedTuple):
    """A line of code. Its text is looked up only to be shown."""

    path: str
    number: int

    def __str__(self) -> str:
        code = linecache.getline(self.path, self.number).strip()
        return f"{self.path}:{self.number}: {code}" if code else f"{self.path}:{self.number}"


def learner_place() -> Place:
    """The innermost line outside minigrad that led here."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, and have the warning point at the innermost line outside minigrad that led here."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def learner_line() -> str:
    """The innermost line outside minigrad that led here, as ``lesson.py:12: loss.backward()``."""
    return str(learner_place())


# As the frames spell it: through a link, if the package was imported through one.
_PACKAGE = os.path.dirname(learner_place.__code__.co_filename) + os.sep
