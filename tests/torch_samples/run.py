"""What there is to run: kinds of names, and each name's samples."""

from collections.abc import Callable

from . import data, modules, operations, optimisers, schedules
from .tally import Subject

KINDS: dict[str, Callable[[], list[Subject]]] = {
    "operations": operations.subjects,
    "layers": modules.layers,
    "losses": modules.losses,
    "optimisers": optimisers.subjects,
    "schedules": schedules.subjects,
    "data utilities": data.subjects,
}
