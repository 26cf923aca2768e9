"""Which tensors share memory, so that a write into one can give the others their new history."""

import weakref
from typing import Any, NamedTuple

Path = tuple[tuple[Any, tuple[Any, ...]], ...]
"""View operations to apply one after another, each with its arguments after the first."""


class Cut(NamedTuple):
    """How a view was made: from which tensor, and by which view operation from which view of that."""

    base: Any
    before: "Cut | None"
    operation: Any
    arguments: tuple[Any, ...]

    @property
    def path(self) -> Path:
        """All the operations, from the base on. (Views of views are linked: a path in each would be long.)"""
        steps = []
        cut: Cut | None = self
        while cut is not None:
            steps.append((cut.operation, cut.arguments))
            cut = cut.before
        return tuple(reversed(steps))


UNRECORDED = Cut(None, None, None, ())
"""The cut of every view made under no_grad, and of views of it: its base could not be told of a write."""


def follow(base: Any, path: Path) -> Any:
    """The view of ``base`` that a path of view operations makes."""
    for operation, arguments in path:
        base = operation(base, *arguments)
    return base


def register(source: Any, view: Any, operation: Any, arguments: tuple[Any, ...], recording: bool) -> None:
    """Note that ``view`` was made from ``source`` and shares its memory."""
    cut = source._cut
    if not recording or cut is UNRECORDED:
        view._cut = UNRECORDED
        return
    base = source if cut is None else cut.base
    view._cut = Cut(base, cut, operation, arguments)
    if base._views is None:
        base._views = {}
    # Weak, and by id: comparing tensors with == compares their elements.
    views, key = base._views, id(view)
    views[key] = weakref.ref(view, lambda _: views.pop(key, None))


def views_of(base: Any) -> list[Any]:
    """The live views of a tensor."""
    return [view for view in (ref() for ref in tuple((base._views or {}).values())) if view is not None]
