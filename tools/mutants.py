"""Wrong answers made of a right one: each differs from it in one place.

    for change, source in mutants(solution):
        ...

Operators are swapped, terms and factors dropped, axes, numbers and comparisons changed, names exchanged,
results scaled, statements left out. A grader that is worth its name rejects them, but for the few that
compute the same.
"""

import ast
import itertools
import pickle
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
NAMES = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "argmin": "argmax",
    "argsort": "sort",
    "exp": "expm1",
    "log": "log1p",
    "log2": "log",
    "log1p": "log",
    "sqrt": "square",
    "var": "std",
    "std": "var",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "zeros": "ones",
    "abs": "square",
    "cos": "sin",
    "sin": "cos",
    "floor": "ceil",
    "ceil": "floor",
    "any": "all",
    "all": "any",
    "append": "remove",
    "ravel": "sum",
}


SYMMETRIC = {"maximum", "minimum", "max", "min"}
"""Functions whose arguments may be exchanged."""


Change = tuple[str, Callable[[Any], str]]
"""How something reads, and a function that changes a copy of it in place and says how that reads."""


class Place(NamedTuple):
    """Where in a tree something can be changed, and how."""

    node: ast.AST
    """What is changed: an expression, or a statement."""
    number: int
    """Of the node that the changes are given, as `ast.walk` counts: for a statement, the one it is in."""
    changes: list[Change]


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Every mutant of a function or class once: what was changed, ``before -> after``, and its source."""
    tree = _bare(ast.parse(source))
    kept = pickle.dumps(tree)  # a copy of a tree is made much faster from this than by deepcopy
    seen = {ast.unparse(tree)}
    described: dict[str, int] = {}
    for place in places(tree):
        for before, change in place.changes:
            after, changed = mutant(kept, place.number, change)
            text = ast.unparse(changed)
            if text in seen:
                continue
            seen.add(text)
            told = f"{before} -> {after}"
            described[told] = described.get(told, 0) + 1
            yield told if described[told] == 1 else f"{told} ({described[told]})", text


def mutant(kept: bytes, number: int, change: Callable[[Any], str]) -> tuple[str, ast.Module]:
    """How the changed place reads, and a changed copy of the pickled tree."""
    changed = pickle.loads(kept)
    return change(next(itertools.islice(ast.walk(changed), number, None))), changed


def places(tree: ast.Module) -> Iterator[Place]:
    """Every place with a change."""
    for number, node in enumerate(ast.walk(tree)):
        if changes := list(_changes(node, tree)):
            yield Place(node, number, changes)
        for statement, change in _left_out(node):
            yield Place(statement, number, [change])


def _changes(node: ast.AST, tree: ast.Module) -> Iterator[Change]:
    """What can be changed at a node."""
    match node:
        case ast.BinOp():
            yield from _operator(node)
        case ast.AugAssign():
            yield _said(node), _to_assignment
            for other in OPERATORS.get(type(node.op), ()):
                yield _said(node), _with("op", other())
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield _said(node), lambda it: _become(it, it.operand)
        case ast.Compare(ops=[op]):
            for comparison in COMPARISONS.get(type(op), ()):
                yield _said(node), _with("ops", [comparison()])
        case ast.BoolOp():
            yield _said(node), _with("op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
            for value in range(len(node.values)):
                yield _said(node), lambda it, value=value: _become(it, it.values[value])
        case ast.Constant(value=bool()):
            yield _said(node), _with("value", not node.value)
        case ast.Constant(value=int() | float()):
            for number in _numbers(node.value):
                yield _said(node), _with("value", number)
        case ast.Attribute(attr="T"):
            yield _said(node), lambda it: _become(it, it.value)
        case ast.Attribute(attr=name) if name in NAMES:
            yield _said(node), _with("attr", NAMES[name])
        case ast.Call():
            yield from _call(node)
        case ast.Return(value=ast.expr() as value):
            yield from _result(node, value)
        case ast.If() | ast.IfExp() | ast.While():
            yield f"if {ast.unparse(node.test)}", _negated
        case ast.Slice(lower=None, upper=ast.expr()):
            yield _said(node), lambda it: _set(it, "upper", None)
        case ast.Name(id=name, ctx=ast.Load()):
            for other in _other_names(name, tree):
                yield _said(node), _with("id", other)


def _operator(node: ast.BinOp) -> Iterator[Change]:
    for other in OPERATORS.get(type(node.op), ()):
        yield _said(node), _with("op", other())
    yield _said(node), lambda it: _become(it, it.left)
    yield _said(node), lambda it: _become(it, it.right)
    if isinstance(node.op, (ast.Sub, ast.Div, ast.Pow, ast.MatMult)):
        yield _said(node), lambda it: _set(it, "left", it.right, "right", it.left)


def _call(node: ast.Call) -> Iterator[Change]:
    if isinstance(node.func, ast.Name) and node.func.id in ("max", "min", "any", "all", "sum"):
        yield _said(node), lambda it: _set(it, "func", ast.Name(NAMES[it.func.id], ast.Load()))
    for number, keyword in enumerate(node.keywords):
        if keyword.arg == "strict":  # of zip: it only forbids what does not happen
            continue
        yield (
            _said(node),
            lambda it, number=number: _set(
                it, "keywords", [one for at, one in enumerate(it.keywords) if at != number]
            ),
        )
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
            axis = 1 if keyword.value.value == 0 else 0
            yield _said(node), lambda it, number=number, axis=axis: _axis(it, number, axis)
    if len(node.args) > 1 and _name(node.func) not in SYMMETRIC:
        yield _said(node), lambda it: _set(it, "args", it.args[::-1])


def _result(node: ast.Return, value: ast.expr) -> Iterator[Change]:
    if isinstance(value, ast.Tuple):
        if len(value.elts) > 1:
            yield _said(node), lambda it: _set(it.value, "elts", it.value.elts[1:] + it.value.elts[:1])
        for number in range(len(value.elts)):
            for make in (_twice, _minus):
                yield _said(node), lambda it, number=number, make=make: _element(it, number, make)
        return
    for make in (_twice, _minus, _plus_one):
        yield _said(node), lambda it, make=make: _set(it, "value", make(it.value))


def _left_out(node: ast.AST) -> Iterator[tuple[ast.stmt, Change]]:
    """Statements, one at a time; an empty body gets a pass."""
    for field in ("body", "orelse"):
        body = getattr(node, field, None)
        if not isinstance(body, list):
            continue
        for number, statement in enumerate(body):
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                continue
            said = ast.unparse(statement).splitlines()[0]
            yield statement, (said, lambda it, field=field, number=number: _drop(it, field, number))


# Changes in place -------------------------------------------------------------------------------------------


def _said(node: ast.AST) -> str:
    return ast.unparse(node)


def _with(field: str, value: Any) -> Callable[[Any], str]:
    return lambda it: _set(it, field, value)


def _set(node: Any, *pairs: Any) -> str:
    for field, value in zip(pairs[::2], pairs[1::2], strict=True):
        setattr(node, field, value)
    return ast.unparse(node)


def _become(node: Any, other: Any) -> str:
    place = {key: value for key, value in vars(node).items() if key not in node._fields}
    fields = place | vars(other) | {"lineno": node.lineno}
    node.__class__ = other.__class__
    vars(node).clear()
    vars(node).update(fields)
    return ast.unparse(node)


def _to_assignment(node: Any) -> str:
    return _become(node, ast.Assign([node.target], node.value))


def _negated(node: Any) -> str:
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return f"if {ast.unparse(node.test)}"


def _axis(node: Any, number: int, axis: int) -> str:
    node.keywords[number].value = ast.Constant(axis)
    return ast.unparse(node)


def _element(node: Any, number: int, make: Callable[[Any], Any]) -> str:
    node.value.elts[number] = make(node.value.elts[number])
    return ast.unparse(node)


def _twice(value: Any) -> Any:
    return ast.BinOp(ast.Constant(2), ast.Mult(), value)


def _minus(value: Any) -> Any:
    return ast.UnaryOp(ast.USub(), value)


def _plus_one(value: Any) -> Any:
    return ast.BinOp(value, ast.Add(), ast.Constant(1))


def _drop(node: Any, field: str, number: int) -> str:
    body = getattr(node, field)
    del body[number]
    if not body and field == "body":
        body.append(ast.Pass())
    return "nothing"


# ------------------------------------------------------------------------------------------------------------


def _numbers(value: float) -> tuple[float, ...]:
    if isinstance(value, int):
        return tuple(dict.fromkeys((value + 1, value - 1)))
    return (2 * value, value + 1, 0.0)


def _other_names(name: str, tree: ast.Module) -> list[str]:
    """The other arguments of the function, for one of them, and the other local names, for one of these."""
    arguments = [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg) and node.arg != "self"]
    stored = [
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    for names in (arguments, stored):
        if name in names:
            return [other for other in dict.fromkeys(names) if other != name]
    return []


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def _bare(tree: ast.Module) -> ast.Module:
    """Without docstrings, annotations and zip's strict, whose changes change nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords = [one for one in node.keywords if one.arg != "strict"]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return tree
