"""Which of several ranks writes the files of a training that they share."""

_first = True


def is_first() -> bool:
    """Whether this program writes for all: rank 0 of a process group does, and a program that is in none."""
    return _first


def set_first(first: bool) -> None:
    """Say whether this program writes for all. For `minigrad.distributed`, which knows the ranks."""
    global _first
    _first = first
