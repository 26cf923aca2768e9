"""Small pictures whose colours are known, in folders of classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

PIL = pytest.importorskip("PIL.Image")

Paint = Callable[..., Path]


@pytest.fixture
def paint() -> Paint:
    """``paint(path, size, colour)`` writes a picture of one colour; (width, height) as Pillow has it."""

    def write(path: Path, size: tuple[int, int] = (40, 30), colour: object = (200, 40, 90)) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        PIL.new("RGB", size, colour).save(path, quality=95)
        return path

    return write


@pytest.fixture
def classes(tmp_path: Path, paint: Paint) -> Path:
    """A folder with 4 red shoes, 3 green hats and 5 blue bags."""
    root = tmp_path / "things"
    for name, count, colour in (("shoe", 4, (220, 0, 0)), ("hat", 3, (0, 220, 0)), ("bag", 5, (0, 0, 220))):
        for i in range(count):
            paint(root / name / f"{i}.png", (20 + i, 16), colour)
    return root


def noise(path: Path, size: tuple[int, int], seed: int = 0, **options: object) -> Path:
    """A picture of noise, which does not compress: (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    PIL.fromarray(rng.integers(0, 256, (size[1], size[0], 3), np.uint8)).save(path, **options)
    return path
