"""Which convolutions winograd.py computes, and how it cuts up their kernels and images."""

from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from minigrad.kernels import precision
from minigrad.kernels.numba_cpu.geometry import Axis
from minigrad.kernels.reference.arrays import Array

SIDES = {3: (4, 6), 2: (4, 5)}
"""The forms there are: by the side r of the kernel, the sides of a tile of the image. One of side s has s * s
products, and s + 1 - r results on a side."""

BLOCK = 512 * 1024
"""Bytes of the products' factors and results in a block. (From 64 KiB to 1 MiB, the time is the same.)"""

LEAST_TILES = 24
"""In a block: fewer do not pay for reading the factors of the kernel."""

LEAST_OF_MANY = 96
"""The same with some 200 channels or more on both sides: their factors are read from further away (512
channels, 8 images of 7 x 7, one core with AVX2: 62 -> 37 ms)."""

FEW_TILES = 128
"""Tiles of an image, for each thread: see `makes_own_factors`."""

SECOND_CACHE = 1024 * 1024
"""Bytes of a core's."""

LONGEST_ROW = 2 * SECOND_CACHE
"""Bytes of a row of factors. (Of 1.6 MB, 8 images of 14 x 14, 256 -> 256 channels, 3 x 3: 0.87 of the time
where cores have no third cache in common, 0.98 where they have; of 4.2 MB: 0.95 to 1.2.)"""

LEAST = 64
"""Tiles in all: fewer do not pay for making the factors of the kernel."""

MOST_PIECES = 9
"""Of a kernel whose gradient is wanted: the products of more no longer fit into the second cache."""

LEAST_CHANNELS = 16
"""Vectors are of channels."""


class Plan(NamedTuple):
    """A convolution as one of pieces of its kernel, r by r each, in the tables that compiled loops read.

    Tiles have ``side * side`` products and ``m * m`` results. The last tiles of a column or of a row may be
    short: they have m - 1 results, begin where the one before ends, and need no product at infinity.

    Each residue of the results (see geometry.py) has its pieces, whose results are added up. A piece is
    (tap, down, right, row, column): the place of its first tap among the residue's, how far from there the
    next tap down and to the right are, and which pixel its first tap meets at the first result.
    """

    r: int
    side: int
    m: int
    form: int  # see winograd_tiles.py
    taps: int  # of each residue
    pieces: Array  # (residues, pieces, 5)
    top: int  # the first row and column that are met
    left: int
    reach_h: int  # how far from there the last piece's first tap is
    reach_w: int
    count_h: int  # results of a residue
    count_w: int
    tiles_h: int  # down and across an image, or a residue of it
    tiles_w: int
    long_h: int  # of which so many have m results, and the others m - 1
    long_w: int
    step_h: int  # pixels from one result's to the next one's
    step_w: int
    stride_h: int  # from one result to the next in its residue, and where each residue begins
    stride_w: int
    shifts_h: Array
    shifts_w: Array


class Tiling(NamedTuple):
    """How results along an axis are cut into tiles, as few as can be: first the long ones, then the short."""

    tiles: int
    long: int

    def products(self, side: int) -> int:
        return self.long * side + (self.tiles - self.long) * (side - 1)


