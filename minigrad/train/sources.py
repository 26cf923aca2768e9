"""Where a training's random numbers come from, so that a checkpoint can put every one of them back.

There are minigrad's default generator (initial weights, shuffling, dropout), Python's and NumPy's global
ones, and the generators that the model, the data with their transforms, or a callback hold.
"""

import functools
import random
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigrad.devices import CPU, device
from minigrad.errors import CheckpointError
from minigrad.random import Generator, default_generators, default_of
from minigrad.tensor import Tensor

_KINDS = (Generator, np.random.Generator, np.random.RandomState, random.Random)
_LEAVES = (Tensor, np.ndarray, np.generic, str, bytes, int, float, complex, type(None))
_NO_PART = (*_LEAVES, types.ModuleType, type)
_GPU = "minigrad on "
_LONGEST = 1000  # a longer list holds samples, not the parts of a program
_MOST = 100_000  # objects that are looked at


class _Source(NamedTuple):
    """A random generator: how its state is got and set."""

    get: Callable[[], dict[str, Any]]
    set: Callable[[dict[str, Any]], Any]


class Sources:
    """All random generators that can be reached from the given objects, and the three global ones.

    They are looked for in attributes, lists, tuples and dicts (of at most 1,000 entries) and, of functions
    and methods, in what they close over, in their defaults and in the global names that they use; after
    100,000 objects the search ends. Each has the name of the way to it, such as
    ``data.dataset.transform.generator``.
    """

    def __init__(self, **roots: Any) -> None:
        everywhere = {"minigrad": default_of(CPU), "python": _global(random.getstate)}
        everywhere["numpy"] = _global(np.random.get_state)
        self._sources = {name: _source(generator) for name, generator in everywhere.items()}
        seen = {id(generator) for generator in everywhere.values()}
        for name, root in roots.items():
            for path, generator in _generators(root, name, seen):
                self._sources[path] = _source(generator)

    def states(self) -> dict[str, Any]:
        """The present state of every source, by name."""
        own = {name: source.get() for name, source in self._sources.items()}
        gpus = {name: made.get_state() for name, made in default_generators().items() if name != CPU}
        return own | {_GPU + name: state for name, state in gpus.items()}

    def restore(self, states: Mapping[str, Any], among: Any = None) -> None:
        """Put the sources back into ``states``; only those of the names ``among``, if they are given."""
        for name in states if among is None else among:
            if name.startswith(_GPU):
                default_of(device(name.removeprefix(_GPU))).set_state(_arrays(states[name]))
            else:
                self._sources[name].set(states[name])

    def check(self, states: Mapping[str, Any], file: str) -> None:
        """Raise CheckpointError unless the states are of exactly these sources; or what a source raises of a
        state that it cannot have.
        """
        there = {name for name in states if not name.startswith(_GPU)}  # these are made when they are needed
        for name in sorted(there ^ self._sources.keys()):
            one, other = "it", "this training"
            if name in self._sources:
                one, other = "this training", "the checkpoint"
            raise CheckpointError(
                f"{file}: {one} has a random generator {name}, and {other} has none of that name. Build "
                "model, data and callbacks as they were when the checkpoint was written, or begin anew with "
                "resume=False."
            )
        present = self.states()
        try:
            self.restore(states, among=self._sources)
        finally:
            self.restore(present, among=self._sources)


def same(a: Any, b: Any) -> bool:
    """Whether two states are equal."""
    if isinstance(a, Mapping):
        return isinstance(b, Mapping) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    a, b = (np.asarray(value._data if isinstance(value, Tensor) else value) for value in (a, b))
    return bool(np.array_equal(a, b))


def _global(getstate: Any) -> Any:
    """The generator whose methods the module's functions are."""
    return getstate.__self__


def _source(generator: Any) -> _Source:
    if isinstance(generator, Generator):
        return _Source(generator.get_state, lambda state: generator.set_state(_arrays(state)))
    if isinstance(generator, np.random.Generator):
        return _of_bits(generator.bit_generator)
    return _of_numpy(generator) if isinstance(generator, np.random.RandomState) else _of_python(generator)


def _of_bits(bits: Any) -> _Source:
    return _Source(lambda: bits.state, lambda state: setattr(bits, "state", _arrays(state)))


def _of_numpy(old: Any) -> _Source:
    return _Source(lambda: old.get_state(legacy=False), lambda state: old.set_state(_arrays(state)))


def _of_python(generator: Any) -> _Source:
    def get() -> dict[str, Any]:
        version, numbers, gauss = generator.getstate()
        return {"version": version, "numbers": np.array(numbers, np.uint64), "gauss": gauss}

    def put(state: dict[str, Any]) -> None:
        state = _arrays(state)
        generator.setstate((state["version"], tuple(state["numbers"].tolist()), state["gauss"]))

    return _Source(get, put)


def _arrays(state: Any) -> Any:
    """The state with arrays where a file has given tensors."""
    if isinstance(state, Mapping):
        return {key: _arrays(value) for key, value in state.items()}
    return state.numpy() if isinstance(state, Tensor) else state


def _generators(root: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The generators that ``root`` leads to, each once, with the way there."""
    waiting = [(path, root)]
    kept = []  # while an id is in `seen`, its object must live
    while waiting and len(seen) < _MOST:
        path, value = waiting.pop()
        if isinstance(value, _NO_PART) or id(value) in seen:
            continue
        seen.add(id(value))
        kept.append(value)
        if isinstance(value, _KINDS):
            yield path, value
        else:
            waiting.extend(reversed([(_join(path, key), part) for key, part in _parts(value)]))


def _parts(value: Any) -> list[tuple[Any, Any]]:
    """What an object leads to, by name or number."""
    if isinstance(value, Mapping):
        return list(value.items()) if len(value) <= _LONGEST else []
    if isinstance(value, list | tuple):
        return list(enumerate(value)) if len(value) <= _LONGEST else []
    if isinstance(value, functools.partial):
        return [("func", value.func), ("args", value.args), ("keywords", value.keywords)]
    if isinstance(value, types.MethodType):
        return [("__self__", value.__self__), ("__func__", value.__func__)]
    if isinstance(value, types.BuiltinMethodType):
        return [("__self__", value.__self__)]  # of a generator's own method; of a function, its module
    if isinstance(value, types.FunctionType):
        return _of_function(value)
    return [*getattr(value, "__dict__", {}).items(), *_of_class(type(value))]


def _of_function(function: types.FunctionType) -> list[tuple[str, Any]]:
    """What a function closes over, its defaults, and the global names that it uses."""
    parts: list[tuple[str, Any]] = []
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            parts.append((name, cell.cell_contents))
        except ValueError:  # a name that is bound later
            continue
    parts += [("__defaults__", function.__defaults__), ("__kwdefaults__", function.__kwdefaults__)]
    if not _is_library(function.__module__):
        used = function.__code__.co_names
        parts += [(name, function.__globals__[name]) for name in used if name in function.__globals__]
    return parts


def _of_class(kind: type) -> Iterator[tuple[str, Any]]:
    """What the methods of a program's own class use, and what the class itself has."""
    for base in kind.__mro__:
        if not _is_library(base.__module__):
            for name, member in vars(base).items():
                yield from (
                    _of_function(member) if isinstance(member, types.FunctionType) else [(name, member)]
                )


def _is_library(module: str | None) -> bool:
    """Whether a module holds no random generators but those that are known: Python's, NumPy's and ours."""
    package = (module or "").partition(".")[0]
    return package in ("minigrad", "numpy") or package in sys.stdlib_module_names - {"__main__"}


def _join(path: str, key: Any) -> str:
    return f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}"
