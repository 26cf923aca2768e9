"""The innermost loop of convolutions and matrix products: a tile of sums, held in vector registers.

    C[i, j] += sum over k of A[rows[i] + along[k]] * B[across[k] + j]

``rows``, ``along`` and ``across`` are tables of places in flat arrays; j counts the numbers of a vector, and
the next vector of B is ``beside`` further on. So A may be a matrix, or the shifted
windows of an image, or the taps of a kernel, without being copied into another order: which places belong
together is for the caller to say, and all three passes of convolution are this one loop (see conv.py).

A tile has a few rows of i and a few vectors of j. In each round of k it loads its vectors of B, spreads one
number of A for each row over a vector, and multiplies and adds each with each: 24 vector operations for 10 or
11 loads, or 12 for 7 or 8 where there are 16 registers, which keeps a core's units for arithmetic busy.
numba's Python has no vectors, so the loop is written in LLVM's language. One core of a Xeon (AVX-512, 3.5
GHz) reaches 220 GFLOP/s in it, 98 % of what it can do; in large products MKL reaches 190, OpenBLAS 170.
"""

# mypy: allow-untyped-defs

from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minigrad.kernels.numba_cpu.compiling import apart, inner
from minigrad.kernels.numba_cpu.subnormals import flush, restore
from minigrad.kernels.numba_cpu.vectors import (
    INDEX,
    MANY_REGISTERS,
    PLACE,
    VECTOR,
    Writer,
    at,
    cgutils,
    jump,
    lanes_of,
    rolled,
)
from minigrad.kernels.reference.arrays import Array

CHUNK = 256
"""So many terms of all sums are added up before the next: their vectors of B stay in the first cache, and a
sum of many terms is one of sums of so many, whose rounding errors are smaller."""


MANY_SUMS = 12
"""In a tile of so many there are enough to do in one round; loops of fewer may be written out twice."""


class Left(NamedTuple):
    """Factor A: a flat array, where in it to begin, the places of its rows, and of the terms in each row."""

    array: Array
    start: int
    rows: Array
    along: Array


class Right(NamedTuple):
    """Factor B: a flat array, where in it to begin, the places of the terms' first vectors, and how far a
    vector of a term is from the next: a vector's numbers, or more in columns, each laid out by itself.
    """

    array: Array
    start: int
    across: Array
    beside: int


class Sums(NamedTuple):
    """The result C: a flat array, where in it to begin, and how far one row is from the next."""

    array: Array
    start: int
    pitch: int


# A tile -----------------------------------------------------------------------------------------------------


def tile(height: int, width: int) -> Any:
    """The loop for ``height`` rows and ``width`` vectors: a function for compiled code.

        tile(a, rows, row, along, b, b_start, across, beside, count, c, c_start, c_pitch, add)

    ``a``, ``b`` and ``c`` point to numbers of one floating dtype, ``rows``, ``along`` and ``across`` to
    tables of int64; the rows are those from ``row`` on in ``rows``; each vector of a term of B is ``beside``
    further on; the sums have ``count`` terms. ``add``: to what C holds, instead of writing over it. Whole
    vectors are read and written; nothing checks bounds.
    """

    def signature(context, a, rows, row, along, b, b_start, across, beside, count, c, c_start, c_pitch, add):
        taken = (a, rows, PLACE, along, b, PLACE, across, PLACE, PLACE, c, PLACE, PLACE, types.boolean)
        return types.void(*taken), generate

    def generate(context, builder, signature, arguments):
        a, rows, row, along, b, b_start, across, beside, count, c, c_start, c_pitch, add = arguments
        write = Writer(context, builder, signature.args[0].dtype)
        at, lanes = write.at, write.lanes
        b, c, rows = at(b, b_start), at(c, c_start), at(rows, row)
        starts = [at(a, builder.load(at(rows, i))) for i in range(height)]
        cells = [(i, j) for i in range(height) for j in range(width)]
        places = {
            (i, j): at(c, builder.add(builder.mul(INDEX(i), c_pitch), INDEX(j * lanes))) for i, j in cells
        }

        begin = builder.block
        loop, leave, join, done = (
            builder.function.append_basic_block(f"tile.{name}") for name in ("loop", "leave", "join", "done")
        )
        builder.cbranch(builder.icmp_signed(">", count, INDEX(0)), loop, leave)

        builder.position_at_end(loop)
        k = builder.phi(INDEX)
        sums = {cell: write.phi((write.zeros, begin)) for cell in cells}
        here = builder.load(at(along, k))
        there = at(b, builder.load(at(across, k)))
        vectors = [write.load(at(there, builder.mul(beside, INDEX(j)))) for j in range(width)]
        numbers = [write.spread(builder.load(at(start, here))) for start in starts]
        new = {(i, j): write.multiply_add(numbers[i], vectors[j], sums[i, j]) for i, j in cells}
        following = builder.add(k, INDEX(1))
        k.add_incoming(INDEX(0), begin)
        k.add_incoming(following, loop)
        for cell in cells:
            sums[cell].add_incoming(new[cell], loop)
        branch = builder.cbranch(builder.icmp_signed("<", following, count), loop, leave)
        if len(cells) >= MANY_SUMS:
            rolled(builder, branch)

        # What C holds is added last: rounding errors grow with the terms of one run, not with all of them.
        builder.position_at_end(leave)
        last = {cell: write.phi((write.zeros, begin), (new[cell], loop)) for cell in cells}
        builder.cbranch(add, join, done)
        builder.position_at_end(join)
        joint = {cell: builder.fadd(last[cell], write.load(places[cell])) for cell in cells}
        builder.branch(done)
        builder.position_at_end(done)
        results = {cell: write.phi((last[cell], leave), (joint[cell], join)) for cell in cells}
        for cell in cells:
            write.store(results[cell], places[cell])
        return context.get_dummy_value()

    return intrinsic(signature)