def tiling(count: int, m: int) -> Tiling:
    """7 results are 4 + 3, 14 are 4 + 4 + 3 + 3."""
    tiles = -(-count // m)
    return Tiling(tiles, max(0, count - tiles * (m - 1)))


class Part(NamedTuple):
    """A piece along one axis: the place of its first tap among the residue's, from each tap to the next, and
    which pixel the first one meets.
    """

    tap: int
    step: int
    pixel: int


def _parts(axis: Axis) -> tuple[int, list[list[Part]]] | None:
    """The side r, and for each residue its parts: r taps that read neighbours. None if they are not alike."""
    sides, residues = set(), []
    for taps in axis.taps:
        parts = []
        for phase, origin in enumerate(axis.origins):
            found = sorted((distance, i) for i, (_, p, distance) in enumerate(taps) if p == phase)
            if not found:
                return None
            (first, tap), side = found[0], len(found)
            step = found[1][1] - tap if side > 1 else 0
            if found != [(first + n, tap + n * step) for n in range(side)]:
                return None
            sides.add(side)
            parts.append(Part(tap, step, origin + axis.step * first))
        residues.append(parts)
    return (sides.pop(), residues) if len(sides) == 1 else None


@lru_cache(maxsize=256)
def plan(high: Axis, wide: Axis, images: int) -> Plan | None:
    """The plan of a convolution along these axes, with the side that needs the fewest products; or None: its
    kernel is not of the kind, or there are too few tiles.
    """
    down, right = _parts(high), _parts(wide)
    if down is None or right is None or down[0] != right[0] or down[0] not in SIDES:
        return None
    across = len(wide.taps[0])
    pieces = np.array(
        [
            [
                (v.tap * across + h.tap, v.step * across, h.step, v.pixel, h.pixel)
                for v, h in product(vertical, horizontal)
            ]
            for vertical, horizontal in product(down[1], right[1])
        ]
    )
    r = down[0]
    tilings = {
        side: (tiling(high.positions, side + 1 - r), tiling(wide.positions, side + 1 - r))
        for side in SIDES[r]
    }
    products = {
        side: vertical.products(side) * horizontal.products(side)
        for side, (vertical, horizontal) in tilings.items()
        if images * vertical.tiles * horizontal.tiles >= LEAST
    }
    if not products:
        return None
    side = min(products, key=lambda side: products[side])
    vertical, horizontal = tilings[side]
    top, left = pieces[..., 3].min(), pieces[..., 4].min()
    return Plan(
        r, side, side + 1 - r, 10 * side + r, len(high.taps[0]) * across, pieces,
        int(top), int(left), int(pieces[..., 3].max() - top), int(pieces[..., 4].max() - left),
        high.positions, wide.positions, vertical.tiles, horizontal.tiles, vertical.long, horizontal.long,
        high.step, wide.step, high.stride, wide.stride,
        np.array(high.shifts), np.array(wide.shifts),
    )  # fmt: skip


def extent(m: int, tiles: int, long: int) -> int:
    """The results of the first ``tiles``, of which so many are long, or fewer."""
    return m * tiles - max(0, tiles - long)


class Cut(NamedTuple):
    """How images are cut into blocks of whole rows of tiles: some small images together, or bands of one."""

    images: int  # in a block
    lines: int  # rows of tiles in a band
    wide: int  # tiles in a row
    bands: int  # in an image
    down: int  # results of a band, or more
    right: int  # and of a row
    rows: int  # of pixels in the buffer
    columns: int
    own_factors: bool = False  # see `makes_own_factors`


def cut(g: Plan, images: int, channels: int, outputs: int, itemsize: int, parts: int) -> Cut:
    """Blocks of whose products, with few channels, a core's second cache has room for; ``parts`` of them or
    more, if there are as many images or rows of tiles.
    """
    m, lines, wide = g.m, g.tiles_h, g.tiles_w
    least = max(LEAST_TILES, min(LEAST_OF_MANY, (channels + outputs) // 4, images * lines * wide // parts))
    tiles = max(least, BLOCK // (g.side * g.side * itemsize * (channels + outputs)))
    band = max(1, min(lines, tiles // wide))
    bands = -(-lines // band)
    if images < parts:  # then the bands are shared
        bands = min(lines, -(-bands // parts) * parts)
    band = -(-lines // bands)
    bands = -(-lines // band)
    together = 1
    if bands == 1:
        share = max(1, images // parts)
        blocks = -(-share // max(1, tiles // (band * wide)))
        together = -(-share // blocks)  # 32 images are 16 and 16, not 24 and 8
    down = extent(m, lines, g.long_h) if bands == 1 else m * band
    right = extent(m, wide, g.long_w)
    rows = g.step_h * (down + g.r - 2) + g.reach_h + 1
    columns = g.step_w * (right + g.r - 2) + g.reach_w + 1
    return Cut(together, band, wide, bands, down, right, rows, columns)


def makes_own_factors(g: Plan, images: int, channels: int, outputs: int, itemsize: int, threads: int) -> bool:
    """Whether each thread makes the factors of the kernel for itself, a row of products at a time, and not
    all threads together all of them.

    Each block makes them anew, so this is for few tiles. But a row stays in or near the second cache, and
    none comes over from another core, which takes long where two cores have no third cache in common, as they
    may in a rented machine. (64 images, 14 x 14 -> 7 x 7, 64 -> 128 channels, 4 x 4, on two cores: 1.03 of
    the time where they have, and 0.85 where they have not.)
    """
    row = g.side * g.pieces.shape[1] * channels * outputs * itemsize
    every = row * g.side * len(g.pieces)
    few = images * g.tiles_h * g.tiles_w <= FEW_TILES * threads
    return few and every > SECOND_CACHE and row < LONGEST_ROW


def suits(
    g: Plan | None,
    channels: int,
    outputs: int,
    groups: int,
    dtype: Any,
    *,
    weights: bool,
    in_vain: float = 1.0,
) -> TypeGuard[Plan]:
    """Whether it is faster so: for results and the input's gradient or, with ``weights``, for the weights'
    gradient, which transforms dy, too, and adds up the threads' sums. ``in_vain`` is how many times as many
    taps the kernel has as it had before zeros were put around it.
    """
    # float64 is for those who check a derivative: they get the plain sums.
    if g is None or groups > 1 or dtype != np.float32 or min(channels, outputs) < LEAST_CHANNELS:
        return False
    if precision.conv == "highest":
        return False
    if in_vain > 1:
        # What the zeros cost is the transforms, which short tiles do not spare. (64 images of 5 x 5, 64 -> 64
        # channels, 5 x 5, stride 2, weights: 1.3 times the plain sums' time.)
        taken = g.side * g.side * g.tiles_h * g.tiles_w
    else:
        taken = Tiling(g.tiles_h, g.long_h).products(g.side) * Tiling(g.tiles_w, g.long_w).products(g.side)
    products = taken / (g.r * g.r * g.count_h * g.count_w)  # of those that plain sums take
    if weights and g.pieces.shape[1] > MOST_PIECES:
        return False
    return products * in_vain < (0.5 if in_vain > 1 else 0.6 if weights else 0.75)
