"""Convolution with fewer multiplications (Winograd's minimal filtering), for kernels of 3 x 3 and 2 x 2.

Two neighbouring results of a kernel of three, x0 g0 + x1 g1 + x2 g2 and x1 g0 + x2 g1 + x3 g2, take six
products. They also come from four:

    m0 = (x0 - x2) g0                       y0 = m0 + m1 + m2
    m1 = (x1 + x2) (g0 + g1 + g2) / 2       y1 = m1 - m2 - m3
    m2 = (x2 - x1) (g0 - g1 + g2) / 2
    m3 = (x1 - x3) g2

In matrices y = A [(G g) * (B x)], and for images, where it is done down and across,

    Y = A [(G g Gᵀ) * (B X Bᵀ)] Aᵀ:   2 x 2 results of a 3 x 3 kernel take 16 products instead of 36.

The sums of a kernel over its channels are taken before A. So what is left for the microkernel is 16 matrix
products, one for each product of a tile: (tiles, channels) by (channels, outputs). Six numbers give four
results of a kernel of three: 36 products instead of 144. With four there are three results of a kernel of
two, too: 16 products instead of 36, with the same B; and with five, four results: 25 products instead of 64.
The plan takes the tiles that need the fewest products.

The last product of a row, at the point infinity, is in its last result only. So a short tile, which lacks
that result, does without: seven results are a tile of four and one of three, 5 + 4 products instead of 5 + 5,
with the same factors of the kernel, and 14 are 4 + 4 + 3 + 3. The tiles of a block are put in an order in
which those that need a product follow one another. (64 images, 14 x 14 -> 7 x 7, 64 -> 128 channels, 4 x 4,
two threads with AVX2: 0.87 of the time.)

The three passes are one formula again. The gradient by the image is the convolution of dy with the kernel
turned round; the one by the kernel is dg = Gᵀ [(Aᵀ dy A) * (B X Bᵀ)] G, summed over the tiles. A stride of 2
makes four small kernels of one of 4 x 4, each of which reads (or in the gradient writes) every second pixel;
and so do larger strides, of kernels twice or three times as large.

Images are turned, one at a time, so that channels lie side by side in memory: then vectors are of channels, a
tile may begin at any pixel, and every second pixel costs no more than neighbours. The additions of B and A,
and the turning, take a third of the time. For 100 images of 28 x 28, 32 -> 64 channels, on two cores of an
AMD EPYC (AVX-512), plain -> tiles of four -> of six: results 14.7 -> 9.5 -> 6.8 ms, input's gradient 20.9 ->
12.9 -> 8.6, weights' 14.7 -> 9.5 -> 6.5.

Each thread has its own room for all of this, at the same place in every call, and where it pays even makes
the factors of the kernel for itself (see `makes_own_factors`): two cores may be far apart. In a rented
machine they come to have a third cache in common, or none, by the minute, and a number that has to come over
takes 50 ns or 330. (64 images, 14 x 14 -> 7 x 7, 64 -> 128 channels, 4 x 4, all three passes: 8.3 -> 8.2 ms
with a common cache, 11.0 -> 8.6 without.)

The sums are other sums than the plain ones: float32 results differ by a few units in the last place of the
largest term, as they do from one order of adding to another. With five points they are off by twice as much
as the plain ones (64 -> 128 channels, 4 x 4: 1.1e-6 instead of 0.5e-6, root mean square). A result that is
exactly 0 in plain sums need not be here, and an infinite number makes NaN of a whole tile.
set_float32_conv_precision("highest") takes the plain sums.

Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
"""

# mypy: allow-untyped-defs

