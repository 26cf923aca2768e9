"""Convolution: all three passes, of any stride, padding, dilation and groups, by one loop.

The reference lays out a window of the image for each result and multiplies matrices. Here no windows are laid
out. The image is copied, a block at a time, into a buffer with its zeros around it, and there each tap of the
kernel is but another place to begin reading: the microkernel takes a table of such places. A stride is undone
in the copying, and the input's gradient, which is a convolution too, is computed for a residue of its pixels
at a time (geometry.py says how). Kernels of 3 x 3 and 2 x 2, and those of 4 x 4 with stride 2, take fewer
multiplications where there are channels enough: winograd.py. Kernels for one channel each: depthwise.py.

The product has two orientations, and what would be computed in vain chooses: vectors of neighbouring pixels
(in vain: where windows would run over the end of a row into the next), or vectors of channels (in vain: what
rounds their number up to whole vectors). Threads share the blocks.
"""

# mypy: allow-untyped-defs

from typing import NamedTuple

import numpy as np

from minigrad.kernels import precision
from minigrad.kernels.numba_cpu import depthwise, winograd
from minigrad.kernels.numba_cpu.compiling import inner
from minigrad.kernels.numba_cpu.conv_ways import Problem, Way, way, weights_way
from minigrad.kernels.numba_cpu.microkernel import CHUNK, Left, Right, Sums, product, thirds
from minigrad.kernels.numba_cpu.routines import routines_of
from minigrad.kernels.numba_cpu.scratch import room, rooms
from minigrad.kernels.numba_cpu.sharing import mine, shared, spread, thread_count
from minigrad.kernels.numba_cpu.transpose import FIRST, channels_last, pixels_to_planes, transpose
from minigrad.kernels.numba_cpu.vectors import VECTOR, clear, copy, lanes_of, pick, scatter
from minigrad.kernels.reference.arrays import Array, Padding, Pair
from minigrad.kernels.reference.conv import check_conv, check_dtypes, windows_along

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_weight_grad"]


