"""Give the functions of a running process the code of a mutant.

Whoever holds a function, an operation its formula, a dispatcher its kernel, another module its import, holds
the same object, and that object gets other code. So nothing has to be imported anew, and a mutant costs what
its tests cost.
"""

import ast
import gc
from collections import Counter
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from types import CodeType, FunctionType
from typing import Any

from tools.mutation.drawing import Mutant

Key = tuple[str, int]
"""Of a function inside of a function, itself included: its qualified name, and which of that name it is."""


class Unreplaceable(Exception):
    """The change adds or takes a variable that a function shares with the one around it."""


def exchanges(mutant: Mutant) -> list[tuple[FunctionType, CodeType]]:
    """Which functions of this process the mutant changes, and the code that each is to get."""
    old, new = (_parts(_code(mutant, node)) for node in (mutant.function.node, mutant.node))
    live = _live(mutant, old)
    if not live:
        raise Unreplaceable(f"{mutant.function.name} of {mutant.function.path} is nowhere in this process")
    for key, function in live:
        if key in new and new[key].co_freevars != function.__code__.co_freevars:
            raise Unreplaceable(f"{key[0]} has other free variables")
    return [(function, new[key]) for key, function in live if key in new]  # whoever has one left out keeps it


def replace(exchanged: list[tuple[FunctionType, CodeType]], anew: bool = False) -> None:
    """Make the mutant what runs from now on in this process; ``anew`` has numba compile its loops with it."""
    for function, code in exchanged:
        function.__code__ = code
    gc.unfreeze()  # so that all objects are listed
    forget(kept_results())
    if anew:
        _compile_anew()


def _code(mutant: Mutant, node: ast.FunctionDef) -> CodeType:
    """Of the function, compiled in its module, where its classes and names are."""
    path = mutant.function.path
    module = ast.parse(path.read_text())
    _Exchange(mutant.function, node).visit(module)
    try:
        names = _every(compile(module, str(path), "exec", dont_inherit=True))
    except SyntaxError as error:  # say of a starred expression that is no longer in a tuple
        raise Unreplaceable(f"{mutant.function.name} of {path} is no Python any more: {error}") from None
    return next(
        code
        for code in names
        if (code.co_qualname, code.co_firstlineno) == (mutant.function.qualname, mutant.function.line)
    )


class _Exchange(ast.NodeTransformer):
    """Puts ``node`` where the function stands."""

    def __init__(self, function: Any, node: ast.FunctionDef) -> None:
        self.place, self.node = (function.node.name, function.node.lineno), node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Nothing is exchanged inside of functions."""
        return self.node if (node.name, node.lineno) == self.place else node


def _every(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _every(constant)


def _parts(code: CodeType) -> dict[Key, CodeType]:
    """A function's code and that of the functions inside it."""
    count: Counter[str] = Counter()
    parts = {}
    for one in _every(code):
        parts[one.co_qualname, count[one.co_qualname]] = one
        count[one.co_qualname] += 1
    return parts


def _live(mutant: Mutant, parts: dict[Key, CodeType]) -> list[tuple[Key, FunctionType]]:
    """The functions of this process that were made of these parts."""
    places = {(code.co_qualname, code.co_firstlineno): key for key, code in parts.items()}
    path = str(mutant.function.path)
    found = []
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename == path:
            key = places.get((one.__code__.co_qualname, one.__code__.co_firstlineno))
            if key is not None:
                found.append((key, one))
    return found


def kept_results() -> list[Any]:
    """minigrad's functions that keep their results."""
    return [
        one
        for one in gc.get_objects()
        if type(one) is _lru_cache_wrapper and one.__module__.startswith("minigrad.")
    ]


def forget(keeping: list[Any]) -> None:
    """Have these functions come to their results anew."""
    for one in keeping:
        one.cache_clear()


def _compile_anew() -> None:
    """Have numba forget minigrad's loops, in memory and on disk; it keeps none."""
    from numba.core.caching import NullCache
    from numba.core.dispatcher import Dispatcher

    for one in gc.get_objects():
        if issubclass(type(one), Dispatcher) and one.__module__.startswith("minigrad."):
            one._reset_overloads()
            one._cache = NullCache()
