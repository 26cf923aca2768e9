"""Numbers as they are written on paper, and when a computed number agrees with one.

A written number is rounded: 2.62. With dots behind it, the rest was cut off: 2.61... Where a whole record is
cut, a wave marks the number that is rounded after all: ~0.19. A vector or a matrix is a list of numbers in
brackets, and one that holds the same number everywhere may be written as that number and its shape:

    [0.2, 0.7]      [[0.65, 1.19], [0.69, -0.92]]      0.5 (4 x 1)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.course.hints import other_number

ROUNDINGS = {"round": ROUND_HALF_UP, "cut": ROUND_DOWN}

_NUMBER = re.compile(r"(~)?([-+]?(?:\d+(?:\.\d+)?|\.\d+))(\.\.\.)?")
_COMMA = re.compile(r"(~?[-+]?\d+),(\d+(?:\.\.\.)?)")
_FILLED = re.compile(r"([^\s()\[\]]+)\s*\(([^()]*)\)")
_TOKEN = re.compile(r"\s*([\[\],]|[^\s\[\],]+)")


@dataclass(frozen=True)
class Number:
    """One number: what stands on paper, its value, to how many decimals, and "round" or "cut"."""

    text: str
    value: Decimal
    decimals: int
    rounding: str
    marked: bool  # a wave or dots stand at it

    def of(self, computed: float) -> str:
        """A computed number as it would be written in this one's place; of inf and nan, that none would."""
        return _quantized(computed, self.decimals, self.rounding)

    def agrees(self, computed: float) -> bool:
        """Whether the computed number is this one, to the decimals it is written with.

        Of two neighbours that are equally near, rounding may give either.
        """
        if not np.isfinite(computed):
            return False
        exact, unit = _exact(computed), Decimal(1).scaleb(-self.decimals)
        if self.rounding == "cut":
            return exact.quantize(unit, ROUND_DOWN) == self.value
        return abs(exact - self.value) <= unit / 2


def _exact(computed: float) -> Decimal:
    """The number without the last digits of a float, in which a sum such as 0.1 + 0.2 is a little off."""
    return Decimal(f"{computed:.12g}")


def _quantized(computed: float, decimals: int, rounding: str) -> str:
    if not np.isfinite(computed):
        return "no number"
    return f"{_exact(computed).quantize(Decimal(1).scaleb(-decimals), ROUNDINGS[rounding]):f}"


@dataclass(frozen=True)
class Written:
    """A number, vector or matrix as it stands on paper; ``numbers`` are its elements, row after row."""

    text: str
    shape: tuple[int, ...]
    numbers: tuple[Number, ...]

    def exact(self) -> npt.NDArray[np.float64]:
        """The written digits as an array: what an input is."""
        return np.array([float(number.value) for number in self.numbers]).reshape(self.shape)

    def agrees(self, computed: Any) -> bool:
        """Whether an array or a Tensor has this shape and these numbers, as far as they are written."""
        array = np.asarray(computed)
        return array.shape == self.shape and all(number.agrees(x) for _, number, x in self.elements(array))

    def elements(self, computed: npt.NDArray[Any]) -> Iterator[tuple[str, Number, float]]:
        """For each element: its place ("[0, 1]", nothing for a lone number), as written, as computed."""
        places = product(*map(range, self.shape))
        for place, number, value in zip(places, self.numbers, computed.ravel(), strict=True):
            yield f"[{', '.join(map(str, place))}]" if place else "", number, float(value)

    def __str__(self) -> str:
        """For a sentence: without the marks for rounded and cut."""
        return self.text.replace("~", "").replace("...", "")

    def __format__(self, spec: str) -> str:
        try:
            return format(str(self), spec)
        except ValueError:
            raise ValueError(
                f"a number stands as it is written, {self}, and {spec!r} cannot change its digits; only a "
                "width is possible, as in {x:>6}"
            ) from None

    def __getitem__(self, place: int) -> "Written":
        """A row of a matrix, an element of a vector, counted from 0."""
        if not self.shape:
            raise IndexError(f"{self.text} is one number, and has no element {place}")
        if not -self.shape[0] <= place < self.shape[0]:
            raise IndexError(f"{self.text} has {self.shape[0]} entries, counted from 0, and none at {place}")
        size = len(self.numbers) // self.shape[0]
        place %= self.shape[0]
        return _assembled(self.shape[1:], self.numbers[place * size : (place + 1) * size])


