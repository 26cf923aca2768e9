"""What is searched: the report's table of lower and upper bounds (its figure 21)."""

import math
from dataclasses import dataclass
from typing import Any

LONGEST = 300  # epochs, in the table; a search with fewer shortens the range in proportion


@dataclass(frozen=True)
class Range:
    """Bounds. label: the setting in words. log: whether all powers are as likely. whole: numbers."""

    label: str
    low: float
    high: float
    log: bool = False
    whole: bool = False

    def place(self, value: float) -> float:
        """Where a value stands on the axis of a picture."""
        return math.log10(value) if self.log else float(value)

    @property
    def axis(self) -> str:
        return f"{self.label}, log10" if self.log else self.label


RANGES = {
    "generator_rate": Range("generator rate", 1e-5, 2.0, log=True),
    "discriminator_rate": Range("discr. rate", 1e-5, 2.0, log=True),
    "beta": Range("beta", 1e-5, 0.999),  # the table says 2; Adam has none of 1 and more
    "batch": Range("batch", 10, 128, whole=True),
    "epochs": Range("epochs", 30, 300, whole=True),
    "epsilon": Range("epsilon", 1e-6, 1e-3, log=True),
    "noise": Range("numbers of noise", 10, 150, whole=True),
}
FOUND_BEST = {
    "generator_rate": 1e-4,
    "discriminator_rate": 1e-4,
    "beta": 0.3,
    "batch": 64,
    "epochs": 300,
    "epsilon": 8e-5,
    "noise": 90,
}
"""The report's region of improved performance: the first experiment, to compare the others with."""


def ranges(longest: int = LONGEST) -> dict[str, Range]:
    """The ranges, for trainings of at most ``longest`` epochs, at least a tenth of that."""
    epochs = Range("epochs", max(1, round(longest / 10)), longest, whole=True)
    return {**RANGES, "epochs": epochs}


def found_best(longest: int = LONGEST) -> dict[str, float]:
    """What the report found best, for trainings of at most ``longest`` epochs."""
    return {**FOUND_BEST, "epochs": longest}


def propose(trial: Any, longest: int = LONGEST) -> dict[str, Any]:
    """The settings of an experiment, as Optuna suggests them."""
    values: dict[str, Any] = {}
    for name, one in ranges(longest).items():
        if one.whole:
            values[name] = trial.suggest_int(name, int(one.low), int(one.high))
        else:
            values[name] = trial.suggest_float(name, one.low, one.high, log=one.log)
    return values
