"""History: what training measured, one row of numbers per epoch."""

import csv
import io
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from minigrad.errors import DataError
from minigrad.files import json_text, read_small, write_whole

if TYPE_CHECKING:
    from minigrad.viz import Picture

Mode = Literal["min", "max"]
_LOW = ("loss", "error", "perplexity")
_FAULTS = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_HIGH = ("accuracy", "acc", "precision", "recall", "f1", "auc")


class History:
    """One row per finished epoch, one column per name: ``history["val_loss"]`` is a list, first epoch first.

    Columns: ``loss`` and the metrics as they were while training (dropout at work, weights changing), and,
    where there is validation data, the same names with ``val_`` in front, measured after the epoch.

    A notebook shows its curves; ``print(history)`` is a table.

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
        return [row.get(name, math.nan) for row in self.rows]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self.rows[-1]) if self.rows else []

    def best_epoch(self, name: str = "val_loss", mode: Mode | None = None) -> int:
        """The epoch, counted from 1, in which the column was best; the first of equals.

        ``mode`` says whether low ("min") or high ("max") is good; without it the name tells: a loss is to
        fall, an accuracy to rise. Raises ValueError for a name that tells nothing, such as "lr".
        """
        column = [value for value in self[name] if not math.isnan(value)]
        if not column:
            raise ValueError(f"best_epoch({name!r}): no epoch was finished")
        mode = mode_of(name, mode, "best_epoch")
        return self[name].index(min(column) if mode == "min" else max(column)) + 1

    def columns(self) -> dict[str, list[float]]:
        """All columns by name, as for a JSON file."""
        return {name: self[name] for name in self.names}

    # --- showing

    def plot(self, best_epoch: int | None = None) -> "Picture":
        """The curves: a panel for each quantity, with training and validation in it.

        Args:
            best_epoch: an epoch to mark, from 1, such as ``early_stopping.best_epoch``.

        Returns a picture: a notebook shows it, ``history.plot().save("curves.svg")`` writes it. Raises
        ValueError if no epoch was finished.
        """
        from minigrad.viz import curves

        return curves(self.columns(), best_epoch)

    def _repr_png_(self) -> bytes | None:
        """What a notebook shows."""
        return self.plot()._repr_png_() if self.rows else None

    def __repr__(self) -> str:
        if not self.rows:
            return f"<History: no epoch was finished{f' ({self.ended})' if self.ended else ''}>"
        table = [["epoch", *self.names, "seconds"]]
        for number, (row, seconds) in enumerate(zip(self.rows, self.seconds, strict=True), 1):
            values = [f"{row.get(name, math.nan):.4g}" for name in self.names]
            table.append([str(number), *values, f"{seconds:.1f}"])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        if len(table) > 21:
            table[11:-10] = [["..."] * len(widths)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in table
        )

    # --- files

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a table for a spreadsheet: a line per epoch, its number and seconds beside the columns."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["epoch", *self.names, "seconds"])
        for number, (row, seconds) in enumerate(zip(self.rows, self.seconds, strict=True), 1):
            writer.writerow([number, *(row.get(name, "") for name in self.names), seconds])
        write_whole(Path(path), text.getvalue().encode(), "write_csv")

    def write_json(self, path: str | os.PathLike[str]) -> None:
        """Write all of it; ``History.read_json`` reads it back. NaN and infinities become null."""
        write_whole(Path(path), json_text(self.state_dict()).encode(), "write_json")

    @classmethod
    def read_json(cls, path: str | os.PathLike[str]) -> "History":
        """A history that ``write_json`` wrote. Raises DataError for any other file."""
        history = cls()
        try:
            history.load_state_dict(json.loads(read_small(Path(path))))
            json_text(history.state_dict()).encode()  # which half a character in a name is an error in
        except _FAULTS as error:
            raise DataError(
                f"{os.fspath(path)}: not a history that write_json wrote ({type(error).__name__}: "
                f"{error!s:.200}). Name the file of another one."
            ) from error
        return history

    def state_dict(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return {"ended": self.ended, "seconds": list(self.seconds), "rows": [dict(row) for row in self.rows]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become what ``state_dict`` was called on."""
        rows = [{name: _number(value) for name, value in row.items()} for row in state["rows"]]
        seconds, ended = [_number(value) for value in state["seconds"]], str(state["ended"])
        if len(rows) != len(seconds):
            raise ValueError(f"{len(rows)} rows and {len(seconds)} times")
        self.rows, self.seconds, self.ended = rows, seconds, ended


def _number(value: Any) -> float:
    """A number of a JSON file, which has null for a NaN or an infinity."""
    return math.nan if value is None else float(value)


def mode_of(name: str, mode: Mode | None, owner: str) -> Mode:
    """``mode``, or by the name of a column whether low values are good: a loss is to fall, an accuracy to
    rise.
    """
    if mode not in ("min", "max", None):
        raise ValueError(f'{owner}: mode must be "min" or "max", got {mode!r}')
    words = name.lower().replace("-", "_").split("_")
    low, high = any(word in _LOW for word in words), any(word in _HIGH for word in words)
    if mode is None and low == high:
        raise ValueError(
            f"{owner}: whether {name!r} is to fall or to rise cannot be told by its name. Say "
            'mode="min" or mode="max".'
        )
    return mode or ("min" if low else "max")