@inner
def _fill(x, size, image, images, channel, channels, row, g, cut, buffer):
    """Copy a block of images into the buffer: phase by phase, with zeros where they end."""
    height, width = size[2], size[3]
    step = g.step_w
    tall = min(cut.rows, g.count_h - row) + g.reach_h
    for c in range(channels):
        place = c * cut.pitch
        for origin_h in g.origins_h:
            for origin_w in g.origins_w:
                # the columns j with 0 <= step j + origin_w < width
                low = min(max(0, -(origin_w // step)), cut.columns)
                high = min(max(low, (width - 1 - origin_w) // step + 1), cut.columns)
                for b in range(images):
                    plane = ((image + b) * size[1] + channel + c) * height
                    for i in range(row, row + tall):
                        h = g.step_h * i + origin_h
                        if h < 0 or h >= height:
                            clear(buffer, place, cut.columns)
                        else:
                            start = (plane + h) * width + step * low + origin_w
                            clear(buffer, place, low)
                            if step == 1:
                                copy(x, start, buffer, place + low, high - low, x.dtype.type(0))
                            else:
                                pick(x, start, step, buffer, place + low, high - low)
                            clear(buffer, place + high, cut.columns - high)
                        place += cut.columns


@inner
def _tap_places(g, cut, begin, end, channels, plane, places):
    """Where (channel, tap) begins to read in the buffer, for the taps from begin to end; returns how many."""
    n = 0
    for c in range(channels):
        for t in range(begin, end):
            _, phase, down, right = g.taps[t]
            places[n] = c * cut.pitch + phase * plane + down * cut.columns + right
            n += 1
    return n


@inner
def _pixel_places(g, cut, images, rows, tall, places):
    """Where the pixels of a block lie in the buffer; returns how many there are."""
    n = 0
    for b in range(images):
        for i in range(rows):
            for j in range(g.count_w):
                places[n] = (b * tall + i) * cut.columns + j
                n += 1
    return n


# Results and input gradients --------------------------------------------------------------------------------


class Weights(NamedTuple):
    """Kernels, flat, and how far the next channel of the result is, channel of the source, and group."""

    array: Array
    row: int
    channel: int
    group: int


@shared
def _pack(team, routines, w, groups, channels, outputs, g, packed):
    """Weights with the channels of the result side by side: packed[group, (residue, channel, tap), result].

    Square pieces are transposed in registers. 512 x 256 kernels of 4 x 4: 9.3 -> 4.2 ms on one core. Rows of
    whole cache lines where that can be, and else whole rows of the result: 512 x 512 kernels of 3 x 3 on one
    core with AVX2 16 -> 5.1 ms, for the gradient of 512 x 256 with a stride of 2, 6.1 -> 2.1.
    """
    if spread(team):
        return
    taps, starts = g.taps, g.starts
    padded = packed.shape[2]
    flat = packed.reshape(-1)
    if starts.size == 2:  # one residue has all taps, in order: what is packed is the transpose of w
        # Kernels of channels that follow one another are one row, of which whole cache lines are read.
        together = -(-8 * lanes_of(packed) // taps.shape[0]) if w.channel == taps.shape[0] else 1
        blocks = -(-channels // together)
        for task in mine(team, groups * blocks):
            group, c = task // blocks, task % blocks * together
            terms = min(together, channels - c) * taps.shape[0]
            place = (group * packed.shape[1] + c * taps.shape[0]) * padded
            start = group * w.group + c * w.channel
            transpose(routines, w.array, start, w.row, flat, place, padded, outputs, terms)
            for n in range(terms):
                clear(flat, place + n * padded + outputs, padded - outputs)
        return
    turned = np.empty(taps.shape[0] * padded, packed.dtype)
    for task in mine(team, groups * channels):
        group, c = task // channels, task % channels
        start = group * w.group + c * w.channel
        transpose(routines, w.array, start, w.row, turned, 0, padded, outputs, taps.shape[0])
        for residue in range(starts.size - 1):
            count = starts[residue + 1] - starts[residue]
            for t in range(count):
                tap = taps[starts[residue] + t, 0]
                row = group * packed.shape[1] + starts[residue] * channels + c * count + t
                copy(turned, tap * padded, flat, row * padded, outputs, packed.dtype.type(0))
                clear(flat, row * padded + outputs, padded - outputs)


@inner
def _put(
    routines, out, line, from_pitch, from_step, y, y_size, image, channel, channels, h, lines, shift, stride,
    low, high, bias,
):  # fmt: skip
    """Write lines of results, each ``line`` further on in ``out``: positions low .. high of channels that are
    ``from_pitch`` apart. Channel by channel, as they lie in y.
    """
    width = y_size[3]
    area, down = y_size[2] * width, stride[0] * width
    target = ((image * y_size[1] + channel) * y_size[2] + h) * width + shift + stride[1] * low
    if stride[1] == 1 and from_pitch == 1:
        pixels_to_planes(
            routines, out.array, out.start + low * from_step, from_step, line, y, target, area, down,
            high - low, channels, lines, bias, channel,
        )  # fmt: skip
        return
    for c in range(channels):
        for n in range(lines):
            start, place = out.start + n * line + c * from_pitch, target + c * area + n * down
            if stride[1] == 1:  # then from_step is 1, too
                copy(out.array, start + low, y, place, high - low, bias[channel + c])
            else:
                scatter(
                    out.array, start + low * from_step, from_step, y, place, stride[1], high - low,
                    bias[channel + c],
                )  # fmt: skip


@shared
def _correlate(
    team, routines, x, x_size, w, packed, by_channel, bias, y, y_size, groups, g, cut, buffers, sums, tables
):
    if spread(team):
        return
    lanes = lanes_of(x)
    images, channels, outputs = x_size[0], x_size[1] // groups, y_size[1] // groups
    parts, bands = -(-images // cut.images), -(-g.count_h // cut.rows)
    padded, pitch = packed.shape[2], cut.images * cut.tall * cut.columns + 4 * lanes
    for task in mine(team, groups * parts * bands):
        thread = team.thread
        buffer, out = buffers[thread], sums[thread]
        weights, places, results = thirds(tables[thread])
        group, block = task // (parts * bands), task % (parts * bands)
        image, row = block // bands * cut.images, block % bands * cut.rows
        here, rows = min(cut.images, images - image), min(cut.rows, g.count_h - row)
        tall = rows + g.reach_h
        _fill(x, x_size, image, here, group * channels, channels, row, g, cut, buffer)
        if by_channel:
            pixels = _pixel_places(g, cut, here, rows, tall, results)
        else:
            pixels = ((here - 1) * tall + rows - 1) * cut.columns + g.count_w
            for o in range(outputs):
                results[o] = o * w.row
        for residue in range(g.shifts_h.size * g.shifts_w.size):
            begin, end = g.starts[residue], g.starts[residue + 1]
            terms = _tap_places(g, cut, begin, end, channels, here * tall * cut.columns, places)
            for n in range(terms):
                c, t = n // (end - begin), begin + n % (end - begin)
                weights[n] = n * padded if by_channel else c * w.channel + g.taps[t, 0]
            for k in range(0, max(terms, 1), CHUNK):  # no term at all gives zeros
                count = min(CHUNK, terms - k)
                if by_channel:
                    left = Left(buffer, 0, results, places[k:])
                    start = (group * packed.shape[1] + begin * channels) * padded
                    right = Right(packed.reshape(-1), start, weights[k:], lanes)
                    product(
                        routines, pixels, padded // lanes, left, right, count, Sums(out, 0, padded), k > 0
                    )
                else:
                    left = Left(w.array, group * w.group, results, weights[k:])
                    right = Right(buffer, 0, places[k:], lanes)
                    vectors = -(-pixels // lanes)
                    product(routines, outputs, vectors, left, right, count, Sums(out, 0, pitch), k > 0)
            shift_h, shift_w = g.shifts_h[residue // g.shifts_w.size], g.shifts_w[residue % g.shifts_w.size]
            low = min(g.count_w, max(0, -(shift_w // g.stride_w)))
            high = max(low, min(g.count_w, (y_size[3] - 1 - shift_w) // g.stride_w + 1))
            # the rows i with 0 <= stride_h (row + i) + shift_h < height
            first = max(0, -(shift_h // g.stride_h) - row)
            lines = min(rows, (y_size[2] - 1 - shift_h) // g.stride_h + 1 - row) - first
            for b in range(here):
                if by_channel:
                    from_line, from_pitch, from_step = g.count_w * padded, 1, padded
                    source = Sums(out, (b * rows + first) * from_line, 0)
                else:
                    from_line, from_pitch, from_step = cut.columns, pitch, 1
                    source = Sums(out, (b * tall + first) * from_line, 0)
                _put(
                    routines, source, from_line, from_pitch, from_step, y, y_size, image + b, group * outputs,
                    outputs, g.stride_h * (row + first) + shift_h, lines, shift_w, (g.stride_h, g.stride_w),
                    low, high, bias,
                )  # fmt: skip


def _run(x: Array, w: Weights, bias: Array | None, y: Array, groups: int, chosen: Way, threads: int) -> None:
    """Fill y, the result or the input's gradient, from x and the weights."""
    lanes = VECTOR // x.itemsize
    channels, outputs = x.shape[1] // groups, y.shape[1] // groups
    added = np.zeros(y.shape[1] + lanes, x.dtype)
    if bias is not None:
        if bias.shape != y.shape[1:2]:
            raise ValueError(
                f"the bias has shape {bias.shape}, expected one number for each of {y.shape[1]} channels"
            )
        added[: bias.size] = bias
    _, g, fewer, cut, padded, by_channel = chosen
    if channels == outputs == 1:
        depthwise.correlate(x, w.array, added, y, g)
        return
    routines, terms = routines_of(x.dtype), channels * len(g.taps)
    packed = room("packed", (groups, terms, padded) if by_channel else (1, 1, lanes), x.dtype)
    if by_channel:
        _pack(routines, w, groups, channels, outputs, g, packed)
    if fewer is not None:
        winograd.correlate(x, packed, added, y, *fewer, threads)
        return
    pixels = cut.images * cut.tall * cut.columns
    buffers = rooms("buffers", threads, channels * cut.pitch, x.dtype)
    sums = rooms("sums", threads, padded * (pixels + 4 * lanes), x.dtype)
    tables = rooms("tables", threads, 3 * (max(terms, outputs, pixels) + CHUNK), np.int64)
    _correlate(
        routines, x.reshape(-1), x.shape, w, packed, by_channel, added, y.reshape(-1), y.shape, groups, g,
        cut, buffers, sums, tables, threads=threads,
    )  # fmt: skip


def conv2d(
    x: Array, w: Array, bias: Array | None, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    check_dtypes(x, w)
    size = tuple(map(windows_along, x.shape[2:], w.shape[2:], stride, padding, dilation))
    y = np.empty((x.shape[0], w.shape[0], *size), x.dtype)
    if not y.size:
        check_conv(x.shape, w.shape, y.shape, stride, padding, dilation, groups)
        return y
    threads = thread_count()
    problem = Problem(
        x.shape, w.shape, y.shape, stride, padding, dilation, groups, x.dtype, threads, precision.conv
    )
    chosen = way("results", problem)
    w = chosen.fit.of(w)
    taps = w.shape[2] * w.shape[3]
    weights = Weights(w.reshape(-1), w.shape[1] * taps, taps, w.size // groups)
    _run(np.ascontiguousarray(x), weights, bias, y, groups, chosen, threads)
    return y


def conv2d_input_grad(
    dy: Array,
    w: Array,
    bias: Array | None,
    size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    check_dtypes(dy, w)
    dx = np.empty((dy.shape[0], w.shape[1] * groups, *size), dy.dtype)
    if not dx.size:
        check_conv(dx.shape, w.shape, dy.shape, stride, padding, dilation, groups)
        return dx
    threads = thread_count()
    problem = Problem(
        dx.shape, w.shape, dy.shape, stride, padding, dilation, groups, dy.dtype, threads, precision.conv
    )
    chosen = way("input", problem)
    w = chosen.fit.of(w)
    taps = w.shape[2] * w.shape[3]
    weights = Weights(w.reshape(-1), taps, w.shape[1] * taps, w.size // groups)
    _run(np.ascontiguousarray(dy), weights, bias, dx, groups, chosen, threads)
    return dx


# Weight gradients -------------------------------------------------------------------------------------------


@shared
def _weight_grad(
    team, routines, dy, dy_size, x, x_size, groups, slices, parts, g, cut, buffers, turned, tables, partial
):
    """partial[part, group, (channel, tap), output]: windows of x times dy, summed over the part's images."""
    if spread(team):
        return
    images, channels, outputs = x_size[0], x_size[1] // groups, dy_size[1] // groups
    lanes, taps, padded = lanes_of(x), g.taps.shape[0], partial.shape[2]
    bands = -(-g.count_h // cut.rows)
    total = -(-images // cut.images) * bands
    for task in mine(team, groups * slices * parts):
        thread = team.thread
        buffer, upstream = buffers[thread], turned[thread]
        windows, places, upstream_places = thirds(tables[thread])
        group, piece, part = task // parts // slices, task // parts % slices, task % parts
        begin, end = channels * piece // slices, channels * (piece + 1) // slices
        start = ((part * groups + group) * channels + begin) * taps * padded
        first = total * part // parts
        for block in range(first, total * (part + 1) // parts):
            image, row = block // bands * cut.images, block % bands * cut.rows
            here, rows = min(cut.images, images - image), min(cut.rows, g.count_h - row)
            tall = rows + g.reach_h
            _fill(x, x_size, image, here, group * channels + begin, end - begin, row, g, cut, buffer)
            channels_last(
                routines, dy, dy_size, image, here, group * outputs, outputs, row, rows, FIRST,
                dy_size[3], padded, upstream,
            )  # fmt: skip
            height = _tap_places(g, cut, 0, taps, end - begin, here * tall * cut.columns, windows)
            pixels = _pixel_places(g, cut, here, rows, tall, places)
            for p in range(pixels):
                upstream_places[p] = p * padded
            for k in range(0, pixels, CHUNK):
                left = Left(buffer, 0, windows, places[k:])
                right = Right(upstream, 0, upstream_places[k:], lanes)
                result = Sums(partial.reshape(-1), start, padded)
                count = min(CHUNK, pixels - k)
                product(routines, height, padded // lanes, left, right, count, result, block > first or k > 0)


@shared
def _turn_back(team, routines, sums, groups, outputs, dw):
    """dw[group, output, term] = sums[(group, term), output]"""
    if spread(team):
        return
    lanes, padded = lanes_of(sums), sums.shape[1]
    terms = sums.shape[0] // groups
    tiles = -(-terms // lanes)
    flat = sums.reshape(-1)
    for task in mine(team, groups * tiles):
        group, term = task // tiles, task % tiles * lanes
        here = min(lanes, terms - term)
        first = group * terms + term
        target = group * outputs * terms + term
        transpose(routines, flat, first * padded, padded, dw, target, terms, here, outputs)


def conv2d_weight_grad(
    dy: Array, x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    check_dtypes(dy, x)
    channels, outputs = x.shape[1] // groups, dy.shape[1] // groups
    shape = (dy.shape[1], channels, *kernel_size)
    if 0 in shape or not dy.size:
        check_conv(x.shape, shape, dy.shape, stride, padding, dilation, groups)
        return np.zeros(shape, dy.dtype)
    threads = thread_count()
    problem = Problem(
        x.shape, shape, dy.shape, stride, padding, dilation, groups, x.dtype, threads, precision.conv
    )
    fit, g, fewer, cut, padded, slices, parts = weights_way(problem)
    dy, x = np.ascontiguousarray(dy), np.ascontiguousarray(x)
    dw = np.empty((*shape[:2], *fit.kernel), dy.dtype)
    if channels == outputs == 1:
        sums = depthwise.weight_grad(dy, x, g)
        if np.isfinite(sums).all():
            return fit.back(sums.reshape(dw.shape), kernel_size)
    routines = routines_of(x.dtype)
    terms = channels * len(g.taps)
    if fewer is not None:
        sums = room("partial", (terms, padded), x.dtype)
        winograd.weight_grad(dy, x, sums, *fewer, slices, parts, threads)
        _turn_back(routines, sums, 1, outputs, dw.reshape(-1))
        return fit.back(dw, kernel_size)
    width = -(-channels // slices)
    pixels = cut.images * cut.rows * g.count_w
    buffers = rooms("buffers", threads, width * cut.pitch, x.dtype)
    turned = rooms("sums", threads, pixels * padded, x.dtype)
    tables = rooms("tables", threads, 3 * (max(terms, pixels) + CHUNK), np.int64)
    partial = room("partial", (parts, groups * terms, padded), x.dtype)
    _weight_grad(
        routines, dy.reshape(-1), dy.shape, x.reshape(-1), x.shape, groups, slices, parts, g, cut,
        buffers, turned, tables, partial, threads=threads,
    )  # fmt: skip
    for more in partial[1:]:
        partial[0] += more
    _turn_back(routines, partial[0], groups, outputs, dw.reshape(-1))
    return fit.back(dw, kernel_size)
