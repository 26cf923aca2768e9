"""Which tensors share memory, so that a write into one can give the others their new history."""

import weakref
from typing import Any, NamedTuple

Path = tuple[tuple[Any, tuple[Any, ...]], ...]
"""View operations to apply one after another, each with its arguments after the first."""


class Cut(NamedTuple):
    """How a view was made: from which tensor, by which view operations."""

    base: Any
    path: Path


def follow(base: Any, path: Path) -> Any:
    """The view of ``base`` that a path of view operations makes."""
    for operation, arguments in path:
        base = operation(base, *arguments)
    return base


def register(source: Any, view: Any, operation: Any, arguments: tuple[Any, ...]) -> None:
    """Note that ``view`` was made from ``source`` and shares its memory."""
    cut = source._cut
    base, path = (source, ()) if cut is None else cut
    view._cut = Cut(base, (*path, (operation, arguments)))
    if base._views is None:
        base._views = {}
    # Weak, and by id: comparing tensors with == compares their elements.
    views, key = base._views, id(view)
    views[key] = weakref.ref(view, lambda _: views.pop(key, None))


def views_of(base: Any) -> list[Any]:
    """The live views of a tensor."""
    return [view for view in (ref() for ref in tuple((base._views or {}).values())) if view is not None]
