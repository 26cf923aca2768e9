"""Changing a seed: bits, numbers, pieces, words of its format; what comes out depends on the number alone."""

import random
import re
from collections.abc import Callable, Sequence

from tools.fuzz.target import Target

LARGEST = 1 << 16  # bytes of an input, but for those that are nested on purpose
_DEEP = 100_000
_WIDTHS = (1, 2, 4, 8)
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
_LONG = (1 << 40, (1 << 63) - 1, (1 << 64) - 1)
_WRITTEN = (
    *(b"0", b"-1", b"1", b"2", b"255", b"1.5", b"1e999", b"-1e308", b"NaN", b"Infinity", b"null", b"true"),
    *(b'""', b"[]", b"{}", b'"a"', b"4294967296", b"9223372036854775808", b"9" * 40, b"9" * 5000),
)
_DIGITS = re.compile(rb"\d+")
_OPENINGS = (b"[", b'{"a":', b"(", b'[{"":')

Change = Callable[[bytearray, random.Random], None]


def input_of(target: Target, seeds: Sequence[bytes], campaign: int, number: int) -> bytes:
    """The input of this number: a seed, changed in one to six places.

    The first ones are the seeds as they are.
    """
    if number < len(seeds):
        return seeds[number]
    chance = random.Random(f"{target.name} {campaign} {number}")
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 2, 3, 4, 6))):
        _change(content, chance, seeds, target.words)
        del content[LARGEST:]
    if chance.random() < 0.002:
        _nest(content, chance)
    if target.repair is not None and chance.random() < 0.7:
        return target.repair(bytes(content))
    return bytes(content)


def _change(
    content: bytearray, chance: random.Random, seeds: Sequence[bytes], words: Sequence[bytes]
) -> None:
    kind = chance.random()
    if words and kind < 0.2:
        _put(content, chance, chance.choice(words))
    elif kind < 0.25:
        other = chance.choice(seeds)
        start, end = _piece(other, chance)
        _put(content, chance, other[start:end])
    else:
        chance.choice(_CHANGES)(content, chance)


def _bit(content: bytearray, chance: random.Random) -> None:
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _byte(content: bytearray, chance: random.Random) -> None:
    if content:
        content[chance.randrange(len(content))] = chance.randrange(256)


def _number(content: bytearray, chance: random.Random) -> None:
    """A number of one to eight bytes in another one's place: one at which counting goes wrong, or the length
    of the file."""
    width = chance.choice(_WIDTHS)
    value = chance.choice((*_NUMBERS, *_LONG, len(content), len(content) + 1))
    order = chance.choice(("little", "big"))
    at = chance.randrange(len(content) + 1)
    content[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, order)


def _written(content: bytearray, chance: random.Random) -> None:
    """Another number, or value, where digits stand."""
    places = list(_DIGITS.finditer(content))
    if places:
        start, end = chance.choice(places).span()
        content[start:end] = chance.choice(_WRITTEN)


def _cut(content: bytearray, chance: random.Random) -> None:
    start, end = _piece(content, chance)
    del content[start:end]


def _end(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content) + 1) :]


def _repeat(content: bytearray, chance: random.Random) -> None:
    start, end = _piece(content, chance)
    content[end:end] = bytes(content[start:end]) * chance.choice((1, 1, 2, 10, 100))


def _noise(content: bytearray, chance: random.Random) -> None:
    _put(content, chance, chance.randbytes(chance.choice((1, 2, 4, 16, 64))))


def _move(content: bytearray, chance: random.Random) -> None:
    start, end = _piece(content, chance)
    piece = bytes(content[start:end])
    del content[start:end]
    at = chance.randrange(len(content) + 1)
    content[at:at] = piece


_CHANGES: tuple[Change, ...] = (
    _bit,
    _bit,
    _byte,
    _number,
    _number,
    _written,
    _cut,
    _end,
    _repeat,
    _noise,
    _move,
)


def _put(content: bytearray, chance: random.Random, piece: bytes) -> None:
    """The piece somewhere, between what is there or in its place."""
    at = chance.randrange(len(content) + 1)
    content[at : at + chance.choice((0, len(piece)))] = piece


def _piece(content: bytes | bytearray, chance: random.Random) -> tuple[int, int]:
    """Where a piece begins and ends: a short one, as a rule."""
    start = chance.randrange(len(content) + 1)
    return start, min(len(content), start + chance.choice((1, 2, 4, 8, 32, 128, 1024)))


def _nest(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content) + 1)
    content[at:at] = chance.choice(_OPENINGS) * _DEEP
