"""What was meant by a name or a number that cannot be read, and how it is written here."""

import re
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from types import MappingProxyType

ELSEWHERE = MappingProxyType(
    {
        "ln": "log(x), which is the natural one",
        "log10": "log(x) / log(10)",
        "lg": "log(x) / log(10) or log2(x)",
        **dict.fromkeys(("sqr", "square"), "x ** 2"),
        **dict.fromkeys(("pow", "power"), "x ** 2"),
        **dict.fromkeys(("sigma", "σ", "logistic", "sigm"), "sigmoid(x)"),
        **dict.fromkeys(("tan", "tg"), "sin(x) / cos(x)"),
        **dict.fromkeys(("avg", "average"), "mean(x)"),
        "sen": "sin(x)",
        "Σ": "sum(x)",
        **dict.fromkeys(("dot", "matmul", "mm"), "W @ x"),
        "transpose": "W.T",
        "norm": "sqrt(sum(x ** 2))",
        "amax": "max(x)",
        "amin": "min(x)",
    }
)
"""Functions of books and other libraries, and what a formula has in their place."""

CONSTANTS = MappingProxyType(
    {"pi": "3.14159265", "π": "3.14159265", "e": "2.71828183", "tau": "6.28318531", "τ": "6.28318531"}
)
"""Numbers that have a name in books, and none in a formula."""

_FRACTION = re.compile(r"[-+]?\d+\s*/\s*\d+")
_PERCENTAGE = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*%")
_EXPONENT = re.compile(r"[-+]?\d+(?:\.\d+)?[eE][-+]?\d{1,2}")


def meant(name: str, known: Iterable[str]) -> str:
    """ ". Did you mean exp?", or only the full stop."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f". Did you mean {close[0]}?" if close else "."


def meant_function(name: str, known: Iterable[str]) -> str:
    """The same of a function, which may be known under another name."""
    known = list(known)
    written = ELSEWHERE.get(name) or (f"{name.lower()}(x)" if name.lower() in known else None)
    return f". Write {written}." if written else meant(name, known)


def constant(name: str) -> str | None:
    """The number that a name such as pi stands for in books."""
    return CONSTANTS.get(name.lower())


def unknown(name: str, known: Iterable[str]) -> str:
    """What is wrong with a name that stands for nothing."""
    number = constant(name)
    if number is None:
        return f"{name!r} is not in the table{meant(name, known)}"
    written = {"π": "pi", "τ": "tau"}.get(name, name)
    power = " A power of it is exp(x)." if name in ("e", "E") else ""
    return (
        f"{name!r} is not in the table. Write the number, {number}, or give it on a line of its own, "
        f"{written} | given | {number}.{power}"
    )


def other_number(text: str, decimals: int) -> str | None:
    """What to write in place of a fraction, a percentage, an exponent or pi; None if it is none of these."""
    if _FRACTION.fullmatch(text) and int(text.partition("/")[2]):
        number = float(Fraction(text.replace(" ", "")))
        return (
            f"{text!r} is a fraction; write it with a point, {number:.{decimals}f}. "
            f"Where all its digits count, compute it on a line of its own, by the formula {text}."
        )
    if percentage := _PERCENTAGE.fullmatch(text):
        return f"{text!r} is a percentage; write it with a point, {_plain(percentage[1], 2)}."
    if _EXPONENT.fullmatch(text):
        return f"{text!r} has an exponent; write it out: {_plain(text)}."
    if digits := constant(text):
        return f"{text!r} is no number; write as many as you need of all its digits: {digits}."
    return None


def _plain(text: str, places: int = 0) -> str:
    """All digits of a number, and no exponent; its point moved to the left by so many places."""
    return f"{Decimal(text).scaleb(-places).normalize():f}"