from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels.numba_cpu.compiling import inner
from minigrad.kernels.numba_cpu.microkernel import CHUNK, Left, Right, Sums, product, thirds
from minigrad.kernels.numba_cpu.routines import routines_of
from minigrad.kernels.numba_cpu.scratch import rooms
from minigrad.kernels.numba_cpu.sharing import mine, shared, spread
from minigrad.kernels.numba_cpu.subnormals import flush, restore
from minigrad.kernels.numba_cpu.transpose import FIRST, ONE, channels_last, pixels_to_planes
from minigrad.kernels.numba_cpu.vectors import VECTOR, add, lanes_of
from minigrad.kernels.numba_cpu.winograd_plan import Cut, Plan, cut, extent, makes_own_factors
from minigrad.kernels.numba_cpu.winograd_tiles import (
    OF_IMAGE,
    OF_KERNEL,
    OF_UPSTREAM,
    ROW_OF_KERNEL,
    TO_KERNEL,
    TO_RESULTS,
    Tiles,
    transform,
)
from minigrad.kernels.reference.arrays import Array

_extent = inner(extent)


@inner
def _of_kernel(routines, packed, g, channels, residue, n, kind, row, target, place, across):
    """Factors of the kernel for the nth piece and vector: of all products, or of one row, by the kind."""
    lanes, padded, pieces = lanes_of(packed), packed.shape[2], g.pieces.shape[1]
    vector, piece = n // pieces, n % pieces
    cut_out = g.pieces[residue, piece]
    tap, down, right = cut_out[0], cut_out[1], cut_out[2]
    start = (residue * channels * g.taps + tap) * padded + vector * lanes
    # The channels, one after another, are the tiles of a line: what is written then lies side by side.
    kernels = Tiles(packed.reshape(-1), start, 0, g.taps * padded, down * padded, right * padded)
    factors = Tiles(target, place + n * channels * lanes, 0, lanes, g.side * across, across)
    transform(routines, kind + g.form, kernels, factors, lanes, 1, channels, lanes, row)


@shared
def _kernels(team, routines, packed, g, channels, u):
    """u[residue, product, (vector, piece, channel, output)] of packed[(residue, channel, tap), output]"""
    if spread(team):
        return
    several = g.pieces.shape[1] * packed.shape[2] // lanes_of(packed)
    target, across = u.reshape(-1), u.shape[2]
    for n in mine(team, g.pieces.shape[0] * several):
        residue = n // several
        place = residue * g.side * g.side * across
        _of_kernel(routines, packed, g, channels, residue, n % several, OF_KERNEL, 0, target, place, across)


class Group(NamedTuple):
    """Of the tiles of a block those that are long, or short, alike: ``lines`` by ``wide`` in each image."""

    lines: int
    wide: int
    first: int  # the number of its first tile among the block's
    down: int  # results of the band before it
    right: int
    to_line: int  # results from one line of tiles to the next, and from one tile
    to_tile: int


@inner
def _long(g, line, lines):
    """How many of so many lines of tiles, from this one on, are long, and how many tiles of a line."""
    return min(lines, max(0, g.long_h - line)), g.long_w


@inner
def _group(g, line, lines, images, short_h, short_w):
    """In the order of the groups those tiles that need a product follow one another: see `_needed`."""
    long_h, long_w = _long(g, line, lines)
    high, wide = lines - long_h if short_h else long_h, g.tiles_w - long_w if short_w else long_w
    if short_h:
        first = long_h * g.tiles_w + (high * long_w if short_w else 0)
    else:
        first = 0 if short_w else long_h * (g.tiles_w - long_w)
    return Group(
        high, wide, images * first, g.m * long_h * short_h, g.m * long_w * short_w, g.m - short_h,
        g.m - short_w,
    )  # fmt: skip


@inner
def _needed(g, line, lines, images, k):
    """The tiles that need product k, from the first to the last: the short ones need none at infinity."""
    long_h, long_w = _long(g, line, lines)
    first, end = 0, lines * g.tiles_w
    if k % g.side == g.side - 1:
        first = long_h * (g.tiles_w - long_w)
        end = first + lines * long_w
    if k // g.side == g.side - 1:
        end = long_h * g.tiles_w
    return images * first, images * end


@inner
def _in_a_row(g, group, array, image, row, pitch):
    """A group's tiles of products in a block: array[product, tile, channel]."""
    first = group.first + image * group.lines * group.wide
    return Tiles(array, first * row, group.wide * row, row, g.side * pitch, pitch)


