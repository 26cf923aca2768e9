"""Which mutants are tried: places in the bodies of functions are drawn, and one change at each.

Places, and not mutants, are drawn: a name in a function of ten arguments can be exchanged in nine ways, a
``not`` left out in one, and both are one thing that a test should notice.
"""

import ast
import hashlib
import heapq
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.mutants import Place, mutant, places


@dataclass(frozen=True)
class Function:
    """A function of a module, outside of every other function."""

    path: Path
    qualname: str
    node: ast.FunctionDef

    @property
    def name(self) -> str:
        """For a reader: rules, which are all named ``_``, by what declares them."""
        if self.node.name == "_" and self.node.decorator_list:
            return ast.unparse(self.node.decorator_list[0])
        return self.qualname

    @property
    def line(self) -> int:
        """The first one, its decorators' if it has any: the one that its code object remembers."""
        return min(part.lineno for part in (self.node, *self.node.decorator_list))


@dataclass(frozen=True)
class Mutant:
    """One function with one change."""

    function: Function
    line: int
    """Of the change."""
    change: str
    """``before -> after``, each by its first line."""
    node: ast.FunctionDef

    @property
    def key(self) -> str:
        """The same as long as the function is: a digest of what it is changed from, and to."""
        told = f"{self.function.name} {ast.dump(self.function.node)} {ast.dump(self.node)}"
        return f"{self.function.path.name} {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def functions(path: Path) -> Iterator[Function]:
    """The functions of a file and the methods of its classes."""
    yield from _functions(path, ast.parse(path.read_text()).body, "")


def _functions(path: Path, body: list[ast.stmt], classes: str) -> Iterator[Function]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(path, node.body, f"{classes}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield Function(path, classes + node.name, node)


def count(paths: Iterable[Path]) -> int:
    """How many places there are to draw from."""
    return sum(len(changeable(function.node)) for path in paths for function in functions(path))


def draw(paths: Iterable[Path], number: int, seed: int) -> list[Mutant]:
    """So many mutants, all of different places.

    What is drawn is decided by a digest of the seed and each place. So a larger number begins with the same
    mutants, and a change of one function leaves those of the others.
    """
    every = (
        (_digest(seed, function, place), function, place)
        for path in paths
        for function in functions(path)
        for place in changeable(function.node)
    )
    drawn = heapq.nsmallest(number, every, key=lambda one: one[0])
    return [_mutant(function, place, digest) for digest, function, place in drawn]


def _digest(seed: int, function: Function, place: Place) -> int:
    told = f"{seed} {function.path.name} {function.name} {place.number} {place.node.lineno - function.line}"
    kind = f"{place.node.col_offset} {len(place.changes)} {place.changes[0][0]}"
    return int.from_bytes(hashlib.sha256(f"{told} {kind}".encode()).digest()[:8])


def _mutant(function: Function, place: Place, digest: int) -> Mutant:
    before, change = place.changes[digest % len(place.changes)]
    after, changed = mutant(pickle.dumps(ast.Module([function.node], [])), place.number, change)
    node = ast.fix_missing_locations(changed).body[0]
    assert isinstance(node, ast.FunctionDef)
    return Mutant(function, place.node.lineno, f"{_first_line(before)} -> {_first_line(after)}", node)


def changeable(function: ast.FunctionDef) -> list[Place]:
    """The places of a function's body whose changes a test could notice."""
    left_alone = {id(node) for part in _left_alone(function) for node in ast.walk(part)}
    return [one for one in places(ast.Module([function], [])) if id(one.node) not in left_alone]


def _left_alone(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Annotations, what runs when a function is defined, the words of messages, docstrings, zip's strict."""
    for node in ast.walk(function):
        match node:
            case ast.FunctionDef():
                yield from node.decorator_list
                yield node.args
                if node.returns is not None:
                    yield node.returns
            case ast.AnnAssign():
                yield node.annotation
            case ast.Raise():  # but a raise may be left out
                yield from ast.iter_child_nodes(node)
            case ast.Call(func=ast.Attribute(attr="warn") | ast.Name(id="cast")):
                yield from ast.iter_child_nodes(node)
            case ast.JoinedStr():
                yield node
            case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                yield node
            case ast.keyword(arg="strict"):
                yield node.value


def _first_line(text: str) -> str:
    return text.splitlines()[0]
