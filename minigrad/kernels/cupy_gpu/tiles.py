"""How a product is cut into tiles, one for each block, and its sums into parts."""

import functools
from typing import NamedTuple

from minigrad.kernels import precision

PROCESSORS = 132  # of a large card; fewer only mean more waves, of any tile alike
FLOPS = 1.6e12  # float operations a second of one multiprocessor, in the best tile
BYTES = 3e12  # bytes a second of the card's memory
LAUNCH = 3e-6  # seconds that one more kernel takes
COLUMNS = 128  # of every tile: TILE_N
WARPGROUP_ROWS = 64  # what four warps together multiply at least


class Tile(NamedTuple):
    """The rows that one block computes, and how many of its warps stand one over the other."""

    m: int
    warps_m: int


TILES = (Tile(128, 2), Tile(64, 2), Tile(32, 1), Tile(16, 1))
SPLITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


class Kernel(NamedTuple):
    """What the estimate knows of a kernel: fitted to its times on an H200, 16 layers, up to 21 plans each."""

    slice_length: int
    efficiency: tuple[float, ...]  # of each tile: a small one waits for more memory for each product
    alone: float  # how much longer a block takes that has its multiprocessor for itself, per block


GATHER = Kernel(16, (1.0, 0.7, 0.5, 0.2), 1.5)
WEIGHT_GRAD = Kernel(32, (1.0, 0.85, 0.6, 0.35), 1.3)
WEIGHT_GRAD_TOGETHER = Kernel(32, (2.2, 1.98, 1.32, 0.66), 1.7)  # where four warps multiply together


class Plan(NamedTuple):
    """The tile, and in how many parts the sums are added up."""

    tile: Tile
    splits: int
    across: int  # tiles side by side
    down: int

    def defines(self, alike: bool) -> tuple[tuple[str, int], ...]:
        """What conv_gather.cu and conv_weight_grad.cu are compiled with, both."""
        return (
            ("TILE_M", self.tile.m),
            ("TILE_N", COLUMNS),
            ("WARPS_M", self.tile.warps_m),
            ("PASSES", 3 if precision.conv == "highest" else 1),
            ("ALIKE", int(alike)),
        )


@functools.lru_cache(1024)
def plan(rows: int, columns: int, products: int, slices: int, kernel: Kernel) -> Plan:
    """The plan for ``products`` products of rows x columns numbers, each a sum of ``slices`` slices, that is
    estimated to be the fastest.

    Each multiprocessor computes its share of the blocks; what counts is the one with the most. With one block
    alone it waits for memory in between; with too few blocks the sums are split, which costs memory traffic.
    """
    best, least = None, float("inf")
    for tile, efficiency in zip(TILES, kernel.efficiency, strict=True):
        across, down = -(-columns // COLUMNS), -(-rows // tile.m)
        for splits in SPLITS:
            if splits > 1 and splits * 4 > slices:
                break
            each = -(-(across * down * products * splits) // PROCESSORS)
            work = each * -(-slices // splits) * 2 * tile.m * COLUMNS * kernel.slice_length
            time = work / FLOPS / efficiency * (kernel.alone if each == 1 else 1)
            if splits > 1:
                time += LAUNCH + (2 * splits + 1) * rows * columns * products * 4 / BYTES
            if time < least:
                best, least = Plan(tile, splits, across, down), time
    assert best is not None
    return best
