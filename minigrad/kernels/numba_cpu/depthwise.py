"""Convolution with a kernel of its own for each channel (depthwise): all three passes.

The loop of conv.py computes tiles of several output channels, of which there is but one here. So the tiles
are of another kind: rows and columns of neighbouring results, for which each number of the kernel is spread
over a vector once. A plane, an image's channel, is copied into a small buffer with its zeros around it, in
the first cache (depthwise_planes.py). What comes out is written where it belongs: rows wider than a vector
end with a vector that overlaps the one before, and of narrower ones each writes over what the one before
wrote too much.

The gradient by the kernel keeps a vector of sums for each tap and goes once along the plane, row after row:
between the rows dy has zeros.

On one core of an AMD EPYC (AVX-512), three passes, conv.py's loop -> this: 32 images of 32 channels, 28 x 28,
kernels of 3 x 3: 9.0 -> 1.8 ms (PyTorch 1.9); with stride 2 5.3 -> 1.7 (0.9); 8 images of 1152 channels,
7 x 7: 9.2 -> 2.3 (1.1); 8 images of 240 channels, 28 x 28, kernels of 5 x 5: 26 -> 8 (35).
"""

# mypy: allow-untyped-defs

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic

from minigrad.kernels.numba_cpu.compiling import inlined
from minigrad.kernels.numba_cpu.depthwise_planes import copy_row, cut_of, fill, source_of, spans_of
from minigrad.kernels.numba_cpu.geometry import Geometry
from minigrad.kernels.numba_cpu.scratch import room, rooms
from minigrad.kernels.numba_cpu.sharing import mine, shared, spread, thread_count
from minigrad.kernels.numba_cpu.subnormals import flush, restore
from minigrad.kernels.numba_cpu.vectors import (
    INDEX,
    PLACE,
    VECTOR,
    Writer,
    at,
    cgutils,
    clear,
    lanes_of,
    scatter,
)
from minigrad.kernels.reference.arrays import Array

ALONE = 1 << 15
"""Results from which on a second thread takes a share."""


# Results and input gradients --------------------------------------------------------------------------------


class Kernel(NamedTuple):
    """A channel's kernel for `_tile`: sum k is weights[places[k]] times what lies offsets[k] further."""

    weights: Any
    places: Any
    offsets: Any
    terms: int
    bias: float


def _tile(height: int, width: int, half: bool = False) -> Any:
    """The sums of ``height`` rows of ``width`` vectors, the second ``aside`` from the first.

        tile(kernel, x, pitch, aside, y, y_pitch, left)

    Sum (i, j) is bias + the sum over k of weights[places[k]] x[offsets[k] + i pitch + j]. What would lie
    ``left`` numbers or more behind the start of y is not written. ``half``: of half a vector each.
    """

    def signature(context, kernel, x, pitch, aside, y, y_pitch, left):
        return types.void(kernel, x, PLACE, PLACE, y, PLACE, PLACE), generate

    def generate(context, builder, signature, arguments):
        kernel, x, pitch, aside, y, y_pitch, left = arguments
        w, places, offsets, count, bias = cgutils.unpack_tuple(builder, kernel)
        write = Writer(context, builder, signature.args[1].dtype, half)
        at = write.at
        cells = [(i, j) for i in range(height) for j in range(width)]

        def place(i: int, j: int, pitch: Any) -> Any:
            row = builder.mul(INDEX(i), pitch)
            return builder.add(row, aside) if j else row

        begin = builder.block
        start = write.spread(bias)
        sources = [place(i, j, pitch) for i, j in cells]
        loop, leave = (builder.function.append_basic_block(f"window.{name}") for name in ("loop", "leave"))
        builder.cbranch(builder.icmp_signed(">", count, INDEX(0)), loop, leave)

        builder.position_at_end(loop)
        k = builder.phi(INDEX)
        sums = [write.phi((start, begin)) for _ in cells]
        number = write.spread(builder.load(at(w, builder.load(at(places, k)))))
        there = at(x, builder.load(at(offsets, k)))
        new = [
            write.multiply_add(number, write.load(at(there, source)), total)
            for source, total in zip(sources, sums, strict=True)
        ]
        following = builder.add(k, INDEX(1))
        k.add_incoming(INDEX(0), begin)
        k.add_incoming(following, loop)
        for total, later in zip(sums, new, strict=True):
            total.add_incoming(later, loop)
        builder.cbranch(builder.icmp_signed("<", following, count), loop, leave)

        builder.position_at_end(leave)
        last = [write.phi((start, begin), (later, loop)) for later in new]
        for (i, j), total in zip(cells, last, strict=True):
            target = place(i, j, y_pitch)
            write.store_first(total, builder.sub(left, target), at(y, target))
        return context.get_dummy_value()

    return intrinsic(signature)


