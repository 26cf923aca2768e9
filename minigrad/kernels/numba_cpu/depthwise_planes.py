"""A plane, an image's channel, copied into a buffer with zeros around it: what depthwise.py computes from.

With a stride, the rows and columns of one remainder, a phase, lie together in the buffer (geometry.py).
"""

# mypy: allow-untyped-defs

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic

from minigrad.kernels.numba_cpu.compiling import inlined
from minigrad.kernels.numba_cpu.geometry import Geometry
from minigrad.kernels.numba_cpu.vectors import (
    INDEX,
    PLACE,
    VECTOR,
    Writer,
    at,
    cgutils,
    clear,
    pick,
    pointers,
)
from minigrad.kernels.reference.arrays import Array

BAND = 128 * 1024
"""Bytes of a plane that are worked on at a time."""


class Cut(NamedTuple):
    """How a band of a plane's rows lies in the buffer: its phases one after the other."""

    rows: int  # of results
    tall: int  # rows of a phase in the buffer
    columns: int
    size: int  # of the buffer


def cut_of(g: Geometry, itemsize: int) -> Cut:
    """Bands of about `BAND` bytes."""
    phases, columns = len(g.origins_h) * len(g.origins_w), g.count_w + g.reach_w
    rows = min(g.count_h, max(8, BAND // (itemsize * columns * phases) - g.reach_h))
    tall = rows + g.reach_h
    return Cut(rows, tall, columns, phases * tall * columns + 4 * VECTOR // itemsize)


def spans_of(g: Geometry, columns: int, width: int, lanes: int) -> Array:
    """For each phase across: its first column inside of the image, how many there are, how far `every` reads
    for them.
    """
    spans = []
    for origin in g.origins_w.tolist():
        low = min(max(0, -(origin // g.step_w)), columns)  # the first j with 0 <= step j + origin
        high = min(max(low, (width - 1 - origin) // g.step_w + 1), columns)  # step j + origin < width
        spans.append((low, high - low, -(-(high - low) // lanes) * lanes * g.step_w))
    return np.array(spans).reshape(-1)


def every(step: int) -> Any:
    """every(x, start, buffer, place, count): buffer[place + i] = x[start + step i], and then zeros.

    Whole vectors are read and written, one more than the last that is needed. So rows are to be copied in
    their order.
    """

    def signature(context, x, start, buffer, place, count):
        return types.void(x, PLACE, buffer, PLACE, PLACE), generate

    def generate(context, builder, signature, arguments):
        x, start, buffer, place, count = pointers(context, builder, signature.args, arguments)
        write = Writer(context, builder, signature.args[0].dtype)
        at, lanes = write.at, write.lanes
        source, target = at(x, start), at(buffer, place)
        with cgutils.for_range_slice(builder, INDEX(0), count, INDEX(lanes)) as (i, _):
            here = at(source, builder.mul(i, INDEX(step)))
            vector = write.load(here)
            if step > 1:
                # The wanted numbers of the first vector to the front, then behind them those of the next ...
                vector = write.shuffle(
                    vector, write.undefined, [lane * step % lanes for lane in range(lanes)]
                )
            for part in range(1, step):
                places = [
                    lane if lane * step < part * lanes else lanes + (lane * step - part * lanes) % lanes
                    for lane in range(lanes)
                ]
                vector = write.shuffle(vector, write.load(at(here, part * lanes)), places)
            write.store(vector, at(target, i))
        write.store(write.zeros, at(target, count))
        return context.get_dummy_value()

    return intrinsic(signature)


every_one, every_second, every_third = map(every, (1, 2, 3))


class Source(NamedTuple):
    """Planes to be copied into the buffer, and how.

    With pointers in place of arrays, as everything here that runs for each plane: an array is counted
    wherever it is handed on, which took a third of the time.
    """

    x: Any
    size: int
    height: int
    width: int
    step_h: int
    step_w: int
    phases_h: int
    phases_w: int
    origins_h: Any
    origins_w: Any
    spans: Any
    tall: int  # rows of a phase in the buffer
    columns: int
    in_bands: bool


@inlined
def source_of(x, height, width, g, cut, spans):
    """What is read of x, as the loops take it: plain numbers and addresses."""
    return Source(
        at(x, 0), x.size, height, width, g.step_h, g.step_w, g.origins_h.size, g.origins_w.size,
        at(g.origins_h, 0), at(g.origins_w, 0), at(spans, 0), cut.tall, cut.columns, cut.rows < g.count_h,
    )  # fmt: skip


@inlined
def copy_row(x, size, start, step, buffer, place, count, read):
    """Every ``step``-th number of a row into the buffer; beyond x nothing is read."""
    if step > 3 or start + read > size:
        pick(x, start, step, buffer, place, count)
    elif step == 1:
        every_one(x, start, buffer, place, count)
    elif step == 2:
        every_second(x, start, buffer, place, count)
    else:
        every_third(x, start, buffer, place, count)


@inlined
def fill(s, plane, row, rows, buffer):
    """Copy rows of a plane into the buffer. Beside them are zeros already, and they stay."""
    for p in range(s.phases_h):
        for q in range(s.phases_w):
            place = (p * s.phases_w + q) * s.tall * s.columns
            low, count, read = s.spans[3 * q], s.spans[3 * q + 1], s.spans[3 * q + 2]
            h = s.step_h * row + s.origins_h[p]
            for _ in range(rows):
                if 0 <= h < s.height:
                    start = (plane * s.height + h) * s.width + s.step_w * low + s.origins_w[q]
                    copy_row(s.x, s.size, start, s.step_w, buffer, place + low, count, read)
                elif s.in_bands:
                    clear(buffer, place, s.columns)
                place += s.columns
                h += s.step_h
