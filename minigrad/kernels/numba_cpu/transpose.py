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


def _turn(
    context, source, start, pitch, target, place, target_pitch, height, width, more, first, added,
    source_ahead, target_ahead,
):  # fmt: skip
    """As `transpose`, for a height and a width of at most a vector; of each row a whole vector is read. What
    lies ahead of each row of the source, or of the target, will be wanted soon, if that is not 0.
    """

    def generate(context, builder, signature, arguments):
        (
            source, start, pitch, target, place, target_pitch, height, width, more, first, added,
            source_ahead, target_ahead,
        ) = arguments  # fmt: skip
        write = Writer(context, builder, signature.args[0].dtype)
        source, target = write.at(source, start), write.at(target, place)
        last = builder.sub(height, INDEX(1))
        bias = cgutils.alloca_once_value(builder, write.zeros)
        with builder.if_then(builder.icmp_signed("!=", added, INDEX(0))):
            builder.store(write.load(write.at(more, first)), bias)
        for matrix, row, ahead in ((source, pitch, source_ahead), (target, target_pitch, target_ahead)):
            with builder.if_then(builder.icmp_signed("!=", ahead, INDEX(0))):
                for i in range(write.lanes):
                    there = builder.add(ahead, builder.mul(INDEX(i), row))
                    write.prefetch(write.at(matrix, there), to_write=matrix is target)
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

    taken = (source, PLACE, PLACE, target, PLACE, PLACE, PLACE, PLACE, more, PLACE, PLACE, PLACE, PLACE)
    return types.void(*taken), generate


_square: Any = intrinsic(_turn)

NEAR = 16384
"""While some planes are turned, those after them are fetched, if they lie within so many numbers: rows of
small images are too short for a processor to see where they go on. (Convolution of 128 images of 13 x 13, 32
-> 64 channels, 3 x 3, and its gradient by the images, two threads with AVX-512: 0.89 of the time.)
"""


def _transpose(
    source, there, pitch, target, target_pitch, height, width, lines, line, target_line, more, added
):
    lanes = lanes_of(source)  # ``there`` is how many numbers there are from source on
    # The side that is planes of an image goes outside: a vector's number of planes are then gone through from
    # end to end, as memory likes it. (128 images of 13 x 13, 64 channels, one core with AVX2: 5.9 -> 0.9 ms.)
    outside, inside = (width, height) if added else (height, width)
    ahead = lanes * (target_pitch if added else pitch)
    ahead = ahead if ahead <= NEAR else 0
    of_source, of_target = (0, ahead) if added else (ahead, 0)
    for o in range(0, outside, lanes):
        for n in range(lines):
            for k in range(0, inside, lanes):
                i, j = (k, o) if added else (o, k)
                tall, broad = min(lanes, height - i), min(lanes, width - j)
                start, place = n * line + i * pitch + j, n * target_line + j * target_pitch + i
                if start + (tall - 1) * pitch + lanes <= there:
                    _square(
                        source, start, pitch, target, place, target_pitch, tall, broad, more, j, added,
                        of_source, of_target,
                    )  # fmt: skip
                else:  # a whole vector is not there
                    for w in range(broad):
                        for h in range(tall):
                            number = source[start + h * pitch + w]
                            target[place + w * target_pitch + h] = number + more[j + w] if added else number


ARGUMENTS = "xiixiiiiiixi"

transpose_of = apart(ARGUMENTS, _transpose)
"""The address of `transpose` and its like for a dtype."""


_call = jump(ARGUMENTS)


@inner
def transpose(routines, source, start, pitch, target, place, target_pitch, height, width):
    """target[place + j * target_pitch + i] = source[start + i * pitch + j], i below height, j below width"""
    none = at(source, 0)
    there = source.size - start
    _call(
        routines.transpose,
        (at(source, start), there, pitch, at(target, place), target_pitch, height, width, 1, 0, 0, none, 0),
    )  # fmt: skip


@inner
def planes_to_pixels(
    routines, source, start, plane, line, target, place, padded, target_line, planes, width, lines
):  # fmt: skip
    """target[place + n * target_line + j * padded + c] = source[start + c * plane + n * line + j], for n
    below lines, c below planes and j below width
    """
    none = at(source, 0)
    there = source.size - start
    _call(
        routines.transpose,
        (
            at(source, start), there, plane, at(target, place), padded, planes, width, lines, line,
            target_line, none, 0,
        ),
    )  # fmt: skip


@inner
def pixels_to_planes(
    routines, source, start, padded, line, target, place, plane, target_line, width, planes, lines, bias,
    first,
):  # fmt: skip
    """target[place + c * plane + n * target_line + j] = source[start + n * line + j * padded + c] +
    bias[first + c]. Whole vectors of the bias are read.
    """
    more = at(bias, first)
    there = source.size - start
    _call(
        routines.transpose,
        (
            at(source, start), there, padded, at(target, place), plane, width, planes, lines, line,
            target_line, more, 1,
        ),
    )  # fmt: skip


FIRST, ONE = np.int64(0), np.int64(1)
"""The first row, column or channel, and one image: for a plain 0 or 1, numba would compile `channels_last`
once more.
"""


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
            clear(buffer, place + high * padded, (columns - high) * padded)
        place = block + first * across + low * padded
        planes_to_pixels(
            routines, x, source + (top + first) * width, area, width, buffer, place, padded, across, channels,
            high - low, max(0, last - first),
        )  # fmt: skip
        place = block + ((last - 1) * across + columns * padded if last > first else first * across)
        clear(buffer, place, block + rows * across - place)
