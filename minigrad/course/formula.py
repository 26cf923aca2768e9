"""Formulas in ordinary notation, read without running them as Python: only what is listed here has a meaning.

w11 * x1 + b1     exp(z1)     W @ x + b     softmax(z, dim=0)     -sum(p * log2(q))     conv2d(x, w, stride=2)
"""

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from keyword import iskeyword
from types import MappingProxyType
from typing import Any

import numpy as np

from minigrad.course import matrices
from minigrad.course.hints import constant, meant_function
from minigrad.creation import tensor
from minigrad.ops import arithmetic, compare, elementwise, reduce
from minigrad.ops.activation import relu, softmax
from minigrad.tensor import Tensor

FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "abs": arithmetic.abs,
        "conv2d": matrices.conv2d,
        "conv_transpose2d": matrices.conv_transpose2d,
        "cos": elementwise.cos,
        "exp": elementwise.exp,
        "log": elementwise.log,
        "log2": elementwise.log2,
        "max": reduce.amax,
        "max_pool2d": matrices.max_pool2d,
        "maximum": compare.maximum,
        "mean": reduce.mean,
        "min": reduce.amin,
        "minimum": compare.minimum,
        "relu": relu,
        "sigmoid": elementwise.sigmoid,
        "sin": elementwise.sin,
        "softmax": softmax,
        "sqrt": elementwise.sqrt,
        "sum": reduce.sum,
        "tanh": elementwise.tanh,
    }
)
"""What a formula may call. A function of minigrad that a new lesson needs is one more line here."""

OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "conv2d": ("stride", "padding", "dilation"),
        "conv_transpose2d": ("stride", "padding", "dilation"),
        "max_pool2d": ("kernel_size", "stride", "padding"),
        **dict.fromkeys(("max", "mean", "min", "softmax", "sum"), ("dim",)),
    }
)
"""The options of those functions that have any."""

NEEDED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "max_pool2d": (
            "kernel_size",
            "how many rows and columns a window has: max_pool2d(x, kernel_size=2).",
        ),
        "softmax": (
            "dim",
            "the axis along which the results add up to 1: softmax(x, dim=0) of a vector; of a matrix, dim=1 "
            "within each row, dim=0 within each column.",
        ),
    }
)
"""The option that a function cannot do without, and what it is."""

OPERANDS: Mapping[str, int] = MappingProxyType(
    {"conv2d": 2, "conv_transpose2d": 2, "grad": 2, "maximum": 2, "minimum": 2}
)
"""How many values a function takes, if not one."""

FOREIGN = MappingProxyType(
    {
        **dict.fromkeys("·×⋅∙•∗", "*"),
        "÷": "/",
        **dict.fromkeys("−–—", "-"),
        "^T": ".T",
        "^": "**",
        "²": "**2",
        "³": "**3",
        "ᵀ": ".T",
        "√": "sqrt",
    }
)
"""Signs of print and of other languages, and what a formula has in their place."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


class Formula:
    """A formula that has been read and found to hold nothing but known functions and signs.

    Attributes:
        text: as written.
        names: the nodes it is computed from, each once, in the order of first use.

    Raises:
        ValueError: it cannot be read. The message says what is wrong, and what to write instead.
    """

    def __init__(self, text: str, functions: Iterable[str] = FUNCTIONS) -> None:
        self.text = text.strip()
        self._functions = frozenset(functions)
        self._tree = _parsed(self.text)
        names: dict[str, None] = {}
        self._inspect(self._tree, names)
        self.names = tuple(names)

    def __str__(self) -> str:
        return self.text

    def _inspect(self, tree: ast.expr, names: dict[str, None]) -> None:
        match tree:
            case ast.Name(id=name):
                if name in self._functions:
                    raise ValueError(f"{name} is a function: write {name}(...).")
                names[name] = None
            case ast.Constant(value=value) if type(value) in (int, float):
                pass
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                self._inspect(left, names)
                self._inspect(right, names)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                self._inspect(operand, names)
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=keywords):
                if function not in self._functions:
                    raise ValueError(
                        f"{function!r} is no function of formulas{meant_function(function, self._functions)} "
                        f"There are: {', '.join(sorted(self._functions))}. A product needs its star: "
                        "2 * (x + y)."
                    )
                if not arguments:
                    raise ValueError(f"{function}() of what? Write it inside the brackets.")
                if len(arguments) != OPERANDS.get(function, 1):
                    raise ValueError(_other_number(function, len(arguments), self.text))
                for argument in arguments:
                    self._inspect(argument, names)
                for keyword in keywords:
                    if keyword.arg not in OPTIONS.get(function, ()):
                        raise ValueError(f"{function}: {_options(function)}")
                    _whole(keyword.value)
                option, what = NEEDED.get(function, (None, ""))
                if option and option not in [keyword.arg for keyword in keywords]:
                    raise ValueError(f"{function} needs {option}, {what}")
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=function)):
                raise ValueError(self._method(tree, owner, function))
            case ast.Attribute(value=value, attr="T"):
                self._inspect(value, names)
            case ast.Subscript(value=value, slice=index):
                self._inspect(value, names)
                _index(index)
            case ast.Tuple():
                raise ValueError(
                    "in a formula, commas stand between the arguments of a function, and nowhere else. "
                    f"{_decimal_comma(self.text)}".rstrip()
                )
            case _:
                raise ValueError(_more_than_a_formula(tree))

    def _method(self, tree: ast.expr, owner: str, function: str) -> str:
        """What is wrong with np.exp(x) or x.sum(), and what to write."""
        if function not in self._functions:
            return _more_than_a_formula(tree)
        if owner in ("np", "numpy", "math", "mg", "minigrad", "torch"):
            return f"a formula knows its functions by themselves: write it without '{owner}.': {function}(x)."
        return f"a function stands before its brackets: {function}({owner})."

    def evaluate(
        self, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = FUNCTIONS
    ) -> Any:
        """The formula's value, a Tensor, when each name has the value given."""

        def value(tree: ast.expr) -> Any:
            match tree:
                case ast.Name(id=name):
                    return values[name]
                case ast.Constant(value=number):
                    return float(number)  # type: ignore[arg-type]  # _inspect let int and float pass only
                case ast.BinOp(left=left, op=op, right=right):
                    x, y = value(left), value(right)
                    return _BINARY[type(op)](x if isinstance(y, Tensor) else _tensor(x), y)
                case ast.UnaryOp(op=op, operand=operand):
                    return _UNARY[type(op)](value(operand))
                case ast.Call(func=ast.Name(id=function), args=arguments, keywords=keywords):
                    options = {str(keyword.arg): _whole(keyword.value) for keyword in keywords}
                    return functions[function](*(_tensor(value(a)) for a in arguments), **options)
                case ast.Attribute(value=inner):
                    return value(inner).T
                case ast.Subscript(value=inner, slice=index):
                    return value(inner)[_index(index)]
            raise AssertionError(f"{ast.dump(tree)} was let pass, but not given a meaning")

        return _tensor(value(self._tree))


