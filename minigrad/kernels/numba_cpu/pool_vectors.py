"""Maximum pooling, a vector of windows at a time.

Windows that lie side by side have their elements of the same number side by side, too, or every second one:
two vectors of a row hold as many. Which element of a window is the largest nobody can guess, so it is chosen
without a branch, which numba's loops over single numbers would have.
"""

# mypy: allow-untyped-defs

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minigrad.kernels.numba_cpu.vectors import INDEX, PLACE, Writer, cgutils, pointers


class Fours(NamedTuple):
    """Windows of 2 x 2, as most are, two apart."""

    step: int


class Beside(NamedTuple):
    """Windows of any size, each one further on."""

    step: int


class TwoApart(NamedTuple):
    """Windows of any size, two apart."""

    step: int


class Apart(NamedTuple):
    """Windows of any size, as far apart as may be."""

    step: int


KNOWN: dict[type, tuple[int | None, int | None]] = {
    Fours: (2, 2),
    Beside: (1, None),
    TwoApart: (2, None),
    Apart: (None, None),
}
"""The step and the side of windows, as far as they are known when a loop is compiled, for which there is code
of its own then.
"""

SQUARE = 4
"""The elements of a window of 2 x 2, which `to_one_of_four` is for."""


def _in_pieces(builder: Any, count: Any, lanes: int, piece: Callable[[Any, int], None]) -> None:
    """piece(i, size) for whole vectors, and then for a half, a quarter, ... of one, as ``count`` asks for."""
    whole = builder.and_(count, INDEX(-lanes))
    with cgutils.for_range_slice(builder, INDEX(0), whole, INDEX(lanes)) as (i, _):
        piece(i, lanes)
    size = lanes // 2
    while size:
        with builder.if_then(builder.icmp_signed("!=", builder.and_(count, INDEX(size)), INDEX(0))):
            piece(builder.and_(count, INDEX(-2 * size)), size)
        size //= 2


def _repeated(builder: Any, count: Any, known: int | None, body: Callable[[Any], None]) -> None:
    """body(i) for i below ``count``: a loop, or written out if the count is ``known``."""
    if known is None:
        with cgutils.for_range(builder, count) as loop:
            body(loop.index)
    else:
        for i in range(known):
            body(INDEX(i))


def _every(write: Any, row: Any, step: int | None, by: Any, size: int) -> Any:
    """The elements 0, ``by``, 2 ``by``, ... of a row: ``size`` of them, and nothing beyond the last is read.

    ``step`` is ``by`` where that is known to be 1 or 2.
    """
    builder, kind = write.builder, ir.VectorType(write.number, size)
    if step == 1 or size == 1:
        return write.load(row, kind)
    if step == 2:
        second = write.load(write.at(row, size - 1), kind)
        taken = [2 * lane if 2 * lane < size else 2 * lane + 1 for lane in range(size)]
        return write.shuffle(write.load(row, kind), second, taken)
    vector = ir.Constant(kind, ir.Undefined)
    for lane in range(size):
        number = builder.load(write.at(row, builder.mul(by, INDEX(lane))))
        vector = builder.insert_element(vector, number, ir.IntType(32)(lane))
    return vector