# Products of any size ---------------------------------------------------------------------------------------

# The heights of tiles by their width: as many sums as there are registers, and less for what is left over.
# Tiles of four vectors would have two rows in 16 registers: 8 sums, which is just as many as a core has under
# way, and leaves nothing to do while a number comes from further away. (5 x 5 taps, 64 -> 128 channels, one
# core with AVX2: 301 -> 170 ms without them.)
#
# Where there are 16 registers a tile of one or two rows takes as long as one of four: each multiplication
# waits for the one before. So 8 rows are 4 + 4, not 6 + 2, and none but two alone end in several tiles of one
# row. (32 x 64 by 64 x 16: 0.91 -> 0.97 of a core's rate, 8 rows 0.65 -> 0.93.)
if MANY_REGISTERS:
    HEIGHTS = {4: (6, 3, 2, 1), 3: (8, 4, 2, 1), 2: (8, 4, 2, 1), 1: (8, 4, 2, 1)}
else:
    HEIGHTS = {3: (4, 3, 2, 1), 2: (6, 4, 3, 1), 1: (8, 4, 2, 1)}

NOT_TALL = {} if MANY_REGISTERS else {3: (5, 6), 2: (7, 8)}
"""By width, the rows (from, to) that are a tile of the second height and another, and not a tall one and one
that is too low.
"""


def _column(width: int) -> Any:
    """A function for a column of tiles of this width, as high as A has rows."""
    tall, middle, low, _ = HEIGHTS[width]
    tile_tall, tile_middle, tile_low, tile_one = (tile(height, width) for height in HEIGHTS[width])
    begin, end = NOT_TALL.get(width, (0, 0))

    def column(height, a, rows, along, b, b_start, across, beside, count, c, c_start, pitch, add):
        i = 0
        while i < height:
            place = c_start + i * pitch
            left = height - i
            if left >= tall and not begin <= left <= end:
                tile_tall(a, rows, i, along, b, b_start, across, beside, count, c, place, pitch, add)
                i += tall
            elif left >= middle:
                tile_middle(a, rows, i, along, b, b_start, across, beside, count, c, place, pitch, add)
                i += middle
            elif left >= low:
                tile_low(a, rows, i, along, b, b_start, across, beside, count, c, place, pitch, add)
                i += low
            else:
                tile_one(a, rows, i, along, b, b_start, across, beside, count, c, place, pitch, add)
                i += 1

    # A name of its own: numba's names for compiled functions have a number that begins anew in each process,
    # so that loops from the cache, compiled in different processes, would call each other's columns.
    column.__name__ = column.__qualname__ = f"column_{width}"
    return inner(column)


COLUMNS = {width: _column(width) for width in HEIGHTS}
_three, _two, _one = COLUMNS[3], COLUMNS[2], COLUMNS[1]
_four = COLUMNS.get(4, _three)  # the compiler wants a function where none is called, too


@inner
def _width_at(j, vectors):
    """How wide the column of tiles is that begins at vector j."""
    if MANY_REGISTERS and vectors % 4 == 0:
        return 4
    left = vectors - j
    return 2 if left == 4 else min(3, left)


def _product(height, vectors, a, rows, along, b, across, beside, count, c, pitch, add):
    lanes = lanes_of(a)
    before = flush(True)
    j = 0
    while j < vectors:
        width, start, place = _width_at(j, vectors), j * beside, j * lanes
        if width == 4:
            _four(height, a, rows, along, b, start, across, beside, count, c, place, pitch, add != 0)
        elif width == 3:
            _three(height, a, rows, along, b, start, across, beside, count, c, place, pitch, add != 0)
        elif width == 2:
            _two(height, a, rows, along, b, start, across, beside, count, c, place, pitch, add != 0)
        else:
            _one(height, a, rows, along, b, start, across, beside, count, c, place, pitch, add != 0)
        j += width
    restore(before)


