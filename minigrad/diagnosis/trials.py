"""The inputs that a rule is tried on, and what finite differences say there."""

from typing import Any, NamedTuple

import numpy as np

from minigrad.diagnosis import draws
from minigrad.diagnosis.problem import Problem, Trial
from minigrad.diagnosis.recording import Array
from minigrad.gradcheck import Slope, Tolerance, slope_along


class Trials:
    """The given inputs, and random ones near them, of the same shapes."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem = problem
        self.rng = np.random.default_rng([seed, 7])
        self.given = problem.trial(problem.given, False, self.rng)
        self.near: list[Trial] = []
        self.more(4)
        if self.given is None and not self.near:
            raise ValueError(
                "explain_gradient: the function or its gradient is not finite (or empty) at the given inputs "
                "and near them. Give inputs inside of its domain."
            )

    def more(self, count: int) -> None:
        """Draw more."""
        for i in range(count):
            for fresh in ((True, False), (False, True))[i % 2]:
                trial = self.tried(self.problem.near(self.rng, fresh))
                if trial is not None:
                    self.near.append(trial)
                    break

    def tried(self, values: dict[str, Any]) -> Trial | None:
        """A trial, if the function runs there through the same operations as at the given inputs."""
        trial = self.problem.trial(values, True, self.rng)
        like = self.given or (self.near[0] if self.near else None)
        if trial is None or (like is not None and trial.recording.signature != like.recording.signature):
            return None
        return trial

    def varied(self, ones: bool) -> list[Trial]:
        """Trials with other sizes and other Python numbers, where function and rule run on them.

        Sizes and numbers that are 1, and numbers that are 0, change only with ``ones``.
        """
        return self._run(self.problem.varied(self.rng, ones))

    def wide(self) -> list[Trial]:
        """Trials with numbers of both signs, where the function takes them."""
        return self._run([self.problem.wide(self.rng) for _ in range(8)])

    def soft(self) -> list[Trial]:
        """Trials with numbers in place of zeros and ones, of which many functions make the same; or none."""
        given = self.problem.given.items()
        if not any(name != self.problem.argument and draws.is_mask(value) for name, value in given):
            return []
        return self._run([self.problem.soft(self.rng) for _ in range(2)])

    def _run(self, inputs: list[dict[str, Any]]) -> list[Trial]:
        tried = [self.tried(values) for values in inputs]
        return [trial for trial in tried if trial is not None and trial.yours is not None]

    def square(self) -> list[Trial]:
        """Trials with all axes of one size, where products fit that otherwise raise an error."""
        arrays = [v for v in self.problem.given.values() if isinstance(v, np.ndarray)]
        sizes = {size for array in arrays for size in array.shape} - {0}
        for equal in (sizes - {1}, sizes):
            found = self._run([self.problem.sized(dict.fromkeys(equal, 3), self.rng) for _ in range(6)])
            if found:
                return found
        return []


class Other(NamedTuple):
    """Trials with inputs unlike the given ones, on which a right rule may rely.

    ``sizes``: other sizes and Python numbers; ``ones``: the same for those that are 1, by which a slip may
    leave no trace; ``wide``: numbers of both signs.
    """

    sizes: list[Trial]
    ones: list[Trial]
    wide: list[Trial]

    @classmethod
    def of(cls, trials: Trials) -> "Other":
        """Draw them."""
        return cls(trials.varied(ones=False), trials.varied(ones=True), trials.wide())

    def first_wrong(self) -> list[Trial]:
        """Where the rule ends to hold: the first of the wide trials, the first of other sizes."""
        kinds = ([t for t in trials if confirmed_wrong(t)] for trials in (self.sizes, self.wide))
        return [wrong[0] for wrong in kinds if wrong]


def refuse_random(problem: Problem) -> None:
    """Raise if fn is random."""
    first, second = (problem.record(problem.given, problem.argument).y for _ in range(2))
    if not np.array_equal(first, second, equal_nan=True):
        raise ValueError(
            "explain_gradient: fn gives different results for the same inputs. Is it random, as dropout is? "
            "Draw the random numbers first, and make them an argument."
        )


def measures(trials: Trials) -> bool:
    """Whether backward through fn gives the slope of fn, along a random direction."""
    near = trials.near[:2]
    return not near or any(
        trial.recording.y.dtype != np.float64 or follows(trial, trial.truth, trials.rng) for trial in near
    )


def follows(trial: Trial, gradient: Array | None, rng: np.random.Generator) -> bool:
    """Whether a gradient gives the slope of fn that finite differences see, along a random direction."""
    recording, x = trial.recording, trial.values[trial.problem.argument]
    if gradient is None or gradient.shape != x.shape:
        return False
    kept, step = x.copy(), step_size(x)
    rounding = 1e-12
    if recording.y.dtype == np.float32:
        step, rounding = 1e3 * step, 2.4e-7
    direction = rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)
    with np.errstate(all="ignore"):
        x[...] = kept + step * direction
        ahead = trial.weighted()
        x[...] = kept - step * direction
        behind = trial.weighted()
    x[...] = kept
    terms = gradient * direction
    size = float(np.abs(recording.dy * recording.y).sum())
    bound = 1e-3 * float(np.abs(terms).sum()) + rounding * size / step + 1e3 * recording.noise
    return bool(abs((ahead - behind) / (2 * step) - float(terms.sum())) <= bound)


def step_size(x: Array) -> float:
    """How far to move for a finite difference."""
    return 1e-6 * (float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) or 1.0)


def slope(trial: Trial, index: tuple[int, ...], claimed: float) -> Slope:
    """What finite differences say about one element."""
    recording = trial.recording
    size = float(np.abs(recording.truth).max())
    x = trial.values[trial.problem.argument]
    rounding = 1e-14 * float(np.abs(recording.dy * recording.y).sum())
    tolerance = Tolerance(1e-5 * size, 1e-3, rounding)
    with np.errstate(all="ignore"):
        return slope_along(trial.weighted, x, index, trial.weighted(), claimed, step_size(x), tolerance)


def confirmed(trial: Trial) -> tuple[int, ...] | None:
    """An element where the learner's gradient is surely wrong: not at a kink, where there is a choice."""
    yours, truth = trial.yours, trial.truth
    assert yours is not None
    if yours.shape != truth.shape:
        return ()
    differing = np.argwhere(~trial.agreement(yours, truth))
    for found in differing[:20]:
        index = tuple(int(i) for i in found)
        if not np.isfinite(yours[index]):
            return index
        if trial.problem.cut:  # finite differences see more than is recorded, and no kinks in that
            return index if trial.drawn else None
        measured = slope(trial, index, float(yours[index]))
        bound = 1e-3 * abs(measured.value) + 1e-4 * float(np.abs(truth).max()) + trial.recording.noise
        if measured.kink is None and abs(yours[index] - measured.value) > bound:  # false of nan, too
            return index
    return None


def confirmed_wrong(trial: Trial) -> bool:
    """Whether the learner's gradient is surely wrong there."""
    return not trial.fits and confirmed(trial) is not None


def has_kink(trial: Trial) -> bool:
    """Whether the function has a kink where the learner's gradient is another than the library's."""
    assert trial.yours is not None
    differing = np.argwhere(~trial.agreement(trial.yours, trial.truth))
    places = (tuple(int(i) for i in found) for found in differing[:20])
    return any(slope(trial, index, float(trial.yours[index])).kink is not None for index in places)
