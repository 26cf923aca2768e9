"""What is said below a picture: what its boxes stand for, and how far backward has come."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from minigrad.viz.graphs.description import Box
from minigrad.viz.graphs.history import Unit
from minigrad.viz.graphs.replay import Progress

CHANGED = "overwritten since"
"""The note in the box of a tensor that no longer has the numbers which were recorded."""


def notes_on(units: Sequence[Unit], operations: int, boxes: Collection[Box], dtype: Any) -> list[str]:
    """The notes on a picture of so many ``operations``, drawn as ``units``, with one ``dtype`` or None."""
    notes = []
    kinds = {unit.kind for unit in units} - {"operation"}
    if kinds:
        what = "a module" if kinds == {"module"} else "several operations"
        notes.append(f"{counted(operations)}, drawn as {len(units):,}. A double border stands for {what}.")
    if any(CHANGED in box.notes for box in boxes):
        notes.append("What was overwritten after it was recorded is drawn as it is now.")
    if dtype is not None and dtype != np.float32:  # `in` will not do: NumPy's float64 == None
        notes.append(f"All floating numbers are {dtype}.")
    return notes


def standing(step: int, operations: int, progress: Progress, last: Box | None) -> str:
    """Where backward stands after ``step`` of the operations, the ``last`` of them in this box."""
    said = f"Backward after {step:,} of {counted(operations)}."
    if last is None:
        return f"{said} It begins at the result."
    among = "" if last.kind == "operation" else "in "
    waiting = len(progress.waiting)
    rest = f"{waiting:,} {'waits' if waiting == 1 else 'wait'}" if waiting else "none waits, it is finished"
    return f"{said} The last one was {among}{last.label}; {rest}."


def counted(operations: int) -> str:
    """So many operations, in words."""
    return f"{operations:,} operation{'s' if operations > 1 else ''}"