ARGUMENTS = "iixttxtiixii"

product_of = apart(ARGUMENTS, _product)
"""The address of the microkernel for a dtype, with which `product` is called."""


_call = jump(ARGUMENTS)

# Panels -----------------------------------------------------------------------------------------------------

ROWS_WORTH_A_COPY = 128
"""Rows of A from which on each column of B is copied first, its terms one beside the other. Read in place,
where they lie far apart, they crowd each other out of the first cache and take a page each. (512 x 512 by
512 x 512 on one core with AVX2: 0.65 of the time; 128 x 784 by 784 x 256: 0.89.)"""

ROWS_IF_AWKWARD = 32
"""The same where the first two terms of B lie an `AWKWARD` number of bytes apart, as in a matrix all do. (8
images of 14 x 14, 256 -> 256 channels, 1 x 1: 0.9 of the time.)"""

AWKWARD = 256
"""Bytes: of rows that are so far apart, or a multiple, only every fourth set of the first cache can hold a
part."""

FEW_VECTORS = 4
"""Rows of so many lie close to each other as they are."""


def _stack(size: int) -> Any:
    """The function that gives ``size`` bytes of the stack, as a pointer like the one it is called with."""

    def bytes_of_the_stack(context, like):
        def generate(context, builder, signature, arguments):
            place = cgutils.alloca_once(builder, ir.IntType(8), size)  # an array's type would be filled
            place.align = VECTOR
            return builder.bitcast(place, context.get_value_type(signature.return_type))

        return like(like), generate

    return intrinsic(bytes_of_the_stack)


def _take(context, b, across, count, vectors, panel, steps):
    """Copy so many vectors for each term of B, one beside the other, and note their places in ``steps``."""

    def generate(context, builder, signature, arguments):
        b, across, count, vectors, panel, steps = arguments
        write = Writer(context, builder, signature.args[0].dtype)
        row = builder.mul(vectors, INDEX(write.lanes))
        with cgutils.for_range_slice(builder, INDEX(0), count, INDEX(1)) as (k, _):
            there, place = write.at(b, builder.load(write.at(across, k))), builder.mul(k, row)
            builder.store(place, write.at(steps, k))
            here = write.at(panel, place)
            with cgutils.for_range_slice(builder, INDEX(0), row, INDEX(write.lanes)) as (j, _):
                write.store(write.load(write.at(there, j)), write.at(here, j))
        return context.get_dummy_value()

    return types.void(b, across, PLACE, PLACE, panel, steps), generate


WIDEST = max(HEIGHTS)  # vectors of a tile
panel_of, steps_of = _stack(CHUNK * WIDEST * VECTOR), _stack(CHUNK * 8)
take: Any = intrinsic(_take)


def _by_panels(function, height, vectors, a, rows, along, b, across, beside, count, c, pitch, add):
    lanes = lanes_of(a)
    panel, steps = panel_of(a), steps_of(rows)
    j = 0
    while j < vectors:
        width = _width_at(j, vectors)
        take(at(b, j * beside), across, count, width, panel, steps)
        _call(
            function,
            (height, width, a, rows, along, panel, steps, lanes, count, at(c, j * lanes), pitch, add),
        )
        j += width


by_panels_of = apart("i" + ARGUMENTS, _by_panels)
"""The address of the microkernel that copies columns of B first, which lies in rows; it is given that of the
plain one."""

_call_by_panels = jump("i" + ARGUMENTS)


@inner
def thirds(row):
    """Three tables of places, of the same length: a thread's `rooms` for them is one row."""
    n = row.size // 3
    return row[:n], row[n : 2 * n], row[2 * n : 3 * n]


@inner
def product(routines, height, vectors, a, b, count, c, add):
    """C (``height`` rows, ``vectors`` wide) from A and B, tile by tile.

    ``a`` is a `Left`, ``b`` a `Right`, ``c`` the `Sums`; each sum has ``count`` terms, at most `CHUNK`
    (nothing checks that, and a copy has room for no more), and is added to what C holds if ``add``. Subnormal
    numbers count as 0: 351 -> 3.3 ms for a convolution's gradients that are.
    """
    arguments = (
        height, vectors, at(a.array, a.start), at(a.rows, 0), at(a.along, 0), at(b.array, b.start),
        at(b.across, 0), b.beside, count, at(c.array, c.start), c.pitch, add,
    )  # fmt: skip
    lanes = lanes_of(b.array)
    numbers = AWKWARD * lanes // VECTOR
    awkward = count > 1 and (b.across[1] - b.across[0]) % numbers == 0
    in_rows = b.beside == lanes
    if in_rows and vectors > FEW_VECTORS and height >= (ROWS_IF_AWKWARD if awkward else ROWS_WORTH_A_COPY):
        _call_by_panels(routines.by_panels, (routines.product, *arguments))
    else:
        _call(routines.product, arguments)
