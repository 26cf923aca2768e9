"""What an exercise is, and how one is written.

@exercise(
    title="The rule of tanh",
    hints=("...", "...", "..."),
    gradient_of=lambda x: mg.tanh(x),
    returns=("dx",),
    draw=lambda rng: [(rng.normal(size=shape),) for shape in ((), (4,), (2, 3))],
)
def tanh_rule(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    \"\"\"The statement, with an example that can be worked by hand:

    >>> tanh_rule(2.0, 0.5)
    1.5
    \"\"\"
    return dy * (1 - y**2)
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import source
from minigrad.course.grading.cases import Arguments, Case, Gradient, gradient_cases, reference_cases
from minigrad.course.grading.examples import read_examples

Draw = Callable[[np.random.Generator], Sequence[Arguments]]


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        name: of the function that a learner writes; no two in the course have the same.
        lesson: the number of the lesson after which it can be done.
        title: in a few words.
        hints: three, from a push to nearly the answer.
        solve: the solution.
        draw: makes arguments, small ones first: of the formula for a gradient, else of the answer.
        returns: the names of the results.
        gradient_of: the formula whose rule is asked for, made of minigrad's operations.
        reference: where no gradient is asked for: what is right, written in another way than the solution.
        slips: wrong answers that people give, by what is said of them.
        given: functions that the learner's file has above the stub.
        survivors: changes of the solution that no grader can reject, by why: they compute the same.
        single: whether it is tried in float32, too.
        close: the distance allowed for each unit of the largest number.
    """

    name: str
    lesson: int
    title: str
    hints: tuple[str, str, str]
    solve: Callable[..., Any]
    draw: Draw
    returns: tuple[str, ...]
    gradient_of: Callable[..., Any] | None = None
    reference: Callable[..., Any] | None = None
    slips: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    given: tuple[Callable[..., Any], ...] = ()
    survivors: Mapping[str, str] = field(default_factory=dict)
    single: bool = True
    close: float = 1e-8

    @property
    def statement(self) -> str:
        """What is asked for: the docstring of the solution, which is that of the stub."""
        return inspect.getdoc(self.solve) or ""

    @property
    def takes(self) -> tuple[str, ...]:
        """The names of the arguments."""
        return tuple(inspect.signature(self.solve).parameters)

    def solution(self) -> str:
        """The source of the solution."""
        return source.solution(self.solve)

    def stub(self) -> str:
        """The source that a learner begins with: it has the statement, and no solution."""
        return source.stub(self.solve)

    @property
    def sentence(self) -> str:
        """The title after a colon: "the rule of tanh." or "is it new?"."""
        stop = "" if self.title.endswith("?") else "."
        return f"{self.title[:1].lower()}{self.title[1:]}{stop}"

    def file(self, number: int) -> str:
        """The learner's file.

        Args:
            number: which exercise of its lesson it is.
        """
        how = (
            "Write the function below in place of its last line, and see how it stands:\n\n"
            f"    minigrad check {self.name}"
        )
        title = f"Lesson {self.lesson}, exercise {number}: {self.sentence}"
        return source.learners_file(title, how, self.given, self.stub())

    def whole(self, body: str) -> str:
        """A file that holds the body, of the stub or the solution, and what is given."""
        return source.learners_file(self.title, "", self.given, body)

    def gradient(self) -> Gradient | None:
        """What a rule is compared with, if one is asked for."""
        if self.gradient_of is None:
            return None
        wanted = tuple(name.removeprefix("d") for name in self.returns)
        return Gradient(self.gradient_of, wanted, self.takes)

    def cases(self, seed: int) -> list[Case]:
        """The examples of the statement, and then what the seed draws."""
        cases = [
            Case(example.arguments, example.result, digits=example.digits, call=example.call)
            for example in read_examples(self.statement)
        ]
        rng = np.random.default_rng(seed)
        drawn, gradient = list(self.draw(rng)), self.gradient()
        with mg.backend("reference"):  # the plain kernels: they are small, and nobody waits for a compiler
            if gradient is not None:
                return cases + list(gradient_cases(gradient, drawn, rng, self.single))
            assert self.reference is not None
            return cases + list(reference_cases(self.reference, drawn, self.single))


def exercise(
    *,
    title: str,
    hints: tuple[str, str, str],
    draw: Draw,
    returns: tuple[str, ...] = ("the result",),
    **more: Any,
) -> Callable[[Callable[..., Any]], Exercise]:
    """Make an exercise of the function below, which is its solution. The arguments are `Exercise`'s."""
    if ("gradient_of" in more) == ("reference" in more):
        raise TypeError("an exercise has either gradient_of or reference, and just one of them")

    def make(function: Callable[..., Any]) -> Exercise:
        lesson = int(function.__module__.rpartition("_")[2])
        return Exercise(function.__name__, lesson, title, hints, function, draw, returns, **more)

    return make