def _rows(height: int) -> Any:
    """A function for ``height`` rows of results, ``width`` wide."""
    half, one, two = _tile(height, 1, half=True), _tile(height, 1), _tile(height, 2)

    def rows(k, x, first, pitch, width, y, start, left):
        lanes = lanes_of(x)
        if 2 * width <= lanes:
            half(k, at(x, first), pitch, 0, at(y, start), width, left)
            return
        j = 0
        while j < width:
            more = width - j
            if more > lanes:
                aside = min(lanes, more - lanes)
                two(k, at(x, first + j), pitch, aside, at(y, start + j), width, left - j)
            else:
                j = max(0, width - lanes)
                one(k, at(x, first + j), pitch, 0, at(y, start + j), width, left - j)
            j += 2 * lanes

    rows.__name__ = rows.__qualname__ = f"rows_{height}"  # a name of its own: see microkernel.py
    return inlined(rows)


_four_rows, _one_row = _rows(4), _rows(1)


@inlined
def _band(kernel, x, rows, pitch, width, y, start):
    """Rows of results, one after the other in y from ``start`` on."""
    size = rows * width
    if rows < 4:
        for i in range(rows):
            _one_row(kernel, x, i * pitch, pitch, width, y, start + i * width, size - i * width)
    else:
        for i in range(0, rows, 4):
            i = min(i, rows - 4)
            _four_rows(kernel, x, i * pitch, pitch, width, y, start + i * width, size - i * width)


