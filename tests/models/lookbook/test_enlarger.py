"""Garments are enlarged so many times, and are found by their numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from models.lookbook import enlarger
from models.lookbook.settings import Settings

SETTINGS = Settings(Path("output"), enlarger_width=8)


@pytest.mark.parametrize("scale", [2, 4])
def test_so_many_times(scale: int) -> None:
    network = enlarger.network(replace(SETTINGS, enlarge=scale))
    assert network(mg.randn(1, 3, 8, 8)).shape == (1, 3, 8 * scale, 8 * scale)


def test_with_the_full_width_it_is_the_paper_s() -> None:
    assert (
        len(enlarger.network(Settings(Path("output"), enlarge=4)).blocks) == 16 + 2
    )  # a convolution, a norm


def test_they_are_found_by_their_numbers(tmp_path: Path) -> None:
    images = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "numbers.npy", np.array([7, 0]))
    found = enlarger.read(tmp_path)
    assert list(found) == [7, 0]
    np.testing.assert_array_equal(found[0], images[1])


def test_the_sheet_has_both_ways_one_above_the_other() -> None:
    small, large = np.full((3, 4, 4, 3), 10, np.uint8), np.full((3, 8, 8, 3), 200, np.uint8)
    sheet = enlarger.compared(small, large)
    assert sheet.shape == (16, 24, 3) and (sheet[:8] == 10).all() and (sheet[8:] == 200).all()