def _largest(context, x, start, between, steps, kernel, y, places, place, count):
    """y[place + j] is the largest of window j, at x[start + step j], and places[place + j] which one it is,
    for j below count. Flat arrays, no bounds checked.

    ``between`` is how far apart a window's elements are, (in a column, in a row), ``steps`` the step, as one
    of `KNOWN`, and ``kernel`` is (rows, columns, the first element's place, how many places a row has).
    """

    def generate(context, builder, signature, arguments):
        x, start, between, steps, kernel, y, places, place, count = pointers(
            context, builder, signature.args, arguments
        )
        (step,), (down, across) = cgutils.unpack_tuple(builder, steps), cgutils.unpack_tuple(builder, between)
        rows, columns, first, in_row = cgutils.unpack_tuple(builder, kernel)
        write = Writer(context, builder, signature.args[0].dtype)
        x, y, places = write.at(x, start), write.at(y, place), write.at(places, place)
        integer = ir.IntType(8 * write.bytes)  # as wide as the numbers, while they are compared
        stored = places.type.pointee

        known, side = KNOWN[signature.args[3].instance_class]

        def piece(i: Any, size: int) -> None:
            numbers, integers = ir.VectorType(write.number, size), ir.VectorType(integer, size)
            same = ir.Constant(ir.VectorType(ir.IntType(32), size), [0] * size)

            def spread(k: Any) -> Any:
                one = builder.trunc(k, integer) if integer.width < 64 else k
                one = builder.insert_element(ir.Constant(integers, ir.Undefined), one, ir.IntType(32)(0))
                return builder.shuffle_vector(one, one, same)

            corner = write.at(x, builder.mul(i, step))
            # Where all are -inf, the first one is the largest.
            best = cgutils.alloca_once_value(builder, ir.Constant(numbers, [float("-inf")] * size))
            which = cgutils.alloca_once(builder, integers)
            builder.store(ir.Constant(numbers, [float("-inf")] * size), best)
            builder.store(spread(first), which)

            def compare(a: Any, b: Any) -> None:
                at = builder.add(builder.mul(a, down), builder.mul(b, across))
                element = _every(write, write.at(corner, at), known, step, size)
                so_far, at_so_far = builder.load(best), builder.load(which)
                larger = builder.or_(
                    builder.fcmp_ordered(">", element, so_far),
                    builder.fcmp_unordered("uno", element, element),
                )
                k = spread(builder.add(first, builder.add(builder.mul(a, in_row), b)))
                builder.store(builder.select(larger, element, so_far), best)
                builder.store(builder.select(larger, k, at_so_far), which)

            _repeated(builder, rows, side, lambda a: _repeated(builder, columns, side, partial(compare, a)))
            write.store(builder.load(best), write.at(y, i))
            found, kind = builder.load(which), ir.VectorType(stored, size)
            if stored.width != integer.width:
                found = (builder.trunc if stored.width < integer.width else builder.zext)(found, kind)
            there = builder.bitcast(write.at(places, i), kind.as_pointer())
            builder.store(found, there).align = stored.width // 8

        _in_pieces(builder, count, write.lanes, piece)
        return context.get_dummy_value()

    return types.void(x, PLACE, between, steps, kernel, y, places, PLACE, PLACE), generate


def _to_one_of_four(context, dy, places, place, count, dx, start, width):
    """The window of 2 x 2 at dx[start + 2 j] gets dy[place + j] where places[place + j] says and 0 elsewhere,
    for j below count. Flat arrays, no bounds checked; the next row of dx is ``width`` further on. Returns
    whether each of the places is one of the four.
    """

    def generate(context, builder, signature, arguments):
        dy, places, place, count, dx, start, width = pointers(context, builder, signature.args, arguments)
        write = Writer(context, builder, signature.args[0].dtype)
        dy, places, upper = write.at(dy, place), write.at(places, place), write.at(dx, start)
        lower, integer = write.at(upper, width), places.type.pointee
        fit = cgutils.alloca_once_value(builder, ir.IntType(1)(1))

        def piece(i: Any, size: int) -> None:
            kind = ir.VectorType(integer, size)
            which = builder.load(builder.bitcast(write.at(places, i), kind.as_pointer()))
            which.align = integer.width // 8
            upstream = write.load(write.at(dy, i), ir.VectorType(write.number, size))
            four, zeros = [], upstream.type([0.0] * size)
            for k in range(SQUARE):
                here = builder.icmp_signed("==", which, kind([k] * size))
                four.append(builder.select(here, upstream, zeros))
            twice = builder.mul(i, INDEX(2))
            if size == 1:  # two of them in turn would be an insertq, which takes AMD's processors 120 ns
                for value, row, column in zip(four, (upper, upper, lower, lower), (0, 1, 0, 1), strict=True):
                    write.store(value, write.at(row, builder.add(twice, INDEX(column))))
            else:
                in_turn = [lane // 2 + lane % 2 * size for lane in range(2 * size)]
                write.store(write.shuffle(four[0], four[1], in_turn), write.at(upper, twice))
                write.store(write.shuffle(four[2], four[3], in_turn), write.at(lower, twice))
            beyond = builder.icmp_unsigned(">", which, kind([SQUARE - 1] * size))
            none = builder.icmp_unsigned("==", builder.bitcast(beyond, ir.IntType(size)), ir.IntType(size)(0))
            builder.store(builder.and_(builder.load(fit), none), fit)

        _in_pieces(builder, count, write.lanes, piece)
        return builder.load(fit)

    return types.boolean(dy, places, PLACE, PLACE, dx, PLACE, PLACE), generate


largest: Any = intrinsic(_largest)
to_one_of_four: Any = intrinsic(_to_one_of_four)