def _assembled(shape: tuple[int, ...], numbers: tuple[Number, ...]) -> Written:
    def text(shape: tuple[int, ...], numbers: tuple[Number, ...]) -> str:
        if not shape:
            return numbers[0].text
        size = len(numbers) // shape[0]
        parts = (text(shape[1:], numbers[i * size : (i + 1) * size]) for i in range(shape[0]))
        return f"[{', '.join(parts)}]"

    return Written(text(shape, numbers), shape, numbers)


def read(text: str, decimals: int, rounding: str) -> Written:
    """Read a cell of a table.

    Args:
        text: the cell.
        decimals: that every number has at least; 0.6 stands for 0.60 where it is 2.
        rounding: "round" or "cut", of the numbers that bear no mark of their own.

    Raises:
        ValueError: the text is no number, vector or matrix. The message says what is wrong with it.
    """
    text = text.strip().replace("\N{MINUS SIGN}", "-").replace("\N{HORIZONTAL ELLIPSIS}", "...")
    comma = _COMMA.fullmatch(text.partition("(")[0].strip())
    if comma:
        raise ValueError(
            f"{comma[0]!r} has a decimal comma; write it with a point: {comma[1]}.{comma[2]}. A vector has "
            f"brackets: [{comma[1]}, {comma[2]}]."
        )
    if hint := other_number(text, decimals):
        raise ValueError(hint)
    filled = _FILLED.fullmatch(text)
    if filled:
        shape = _shape(filled[2])
        return Written(text, shape, (_number(filled[1], decimals, rounding),) * int(np.prod(shape)))
    tokens = [match[1] for match in _TOKEN.finditer(text)]
    shape, numbers = _array(tokens, decimals, rounding)
    if tokens and shape == ():
        raise ValueError(
            f"one number is expected, got {text!r}. Several stand in brackets, with commas: [0.2, 0.7]."
        )
    if tokens:
        raise ValueError(f"after a number comes a comma or a closing bracket, not {tokens[0]!r}.")
    return Written(text, shape, tuple(numbers))


def _shape(text: str) -> tuple[int, ...]:
    sizes = [size.strip() for size in re.split(r"[x×,]", text)]
    if not all(size.isdecimal() and int(size) > 0 for size in sizes):
        raise ValueError(f"({text}) is no shape; write it like this: 0 (4 x 10).")
    return tuple(map(int, sizes))


def _number(text: str, decimals: int, rounding: str) -> Number:
    match = _NUMBER.fullmatch(text)
    if not match or (match[1] and match[3]):
        if hint := other_number(text, decimals):
            raise ValueError(hint)
        raise ValueError(f"{text!r} is no number; write it like this: -0.37, or -0.37... where it is cut.")
    wave, digits, dots = match.groups()
    rounding = "round" if wave else "cut" if dots else rounding
    written = len(digits.partition(".")[2])
    return Number(text, Decimal(digits), max(decimals, written), rounding, bool(wave or dots))


def _array(tokens: list[str], decimals: int, rounding: str) -> tuple[tuple[int, ...], list[Number]]:
    """Take a number, or a bracket with what is in it, from the front of the tokens."""
    if not tokens:
        raise ValueError("the number is missing, or a bracket is not closed.")
    token = tokens.pop(0)
    if token in ("]", ","):
        raise ValueError(f"a number is missing before {token!r}.")
    if token != "[":
        return (), [_number(token, decimals, rounding)]
    if tokens[:1] == ["]"]:
        raise ValueError("the brackets are empty, and a vector has at least one number: [0.2, 0.7].")
    parts = [_array(tokens, decimals, rounding)]
    while tokens and tokens[0] == ",":
        tokens.pop(0)
        parts.append(_array(tokens, decimals, rounding))
    if not tokens or tokens.pop(0) != "]":
        raise ValueError("a bracket is not closed, or a comma is missing.")
    shapes = {shape for shape, _ in parts}
    if len(shapes) > 1:
        raise ValueError("the rows of a matrix have the same number of entries each; these have not.")
    return (len(parts), *shapes.pop()), [number for _, numbers in parts for number in numbers]
