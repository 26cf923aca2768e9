"""What the learner calls things: the names in reach of the line that draws."""

import inspect
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import numpy as np

from minigrad.engine.graph import Edge
from minigrad.nn import Module
from minigrad.tensor import Tensor

_MOST = 100  # entries of a list or dict that are looked through
_NOTEBOOKS_OWN = {"In", "Out", "exit", "quit"}


class Surroundings:
    """Names of tensors, arrays and modules, from ``names`` first, then from a frame's locals and globals.

    ``drawn`` is the tensor whose graph it is about: it is in hand, with a name or without.

    A tensor inside the graph is known by its node, which the engine's edges lead to; a leaf by itself.
    """

    def __init__(self, drawn: Tensor, names: Mapping[str, Any] | None, frame: FrameType | None) -> None:
        self._names: dict[int, str] = {}  # by the id of a node or a leaf tensor
        self._held: dict[int, Tensor] = {id(drawn._node): drawn}  # by the id of the node that made each
        self._arrays: dict[Any, tuple[str, Any]] = {}  # by place in memory
        self.modules: dict[int, tuple[str, Module]] = {}
        self.constants: list[Tensor] = []  # tensors without history, whom a formula may have used
        self._keep: list[Any] = []  # an id is good for as long as its object lives
        for name, value in _checked(names):
            for part, item in _parts(name, value):
                self._see(part, item)
        if frame is not None:
            self._see_scope(frame.f_locals)
            self._see_scope(frame.f_globals)
            _forget_locals(frame)

    def _see_scope(self, scope: Mapping[str, Any]) -> None:
        for name, value in tuple(scope.items()):
            if name.isidentifier() and not name.startswith("_") and name not in _NOTEBOOKS_OWN:
                for part, item in _parts(name, value):
                    self._see(part, item)

    def _see(self, name: str, value: Any) -> None:
        if isinstance(value, Module):
            self.modules.setdefault(id(value), (name, value))
        elif isinstance(value, np.ndarray):
            self._arrays.setdefault(place_of(value), (name, value))
        elif isinstance(value, Tensor):
            edge = value._node or value
            self._names.setdefault(id(edge), name)
            if value._node is not None:
                self._held.setdefault(id(edge), value)
            else:
                self._arrays.setdefault(place_of(value._data), (name, value._data))
                self.constants.append(value)
        else:
            return
        self._keep.append(value)

    @property
    def held(self) -> frozenset[int]:
        """The ids of the nodes whose results the learner has in hand."""
        return frozenset(self._held)

    def of(self, edge: Edge) -> str | None:
        """The name of a node's result, or of a leaf."""
        return self._names.get(id(edge))

    def of_array(self, array: Any) -> tuple[str, Any] | None:
        """The name and the array of what lies in the same memory, maybe in another shape."""
        return self._arrays.get(place_of(array))

    def tensor(self, edge: Edge) -> Tensor | None:
        """The tensor that a node made, if the learner holds it."""
        return self._held.get(id(edge))


def _forget_locals(frame: FrameType) -> None:
    """Have a function's frame drop the copy of its variables that looking at them has made.

    Before Python 3.13 it would keep them, and so a graph, alive until the function returns. Others may hold
    the copy, too, as ``locals()``; then it is left alone.
    """
    if sys.version_info < (3, 13) and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        copy = frame.f_locals
        if sys.getrefcount(copy) == 3:  # the frame's, ours, and that of the call
            copy.clear()


def _parts(name: str, value: Any, depth: int = 2) -> Iterator[tuple[str, Any]]:
    """The value and, of plain lists, tuples and dicts, what is in them: ``weights[0]``."""
    yield name, value
    if depth and type(value) in (list, tuple, dict) and len(value) <= _MOST:
        for key, item in value.items() if type(value) is dict else enumerate(value):
            if _plain(key):
                yield from _parts(f"{name}[{key!r}]", item, depth - 1)


def _plain(key: Any) -> bool:
    """Whether a key is written in few signs: "x", 3, (0, 1)."""
    return all(map(_plain, key)) if type(key) is tuple else isinstance(key, (int, float, str))


def _checked(names: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """The names that are given, each for a tensor, an array or a module, or for a list or dict of them."""
    if names is None:
        return
    if not isinstance(names, Mapping):
        raise TypeError(
            f'graph: names= is a dict from names to tensors, {{"x": x}}; got {type(names).__name__}'
        )
    for name, value in names.items():
        if not isinstance(name, str):
            raise TypeError(f'graph: names= has names for keys, {{"x": x}}; got the key {name!r}')
        if not any(isinstance(item, (Tensor, np.ndarray, Module)) for _, item in _parts(name, value)):
            raise TypeError(
                f"graph: names= names tensors, arrays and modules, or lists and dicts of them; {name!r} is "
                f"{value!r:.40}, of type {type(value).__name__}"
            )
        yield name, value


def place_of(array: Any) -> Any:
    """Where an array's numbers lie, and how many: the same for x and for x seen as a column."""
    interface = getattr(array, "__array_interface__", getattr(array, "__cuda_array_interface__", None))
    if interface is None:
        return id(array)
    size = int(np.prod(interface["shape"]))
    # Nothing has no place of its own; two empty arrays are told apart as objects.
    return (interface["data"][0], size, interface["typestr"]) if size else id(array)
