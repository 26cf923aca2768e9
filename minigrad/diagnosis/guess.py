"""What a slip would give: a guess at the learner's gradient."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from minigrad.diagnosis.recording import Array, Local, Recording, Step


@dataclass(frozen=True)
class Guess:
    """One way in which one slip may have been made.

    Attributes:
        said: what is seen in the numbers, one clause for the learner.
        predict: the gradient that the slip gives; it may have a wrong shape.
        repair: in place of ``predict``, for slips of shape: makes the right gradient of the learner's.
        step: the operation at which it was made, if it is one.
        title: what is wrong, more exactly than the slip's own title.
        fix: what to do, more exactly than the slip's own advice.
        loose: whether it fits nearly anything, and is a last resort.
    """

    said: str
    predict: Callable[[Recording], Array] | None = None
    repair: Callable[[Array, Recording], Array] | None = None
    step: Step | None = None
    title: str | None = None
    fix: str | None = None
    loose: bool = False


Finder: TypeAlias = Callable[[Recording], Iterator[Guess]]
"""The guesses of one slip about one recorded run. The run's numbers may be used only in what is said: the
guess is tried on other runs of the same function, which have other numbers.
"""


def replaced(step: Step, local: Local) -> Callable[[Recording], Array]:
    """The prediction that this step's rule was ``local``."""
    return partial(_with_another_rule, step.place, local)


def _with_another_rule(place: int, local: Local, recording: Recording) -> Array:
    return recording.gradient({place: local})
