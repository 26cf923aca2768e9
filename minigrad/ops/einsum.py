"""Sums of products in Einstein's notation."""

from collections import Counter
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.engine.op import Array, Tensor, op, raw
from minigrad.errors import ShapeError
from minigrad.ops.index import getitem
from minigrad.ops.reduce import sum as sum_
from minigrad.ops.shape import permute, squeeze

__all__ = [
    "einsum",
]


@op(name="einsum")
def contract(*operands: Array, terms: tuple[str, ...], output: str) -> Array:
    """einsum in which no term repeats a letter and each letter stands in another term or in the output"""
    dtype = np.result_type(*operands)
    if place.apart(operands):  # CuPy would send NumPy's arrays to the card
        raise TypeError("the operands are on several devices")
    return np.einsum(
        f"{','.join(terms)}->{output}", *(x.astype(dtype, copy=False) for x in operands), optimize=True
    )


@contract.grad("operands")
def _(
    dy: Array, operands: tuple[Array, ...], terms: tuple[str, ...], output: str, needed: tuple[bool, ...]
) -> list[Array | None]:
    # y_out = sum of x_a z_b ..., so dx_a = sum of dy_out z_b ...: an einsum again, with x and y exchanged.
    return [
        contract(
            dy,
            *operands[:i],
            *operands[i + 1 :],
            terms=(output, *terms[:i], *terms[i + 1 :]),
            output=terms[i],
        )
        if wanted
        else None
        for i, wanted in enumerate(needed)
    ]


def einsum(equation: str, *operands: Any) -> Tensor:
    """Sum of products in Einstein's notation: ``einsum("bij,bjk->bik", a, b)``.

    A letter names an axis; letters missing in the output are summed over; a letter repeated in a term takes
    the diagonal; ``...`` stands for axes that broadcast; without ``->`` the output is the letters that occur
    once, sorted.
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    named, output = _parse(equation, operands)
    sizes = _sizes(equation, named, operands)
    plain = [_without_repeats(x, term, sizes) for x, term in zip(operands, named, strict=True)]
    terms = [term for _, term in plain]
    simple = []
    for i, (x, term) in enumerate(plain):
        elsewhere = set(output).union(*(terms[:i] + terms[i + 1 :]))
        alone = tuple(j for j, letter in enumerate(term) if letter not in elsewhere)
        x = sum_(x, alone) if alone else x
        simple.append((x, "".join(letter for letter in term if letter in elsewhere)))
    if len(simple) == 1:  # nothing to multiply: the axes in another order
        ((x, term),) = simple
        return permute(x, tuple(term.index(letter) for letter in output))
    return contract(*(x for x, _ in simple), terms=tuple(term for _, term in simple), output=output)


def _parse(equation: str, operands: tuple[Any, ...]) -> tuple[list[str], str]:
    """The terms and the output with every axis named, ``...`` included."""
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ShapeError(f"einsum: {equation!r} names {len(terms)} operands, got {len(operands)}")
    free = [chr(c) for c in range(ord("A"), ord("z") + 1) if chr(c).isalpha() and chr(c) not in equation]
    widest = max(
        (x.ndim - len(term) + 3 for x, term in zip(operands, terms, strict=True) if "..." in term), default=0
    )
    dots = "".join(free[: max(widest, 0)])
    named = []
    for x, term in zip(operands, terms, strict=True):
        width = x.ndim - len(term.replace("...", ""))
        if width < 0 or (width and "..." not in term):
            raise ShapeError(
                f"einsum: the term {term!r} of {equation!r} does not fit an operand of shape {tuple(x.shape)}"
            )
        named.append(term.replace("...", dots[len(dots) - width :]))
    if not arrow:
        counts = Counter("".join(term.replace("...", "") for term in terms))
        output = "..." + "".join(sorted(letter for letter, n in counts.items() if n == 1))
    unknown = set(output.replace("...", "")) - set("".join(named))
    letters = "".join([*terms, output]).replace("...", "")
    if letters and not (letters.isascii() and letters.isalpha()):
        raise ShapeError(f"einsum: in {equation!r} an axis is named by something else than a letter")
    if unknown or any(n > 1 for n in Counter(output.replace("...", "")).values()):
        raise ShapeError(f"einsum: in {equation!r} each letter of the output must stand once, and in a term")
    return named, output.replace("...", dots)


def _sizes(equation: str, terms: list[str], operands: tuple[Any, ...]) -> dict[str, int]:
    """The size of each letter's axis."""
    sizes: dict[str, int] = {}
    for x, term in zip(operands, terms, strict=True):
        for letter, size in zip(term, x.shape, strict=True):
            known = sizes.setdefault(letter, size)
            if known != size and 1 not in (known, size):
                raise ShapeError(
                    f"einsum: in {equation!r} the axis {letter!r} has size {known} in one operand, {size} in "
                    "another"
                )
            sizes[letter] = max(known, size) if 0 not in (known, size) else 0
    return sizes


def _without_repeats(x: Array, term: str, sizes: dict[str, int]) -> tuple[Array, str]:
    """x as its diagonal where its term repeats a letter, and without axes of size 1 that others stretch."""
    while any(n > 1 for n in Counter(term).values()):
        x, term = _diagonal(x, term)
    stretched = [j for j, letter in enumerate(term) if x.shape[j] == 1 != sizes[letter]]
    if stretched:
        x = squeeze(x, stretched)
        term = "".join(letter for j, letter in enumerate(term) if j not in stretched)
    return x, term


def _diagonal(x: Array, term: str) -> tuple[Array, str]:
    """x with the first repeated letter's two axes made one, the diagonal, put last."""
    letter = next(letter for letter, n in Counter(term).items() if n > 1)
    first = term.index(letter)
    second = term.index(letter, first + 1)
    if x.shape[first] != x.shape[second]:
        raise ShapeError(
            f"einsum: the axes {letter!r} of a diagonal have sizes {x.shape[first]} and {x.shape[second]}"
        )
    order = [i for i in range(x.ndim) if i not in (first, second)] + [first, second]
    along = np.arange(x.shape[first], like=raw(x))
    moved = np.transpose(x, order)
    return getitem(moved, (..., along, along)), "".join(
        c for i, c in enumerate(term) if i not in (first, second)
    ) + letter
