"""How a product is cut: into parts where there are few tiles for a card, none smaller than is worth it."""

import pytest

from minigrad.kernels.cupy_gpu.tiles import (
    COLUMNS,
    GATHER,
    PROCESSORS,
    WEIGHT_GRAD,
    WEIGHT_GRAD_TOGETHER,
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
