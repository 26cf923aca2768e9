"""History: what training measured, one row of numbers per epoch."""

from typing import Literal

Mode = Literal["min", "max"]


class History:
    """One row per finished epoch, one column per name: ``history["val_loss"]`` is a list, first epoch first.

    Columns: ``loss`` and the metrics as they were while training (dropout at work, weights changing), and,
    where there is validation data, the same names with ``val_`` in front, measured after the epoch.

    Attributes:
        rows: the rows, dicts from name to number.
        seconds: how long each epoch took, validation included.
        ended: why training ended: "finished" (all epochs), "early stopping", "interrupted", or the reason
            that a callback gave.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.seconds: list[float] = []
        self.ended = ""

    def append(self, row: dict[str, float], seconds: float = 0.0) -> None:
        """Add the row of one more epoch."""
        self.rows.append(dict(row))
        self.seconds.append(seconds)

    def __len__(self) -> int:
        """How many epochs were finished."""
        return len(self.rows)

    def __getitem__(self, name: str) -> list[float]:
        if self.rows and name not in self.rows[-1]:
            raise KeyError(f"history has no column {name!r}; it has {', '.join(self.names)}")
        return [row[name] for row in self.rows]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self.rows[-1]) if self.rows else []

    def best_epoch(self, name: str = "val_loss", mode: Mode = "min") -> int:
        """The epoch, counted from 1, in which the column was lowest, or highest; the first of equals."""
        column = self[name]
        if not column:
            raise ValueError(f"best_epoch({name!r}): no epoch was finished")
        return column.index(min(column) if mode == "min" else max(column)) + 1

    def columns(self) -> dict[str, list[float]]:
        """All columns by name, as for a JSON file."""
        return {name: self[name] for name in self.names}
