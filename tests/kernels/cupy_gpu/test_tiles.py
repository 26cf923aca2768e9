"""How a product is cut: into parts where there are few tiles for a card, none smaller than is worth it."""

import pytest

from minigrad.kernels.cupy_gpu.tiles import (
    COLUMNS,
    GATHER,
    PROCESSORS,
    WEIGHT_GRAD,
    WEIGHT_GRAD_TOGETHER,
    Plan,
    Tile,
    plan,
)

kernels = pytest.mark.parametrize("kernel", [GATHER, WEIGHT_GRAD, WEIGHT_GRAD_TOGETHER])


@kernels
@pytest.mark.parametrize(("rows", "columns", "products"), [(128, COLUMNS, 1), (16, 300, 2), (500, 500, 1)])
def test_the_tiles_cover_the_product(kernel, rows, columns, products):
    cut = plan(rows, columns, products, 100, kernel)
    assert (cut.across - 1) * COLUMNS < columns <= cut.across * COLUMNS
    assert (cut.down - 1) * cut.tile.m < rows <= cut.down * cut.tile.m


@kernels
def test_long_sums_are_split_where_there_are_few_tiles(kernel):
    one, many = (plan(128, COLUMNS, products, 1000, kernel) for products in (1, 2 * PROCESSORS))
    assert one.splits > 8  # with one tile all multiprocessors but one would wait
    assert many.splits == 1


@kernels
def test_a_part_of_a_sum_is_of_four_slices_at_least(kernel):
    for slices in range(1, 100):
        splits = plan(128, COLUMNS, 1, slices, kernel).splits
        assert splits == 1 or splits * 4 <= slices


def test_an_estimate_by_hand_where_the_sum_is_split():
    """128 x 128 numbers, each a sum of 64 slices of 16: in 16 parts of 4 slices a block of 32 rows takes
    4 * 2 * 32 * 128 * 16 / 1.6e12 s / 0.5 * 1.5 = 0.98 us, the second launch 3 us, and memory
    (2 * 16 + 1) * 128 * 128 * 4 / 3e12 s = 0.72 us: 4.70 us. Whole it would be 31.5 / 4 / 0.5 = 15.7 us, in
    12 parts 5.02, with 16 rows 0.16 / 0.2 * 1.5 + 3.72 = 4.95, with 64 rows 0.66 / 0.7 * 1.5 + 3.72 = 5.13.
    """
    assert plan(128, 128, 1, 64, GATHER) == Plan(Tile(32, 1), splits=16, across=1, down=4)


def test_an_estimate_by_hand_where_it_is_not():
    """256 x 256 numbers, each a sum of 16 slices of 32: a block of 16 rows takes
    16 * 2 * 16 * 128 * 32 / 1.6e12 s / 0.35 * 1.3 = 4.87 us. In 4 parts 4.87 / 4 us and 3 us and
    9 * 256 * 256 * 4 / 3e12 s = 0.79 us: 5.00 us; with 32 rows, in 4 parts, 1.42 + 3.79 = 5.21 us.
    """
    assert plan(256, 256, 1, 16, WEIGHT_GRAD) == Plan(Tile(16, 1), splits=1, across=2, down=16)