def _tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else tensor(value, dtype=np.dtype("float64"))


def _parsed(text: str) -> ast.expr:
    if not text:
        raise ValueError("it does not say how it is computed: write a formula, or given for an input.")
    foreign = re.search("|".join(map(re.escape, FOREIGN)), text)
    if foreign:
        text = re.sub(r"√\s*(\w+)", r"sqrt(\1)", text)
        for sign, own in FOREIGN.items():
            text = text.replace(sign, own)
        raise ValueError(
            f"{foreign.string!r} has the sign {foreign[0]}, and those of a formula are + - * / ** and @. "
            f"Write {text}."
        )
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if "=" in text:
            raise ValueError("a formula has no equals sign: the name stands in the first column.") from None
        word = next(filter(iskeyword, re.findall(r"\w+", text)), None)
        if word:
            raise ValueError(
                f"{word} is a word of Python, and {text!r} cannot be read with it: choose another name, such "
                f"as {word}_."
            ) from None
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ValueError(
            f"{text!r} cannot be read as a formula ({reason}). A product needs its star, 2 * x, not 2x, and "
            "a function its brackets, exp(x)."
        ) from None


def _more_than_a_formula(tree: ast.expr) -> str:
    if isinstance(tree, ast.Attribute) and (number := constant(tree.attr)):
        return f"{ast.unparse(tree)!r} is more than a formula can hold. Write the number, {number}."
    return (
        f"{ast.unparse(tree)!r} is more than a formula can hold: names, numbers, + - * / ** @, brackets, "
        "functions, x[0] and x.T."
    )


def _decimal_comma(text: str) -> str:
    """What to write where a comma may be a decimal one; nothing if there is none."""
    with_points = re.sub(r"(?<![\w.])(\d+),(\d)", r"\1.\2", text)
    if with_points == text:
        return ""
    return f"A decimal comma is written as a point: {with_points}."


def _other_number(function: str, given: int, text: str) -> str:
    """What is wrong with a function of too many values, or of too few, and what to write."""
    takes = OPERANDS.get(function, 1)
    wanted = "1 value" if takes == 1 else f"{takes} values"
    wrong = f"{function} takes {wanted}, here {'are' if given > 1 else 'is'} {given}."
    if function in ("max", "min"):
        return f"{wrong} Of two values it is {function}imum(x, y)."
    if function == "log" and given == 2:
        return f"{wrong} Of base 2 it is log2(x), of another base b it is log(x) / log(b)."
    hint = _decimal_comma(text)
    if not hint and function in OPTIONS:
        hint = f"As to options: {_options(function)}"
    return f"{wrong} {hint}".rstrip()


def _options(function: str) -> str:
    """What may be said to a function beside what it is of."""
    if function not in OPTIONS:
        return f"it has no options: {function}({'x, y' if OPERANDS.get(function, 1) == 2 else 'x'})."
    *most, last = OPTIONS[function]
    if not most:
        return f"the only option is {last}, as in {function}(x, {last}=0)."
    of = "x" if function == "max_pool2d" else "x, w"
    return f"the options are {', '.join(most)} and {last}, as in {function}({of}, {most[0]}=2)."


def _whole(tree: ast.expr) -> int:
    match tree:
        case ast.Constant(value=int(number)) if type(number) is int:
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))) if type(number) is int:
            return -number
    raise ValueError(f"{ast.unparse(tree)!r} must be a whole number, as in x[0] or sum(x, dim=0).")


def _index(tree: ast.expr) -> Any:
    match tree:
        case ast.Tuple(elts=parts):
            return tuple(map(_index, parts))
        case ast.Slice(lower=lower, upper=upper, step=None):
            return slice(None if lower is None else _whole(lower), None if upper is None else _whole(upper))
    return _whole(tree)