@shared
def _correlate(team, x, x_size, w, bias, y, y_size, g, cut, spans, taps, places, offsets, buffers, outs):
    if spread(team):
        return
    source = source_of(x, x_size[2], x_size[3], g, cut, spans)
    buffer, out = at(buffers[team.thread], 0), at(outs[team.thread], 0)
    result, weights, ours, windows = at(y, 0), at(w, 0), at(places, 0), at(offsets, 0)
    clear(buffer, 0, cut.size)
    channels, height, width = y_size[1], y_size[2], y_size[3]
    bands, direct = -(-g.count_h // cut.rows), g.stride_h == 1 and g.stride_w == 1
    before = flush(True)
    for task in mine(team, x_size[0] * channels * bands):
        plane, row = task // bands, task % bands * cut.rows
        channel, rows = plane % channels, min(cut.rows, g.count_h - row)
        fill(source, plane, row, rows + g.reach_h, buffer)
        for residue in range(g.starts.size - 1):
            begin = g.starts[residue]
            count = g.starts[residue + 1] - begin
            kernel = Kernel(
                at(weights, channel * taps), at(ours, begin), at(windows, begin), count, bias[channel]
            )
            if direct:
                start = (plane * height + row) * width
                _band(kernel, buffer, rows, cut.columns, g.count_w, result, start)
                continue
            _band(kernel, buffer, rows, cut.columns, g.count_w, out, 0)
            shift_h, shift_w = g.shifts_h[residue // g.shifts_w.size], g.shifts_w[residue % g.shifts_w.size]
            low = min(g.count_w, max(0, -(shift_w // g.stride_w)))
            high = max(low, min(g.count_w, (width - 1 - shift_w) // g.stride_w + 1))
            for i in range(rows):
                h = g.stride_h * (row + i) + shift_h
                if 0 <= h < height:
                    target = (plane * height + h) * width + shift_w + g.stride_w * low
                    start = i * g.count_w + low
                    scatter(out, start, 1, result, target, g.stride_w, high - low, y.dtype.type(0))
    restore(before)


def correlate(x: Array, w: Array, bias: Array, y: Array, g: Geometry) -> None:
    """Fill y, the result or the input's gradient, from x, C-ordered, and the kernels, flat."""
    threads, cut = thread_count(), cut_of(g, x.itemsize)
    places = np.ascontiguousarray(g.taps[:, 0])
    offsets = g.taps[:, 1] * (cut.tall * cut.columns) + g.taps[:, 2] * cut.columns + g.taps[:, 3]
    spans = spans_of(g, cut.columns, x.shape[3], VECTOR // x.itemsize)
    buffers = rooms("buffers", threads, cut.size, x.dtype)
    outs = rooms("sums", threads, cut.rows * g.count_w, x.dtype)
    _correlate(
        x.reshape(-1), x.shape, w, bias, y.reshape(-1), y.shape, g, cut, spans, w.size // x.shape[1], places,
        offsets, buffers, outs, alone=y.size < ALONE,
    )  # fmt: skip


# Weight gradients -------------------------------------------------------------------------------------------


def _along(taps: int) -> Any:
    """sums[t, :] += dy[p : p + lanes] x[offsets[t] + p : ...] over all p in steps of a vector, for compiled
    code.

    along(dy, vectors, x, offsets, sums)
    """

    def signature(context, dy, vectors, x, offsets, sums):
        return types.void(dy, PLACE, x, offsets, sums), generate

    def generate(context, builder, signature, arguments):
        dy, vectors, x, offsets, sums = arguments
        write = Writer(context, builder, signature.args[0].dtype)
        at = write.at
        lanes = INDEX(write.lanes)
        rows = [at(x, builder.load(at(offsets, t))) for t in range(taps)]
        kept = [at(sums, t * write.lanes) for t in range(taps)]
        first = [write.load(place) for place in kept]
        end = builder.mul(vectors, lanes)
        begin = builder.block
        loop, leave = (builder.function.append_basic_block(f"along.{name}") for name in ("loop", "leave"))
        builder.cbranch(builder.icmp_signed(">", vectors, INDEX(0)), loop, leave)

        builder.position_at_end(loop)
        p = builder.phi(INDEX)
        totals = [write.phi((total, begin)) for total in first]
        upstream = write.load(at(dy, p))
        new = [
            write.multiply_add(upstream, write.load(at(row, p)), total)
            for row, total in zip(rows, totals, strict=True)
        ]
        following = builder.add(p, lanes)
        p.add_incoming(INDEX(0), begin)
        p.add_incoming(following, loop)
        for total, later in zip(totals, new, strict=True):
            total.add_incoming(later, loop)
        builder.cbranch(builder.icmp_signed("<", following, end), loop, leave)

        builder.position_at_end(leave)
        last = [write.phi((total, begin), (later, loop)) for total, later in zip(first, new, strict=True)]
        for total, place in zip(last, kept, strict=True):
            write.store(total, place)
        return context.get_dummy_value()

    return intrinsic(signature)


_along_nine, _along_three, _along_one = map(_along, (9, 3, 1))


@shared
def _weight_grad(team, dy, x, x_size, g, cut, spans, parts, offsets, buffers, upstreams, sums):
    """sums[part, channel, tap, :]: windows of x times dy, added up over the part's images."""
    if spread(team):
        return
    images, channels, taps, lanes = x_size[0], x_size[1], offsets.size, lanes_of(x)
    source = source_of(x, x_size[2], x_size[3], g, cut, spans)
    own = cut.rows * cut.columns + 2 * lanes
    buffer, upstream = at(buffers[team.thread], 0), at(upstreams[team.thread], 0)
    given, windows, totals = at(dy, 0), at(offsets, 0), at(sums, 0)
    clear(buffer, 0, cut.size)
    clear(upstream, 0, own)
    bands, read = -(-g.count_h // cut.rows), -(-g.count_w // lanes) * lanes
    before = flush(True)
    for task in mine(team, channels * parts):
        part, channel = task // channels, task % channels
        start = task * taps * lanes
        clear(totals, start, taps * lanes)
        begin, end = images * part // parts, images * (part + 1) // parts
        for block in range(begin * bands, end * bands):
            plane, row = block // bands * channels + channel, block % bands * cut.rows
            rows = min(cut.rows, g.count_h - row)
            fill(source, plane, row, rows + g.reach_h, buffer)
            place = (plane * g.count_h + row) * g.count_w
            for i in range(rows):
                copy_row(given, dy.size, place + i * g.count_w, 1, upstream, i * cut.columns, g.count_w, read)
            clear(upstream, rows * cut.columns, lanes)
            vectors = -(-((rows - 1) * cut.columns + g.count_w) // lanes)
            t = 0
            while t < taps:
                shifts, target = at(windows, t), at(totals, start + t * lanes)
                if taps - t >= 9:
                    _along_nine(upstream, vectors, buffer, shifts, target)
                    t += 9
                elif taps - t >= 3:
                    _along_three(upstream, vectors, buffer, shifts, target)
                    t += 3
                else:
                    _along_one(upstream, vectors, buffer, shifts, target)
                    t += 1
    restore(before)


def weight_grad(dy: Array, x: Array, g: Geometry) -> Array:
    """dw (C, taps), or with NaN in it where dy or x is not finite: between the rows 0 is multiplied, too."""
    threads, cut = thread_count(), cut_of(g, x.itemsize)
    images, channels, lanes = x.shape[0], x.shape[1], VECTOR // x.itemsize
    parts = 1 if channels >= threads else min(images, threads)
    offsets = g.taps[:, 1] * (cut.tall * cut.columns) + g.taps[:, 2] * cut.columns + g.taps[:, 3]
    buffers = rooms("buffers", threads, cut.size, x.dtype)
    upstreams = rooms("sums", threads, cut.rows * cut.columns + 2 * lanes, x.dtype)
    sums = room("partial", (parts, channels, len(offsets), lanes), x.dtype)
    spans = spans_of(g, cut.columns, x.shape[3], lanes)
    _weight_grad(
        dy.reshape(-1), x.reshape(-1), x.shape, g, cut, spans, parts, offsets, buffers, upstreams,
        sums.reshape(-1), alone=dy.size < ALONE,
    )  # fmt: skip
    dw: Array = sums.sum(axis=(0, 3))
    return dw
