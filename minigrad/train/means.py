"""Means over the samples of an epoch."""

from collections.abc import Mapping
from typing import Any


class Means:
    """Means over samples, from means over batches: each batch counts as often as it has samples."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self.samples = 0

    def add(self, samples: int, scores: Mapping[str, float]) -> None:
        """Add the means of a batch; of one without samples they are no numbers, and it counts for nothing."""
        if not samples:
            return
        self.samples += samples
        for name, value in scores.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * samples

    def __call__(self) -> dict[str, float]:
        """The means over all batches so far."""
        return {name: total / self.samples for name, total in self._sums.items()}

    def state_dict(self) -> dict[str, Any]:
        """The sums so far."""
        return {"sums": dict(self._sums), "samples": self.samples}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` returned."""
        self._sums, self.samples = dict(state["sums"]), state["samples"]