@inner
def _image_tiles(routines, buffer, start, g, cut, line, lines, images, b, pieces, padded, v, pitch, row):
    """v[product, tile, (piece, channel)] of image b of the block, which is at ``start`` in the buffer."""
    to_line = cut.columns * padded  # from a row of pixels to the next
    across, step = g.step_w * padded, g.step_h * to_line
    for n in range(4):
        group = _group(g, line, lines, images, n // 2, n % 2)
        tiles = _in_a_row(g, group, v, b, row, pitch)
        for piece in range(pieces.shape[0]):
            down, right = pieces[piece, 3] - g.top, pieces[piece, 4] - g.left
            first = start + down * to_line + right * padded + group.down * step + group.right * across
            pixels = Tiles(buffer, first, group.to_line * step, group.to_tile * across, step, across)
            factors = Tiles(v, tiles.start + piece * padded, tiles.line, tiles.tile, tiles.row, tiles.column)
            transform(
                routines, OF_IMAGE + g.side, pixels, factors, lanes_of(v), group.lines, group.wide, padded
            )


@shared
def _correlate(
    team, routines, x, x_size, packed, us, pitch_of_factors, bias, y, y_size, g, cut, buffers, vs, ms, outs,
    tables,
):  # fmt: skip
    if spread(team):
        return
    images, channels = x_size[0], x_size[1]
    lanes, m = lanes_of(x), g.m
    residues, pieces = g.pieces.shape[0], g.pieces.shape[1]
    terms, padded = pieces * channels, packed.shape[2]
    factors = us[team.thread] if cut.own_factors else us.reshape(-1)
    wide = -(-channels // lanes) * lanes  # channels of the image, rounded up
    tiles = cut.images * cut.lines * cut.wide
    v_row = pieces * wide
    # From one product to the next, a vector more than needed: 16 places that lie a power of 2 apart are more
    # than the first cache has room for (100 x 32 x 32 x 32, 32 channels: 10.3 -> 9.4 ms). For the same reason
    # the rows of both factors of the weights' gradient have an odd number of vectors (64 -> 128 channels,
    # 4 x 4: 0.95 of the time). Of the kernel's factors, many more than there are tiles to share them, each
    # column of vectors is laid out by itself: 0.88 to 0.99 of the time of rows.
    v_pitch, pitch = tiles * v_row + lanes, tiles * padded + lanes
    area = cut.rows * cut.columns * wide  # of an image in the buffer
    # Of its results, and beside them what a short tile has in place of its last row or column.
    width, tall = g.stride_w * m * cut.wide, g.stride_h * m * cut.lines
    parts = -(-images // cut.images)
    for task in mine(team, parts * cut.bands):
        before = flush(True)
        thread = team.thread
        buffer, v, sums, out = buffers[thread], vs[thread], ms[thread], outs[thread]
        places, along, across = thirds(tables[thread])
        image, line = task // cut.bands * cut.images, task % cut.bands * cut.lines
        here, lines = min(cut.images, images - image), min(cut.lines, g.tiles_h - line)
        before_it = _extent(m, line, g.long_h)
        top, below = g.step_h * before_it + g.top, g.stride_h * before_it
        valid = g.stride_h * (_extent(m, line + lines, g.long_h) - before_it)
        for n in range(tiles):
            places[n] = n * v_row
        for n in range(terms):
            along[n] = n // channels * wide + n % channels
            across[n] = n * lanes
        for residue in range(residues):
            # An image at a time: what has just been turned is still in the first or second cache.
            # Several residues keep all images of the block, and only the first finds them there.
            for b in range(here):
                start = b * area if residues > 1 else 0
                if residue == 0:
                    channels_last(
                        routines, x, x_size, image + b, ONE, FIRST, channels, top, cut.rows, g.left,
                        cut.columns, wide, buffer[start:],
                    )  # fmt: skip
                _image_tiles(
                    routines, buffer, start, g, cut, line, lines, here, b, g.pieces[residue], wide, v,
                    v_pitch, v_row,
                )  # fmt: skip
            for k in range(g.side * g.side):
                begin, end = _needed(g, line, lines, here, k)
                first_factor = (residue * g.side * g.side + k) * pitch_of_factors
                if cut.own_factors:
                    first_factor = k % g.side * pitch_of_factors
                    if k % g.side == 0:
                        for n in range(pieces * padded // lanes):
                            _of_kernel(
                                routines, packed, g, channels, residue, n, ROW_OF_KERNEL, k // g.side,
                                factors, 0, pitch_of_factors,
                            )  # fmt: skip
                for n in range(0, terms, CHUNK):
                    left = Left(v, k * v_pitch + begin * v_row, places, along[n:])
                    right = Right(factors, first_factor, across[n:], terms * lanes)
                    result = Sums(sums, k * pitch + begin * padded, padded)
                    several = min(CHUNK, terms - n)
                    product(routines, end - begin, padded // lanes, left, right, several, result, n > 0)
            shift_h, shift_w = g.shifts_h[residue // g.shifts_w.size], g.shifts_w[residue % g.shifts_w.size]
            row_of, column_of = g.stride_h * width * padded, g.stride_w * padded
            for b in range(here):
                start = b * tall * width * padded if residues > 1 else 0
                for n in range(4):
                    group = _group(g, line, lines, here, n // 2, n % 2)
                    first = start + (shift_h * width + shift_w) * padded
                    results = Tiles(
                        out, first + group.down * row_of + group.right * column_of, group.to_line * row_of,
                        group.to_tile * column_of, row_of, column_of,
                    )  # fmt: skip
                    products = _in_a_row(g, group, sums, b, padded, pitch)
                    transform(
                        routines, TO_RESULTS + g.form, products, results, lanes, group.lines, group.wide,
                        padded,
                    )  # fmt: skip
                if residue == residues - 1:
                    target = ((image + b) * y_size[1] * y_size[2] + below) * y_size[3]
                    pixels_to_planes(
                        routines, out, start, padded, width * padded, y, target, y_size[2] * y_size[3],
                        y_size[3], y_size[3], y_size[1], min(valid, y_size[2] - below), bias, FIRST,
                    )  # fmt: skip
        restore(before)


@shared
def _weight_grad(
    team, routines, dy, dy_size, x, x_size, g, cut, slices, parts, buffers, turned, vs, us, tables, partial,
    pitch_of_sums,
):  # fmt: skip
    """partial[slice * parts + part, (product, piece, channel, output)]: of a slice of the channels, summed
    over the tiles of a part of the images. From one product's sums to the next it is ``pitch_of_sums``.
    """
    if spread(team):
        return
    images, channels, outputs = x_size[0], x_size[1], dy_size[1]
    lanes, m = lanes_of(x), g.m
    pieces, padded = g.pieces.shape[1], -(-outputs // lanes) * lanes
    tiles = cut.images * cut.lines * cut.wide
    blocks = -(-images // cut.images) * cut.bands
    share = -(-channels // slices)
    width = cut.right
    for task in mine(team, slices * parts):
        before = flush(True)
        thread = team.thread
        buffer, upstream, v, u, sums = buffers[thread], turned[thread], vs[thread], us[thread], partial[task]
        places, along, across = thirds(tables[thread])
        piece_of, part = task // parts, task % parts
        begin, end = channels * piece_of // slices, channels * (piece_of + 1) // slices
        wide = -(-(end - begin) // lanes) * lanes
        v_row, u_row = pieces * wide | lanes, padded | lanes  # an odd number of vectors
        v_pitch, pitch = tiles * v_row + lanes, tiles * u_row + lanes
        for n in range(end - begin):
            places[n] = n
        for n in range(tiles):
            along[n] = n * v_row
            across[n] = n * u_row
        to_line = width * padded  # from a row of dy to the next
        first = blocks * part // parts
        for block in range(first, blocks * (part + 1) // parts):
            image, line = block // cut.bands * cut.images, block % cut.bands * cut.lines
            here, lines = min(cut.images, images - image), min(cut.lines, g.tiles_h - line)
            before_it = _extent(m, line, g.long_h)
            top = g.step_h * before_it + g.top
            for b in range(here):
                channels_last(
                    routines, x, x_size, image + b, ONE, begin, end - begin, top, cut.rows, g.left,
                    cut.columns, wide, buffer,
                )  # fmt: skip
                _image_tiles(
                    routines, buffer, FIRST, g, cut, line, lines, here, b, g.pieces[0], wide, v, v_pitch,
                    v_row,
                )  # fmt: skip
                channels_last(
                    routines, dy, dy_size, image + b, ONE, FIRST, outputs, before_it, cut.down, FIRST,
                    width, padded, upstream,
                )  # fmt: skip
                for n in range(4):
                    group = _group(g, line, lines, here, n // 2, n % 2)
                    gradients = Tiles(
                        upstream, group.down * to_line + group.right * padded, group.to_line * to_line,
                        group.to_tile * padded, to_line, padded,
                    )  # fmt: skip
                    factors = _in_a_row(g, group, u, b, u_row, pitch)
                    transform(
                        routines, OF_UPSTREAM + g.form, gradients, factors, lanes, group.lines, group.wide,
                        padded, n // 2, n % 2,
                    )  # fmt: skip
            for k in range(g.side * g.side):
                begin_k, end_k = _needed(g, line, lines, here, k)
                count = end_k - begin_k
                least = 1 if block == first else 0  # no tile at all gives zeros, to begin with
                for piece in range(pieces):
                    for n in range(0, max(count, least), CHUNK):
                        left = Left(v, k * v_pitch + begin_k * v_row + piece * wide, places, along[n:])
                        right = Right(u, k * pitch + begin_k * u_row, across[n:], lanes)
                        result = Sums(sums, k * pitch_of_sums + piece * share * padded, padded)
                        several, more = min(CHUNK, count - n), block > first or n > 0
                        product(
                            routines, end - begin, padded // lanes, left, right, several, result, more
                        )  # fmt: skip
        restore(before)


@shared
def _kernel_grads(team, routines, partial, pitch_of_sums, g, channels, slices, parts, result):
    """result[(channel, tap), output] of the sums that `_weight_grad` has left in ``partial``"""
    if spread(team):
        return
    pieces, padded = g.pieces.shape[1], result.shape[1]
    share = -(-channels // slices)
    target = result.reshape(-1)
    piece_of = 0
    for c in mine(team, channels):
        while channels * (piece_of + 1) // slices <= c:
            piece_of += 1
        first, n = partial[piece_of * parts], c - channels * piece_of // slices
        for piece in range(pieces):
            cut_out = g.pieces[0, piece]
            tap, down, right = cut_out[0], cut_out[1], cut_out[2]
            start = (piece * share + n) * padded
            for part in range(1, parts):  # with what stands beside the outputs, which is of no use
                for k in range(g.side * g.side):
                    there = start + k * pitch_of_sums
                    add(partial[piece_of * parts + part], there, first, there, padded)
            place = (c * g.taps + tap) * padded
            sums = Tiles(first, start, 0, 0, g.side * pitch_of_sums, pitch_of_sums)
            kernels = Tiles(target, place, 0, 0, down * padded, right * padded)
            transform(routines, TO_KERNEL + g.form, sums, kernels, lanes_of(result), 1, 1, padded)


# Called by conv.py ------------------------------------------------------------------------------------------


def cut_of(g: Plan, images: int, channels: int, padded: int, dtype: Any, threads: int) -> Cut:
    """The blocks of `correlate`, for so many outputs with those beside the last."""
    lanes = VECTOR // dtype.itemsize
    wide = -(-channels // lanes) * lanes
    parts = 2 * threads if images >= 8 * threads else threads  # a few images are better left together
    own = makes_own_factors(g, images, channels, padded, dtype.itemsize, threads)
    if own:
        parts = threads
    return cut(g, images, g.pieces.shape[1] * wide, padded, dtype.itemsize, parts)._replace(own_factors=own)


def correlate(x: Array, packed: Array, bias: Array, y: Array, g: Plan, c: Cut, threads: int) -> None:
    """Fill y from x and packed[0, (residue, channel, tap), output]."""
    routines = routines_of(x.dtype)
    channels, padded = x.shape[1], packed.shape[2]
    lanes = VECTOR // x.itemsize
    wide = -(-channels // lanes) * lanes
    residues, pieces, _ = g.pieces.shape
    pitch = pieces * channels * padded + lanes
    if c.own_factors:
        us = rooms("factors", threads, g.side * pitch, x.dtype)
    else:  # all threads' room is one
        count = residues * g.side * g.side * pitch
        us = rooms("factors", threads, -(-count // threads), x.dtype)
        every = us.reshape(-1)[:count].reshape(residues, g.side * g.side, pitch)
        _kernels(routines, packed, g, channels, every)
    tiles, m = c.images * c.lines * c.wide, g.m
    at_once = c.images if residues > 1 else 1
    beyond = (g.step_h * c.columns + g.step_w) * wide  # where short tiles read, and need not
    buffers = rooms("buffers", threads, at_once * c.rows * c.columns * wide + beyond, x.dtype)
    vs = rooms("turned", threads, g.side * g.side * (tiles * pieces * wide + lanes), x.dtype)
    ms = rooms("sums", threads, g.side * g.side * (tiles * padded + lanes), x.dtype)
    pixels = g.stride_h * g.stride_w * m * m * c.lines * c.wide  # of an image's results
    outs = rooms("results", threads, at_once * pixels * padded, x.dtype)
    tables = rooms("tables", threads, 3 * (max(tiles, pieces * channels) + CHUNK), np.int64)
    _correlate(
        routines, x.reshape(-1), x.shape, packed, us, pitch, bias, y.reshape(-1), y.shape, g, c,
        buffers, vs, ms, outs, tables, threads=threads,
    )  # fmt: skip


def shares_of(
    g: Plan, images: int, channels: int, padded: int, dtype: Any, threads: int
) -> tuple[Cut, int, int]:
    """The blocks of `weight_grad`, and how many slices of the channels or parts of the images threads share.

    As in conv.py: the channels if there are many. Pieces of the kernel count as channels do, as each thread
    transforms all of dy. (64 images of 32 x 32, 64 -> 128 channels, 4 x 4, two threads with AVX2: 32 -> 23
    ms.)
    """
    lanes, pieces = VECTOR // dtype.itemsize, g.pieces.shape[1]
    slices = threads if max(2, pieces) * channels >= 128 * threads else 1
    share = -(-channels // slices)
    wide = -(-share // lanes) * lanes
    c = cut(g, images, pieces * wide, padded, dtype.itemsize, threads if slices == 1 else 1)
    return c, slices, min(-(-images // c.images) * c.bands, threads // slices)


def weight_grad(
    dy: Array, x: Array, result: Array, g: Plan, c: Cut, slices: int, parts: int, threads: int
) -> None:
    """Fill result[(channel, tap), output]."""
    routines = routines_of(x.dtype)
    channels, padded = x.shape[1], result.shape[1]
    lanes = VECTOR // x.itemsize
    pieces = g.pieces.shape[1]
    share = -(-channels // slices)
    wide = -(-share // lanes) * lanes
    tiles = c.images * c.lines * c.wide
    beyond = (g.step_h * c.columns + g.step_w) * wide  # where short tiles read, and need not
    buffers = rooms("buffers", threads, c.rows * c.columns * wide + beyond, x.dtype)
    turned = rooms("results", threads, ((c.down + 1) * c.right + 1) * padded, x.dtype)
    vs = rooms("turned", threads, g.side * g.side * (tiles * (pieces * wide + lanes) + lanes), x.dtype)
    us = rooms("sums", threads, g.side * g.side * (tiles * (padded + lanes) + lanes), x.dtype)
    tables = rooms("tables", threads, 3 * (max(tiles, channels) + CHUNK), np.int64)
    pitch = pieces * share * padded + lanes
    partial = rooms("factors", threads, g.side * g.side * pitch, x.dtype)
    _weight_grad(
        routines, dy.reshape(-1), dy.shape, x.reshape(-1), x.shape, g, c, slices, parts,
        buffers, turned, vs, us, tables, partial, pitch, threads=threads,
    )  # fmt: skip
    _kernel_grads(routines, partial, pitch, g, channels, slices, parts, result)
