"""Transposed copies, a square of as many rows as a vector has numbers at a time.

In an image neighbouring pixels lie side by side, and where convolutions multiply, channels do: what goes in
and what comes out is turned.
"""

# mypy: allow-untyped-defs

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from minigrad.kernels.numba_cpu.compiling import apart, inner
from minigrad.kernels.numba_cpu.vectors import INDEX, PLACE, Writer, at, cgutils, clear, jump, lanes_of


def _turn(context, source, start, pitch, target, place, target_pitch, height, width, more, first, added):
    """As `transpose`, for a height and a width of at most a vector; of each row a whole vector is read."""

    def generate(context, builder, signature, arguments):
        source, start, pitch, target, place, target_pitch, height, width, more, first, added = arguments
        write = Writer(context, builder, signature.args[0].dtype)
        source, target = write.at(source, start), write.at(target, place)
        last = builder.sub(height, INDEX(1))
        bias = cgutils.alloca_once_value(builder, write.zeros)
        with builder.if_then(builder.icmp_signed("!=", added, INDEX(0))):
            builder.store(write.load(write.at(more, first)), bias)
        rows = []
        for i in range(write.lanes):
            row = builder.select(builder.icmp_signed("<", INDEX(i), height), INDEX(i), last)
            vector = write.load(write.at(source, builder.mul(row, pitch)))
            rows.append(builder.fadd(vector, builder.load(bias)))
        # Interleaving the first half with the second, once for each power of two in their number.
        half = write.lanes // 2
        low = [part for i in range(half) for part in (i, write.lanes + i)]
        high = [part + half for part in low]
        for _ in range(write.lanes.bit_length() - 1):
            rows = [
                write.shuffle(rows[i], rows[i + half], order) for i in range(half) for order in (low, high)
            ]
        for j, column in enumerate(rows):
            with builder.if_then(builder.icmp_signed("<", INDEX(j), width)):
                write.store_first(column, height, write.at(target, builder.mul(INDEX(j), target_pitch)))
        return context.get_dummy_value()

    taken = (source, PLACE, PLACE, target, PLACE, PLACE, PLACE, PLACE, more, PLACE, PLACE)
    return types.void(*taken), generate


_square: Any = intrinsic(_turn)


def _transpose(source, there, pitch, target, target_pitch, height, width, more, added):
    lanes = lanes_of(source)  # ``there`` is how many numbers there are from source on
    for i in range(0, height, lanes):
        tall = min(lanes, height - i)
        for j in range(0, width, lanes):
            broad = min(lanes, width - j)
            start, place = i * pitch + j, j * target_pitch + i
            if start + (tall - 1) * pitch + lanes <= there:
                _square(source, start, pitch, target, place, target_pitch, tall, broad, more, j, added)
            else:  # a whole vector is not there
                for k in range(broad):
                    for n in range(tall):
                        number = source[start + n * pitch + k]
                        target[place + k * target_pitch + n] = number + more[j + k] if added else number


ARGUMENTS = "xiixiiixi"

transpose_of = apart(ARGUMENTS, _transpose)
"""The address of `transpose` and `transpose_and_add` for a dtype."""


_call = jump(ARGUMENTS)


@inner
def transpose(routines, source, start, pitch, target, place, target_pitch, height, width):
    """target[place + j * target_pitch + i] = source[start + i * pitch + j], i below height, j below width"""
    none = at(source, 0)
    there = source.size - start
    _call(
        routines.transpose,
        (at(source, start), there, pitch, at(target, place), target_pitch, height, width, none, 0),
    )  # fmt: skip


@inner
def transpose_and_add(
    routines, source, start, pitch, target, place, target_pitch, height, width, bias, first
):
    """The same plus bias[first + j]. Whole vectors of the bias are read."""
    more = at(bias, first)
    there = source.size - start
    _call(
        routines.transpose,
        (at(source, start), there, pitch, at(target, place), target_pitch, height, width, more, 1),
    )  # fmt: skip


FIRST = np.int64(0)
"""The first row, column or channel: for a plain 0, numba would compile `channels_last` once more."""


@inner
def channels_last(
    routines, x, size, image, images, channel, channels, top, rows, left, columns, padded, buffer
):  # fmt: skip
    """A block of pixels with channels side by side: buffer[image, row, column, channel], zeros around."""
    height, width = size[2], size[3]
    area, across = height * width, columns * padded
    low, high = min(max(0, -left), columns), max(0, min(columns, width - left))
    first, last = min(max(0, -top), rows), max(0, min(rows, height - top))
    if low == 0 and high == columns == width:  # the rows follow one another in x, too: they are one
        columns, low, high = columns * (last - first), 0, columns * (last - first)
        last = min(last, first + 1)
    for b in range(images):
        block = b * rows * across
        source = ((image + b) * size[1] + channel) * area + left + low
        clear(buffer, block, first * across)
        for i in range(first, last):
            place = block + i * across
            clear(buffer, place, low * padded)
            transpose(
                routines, x, source + (top + i) * width, area, buffer, place + low * padded, padded, channels,
                high - low,
            )  # fmt: skip
            clear(buffer, place + high * padded, (columns - high) * padded)
        place = block + ((last - 1) * across + columns * padded if last > first else first * across)
        clear(buffer, place, block + rows * across - place)
