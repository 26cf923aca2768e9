"""Where real data lie, for those who have them: the tests that need them are skipped elsewhere."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def real() -> Path:
    """The folder that MINIGRAD_FASHION names, with fashion-product-images-small, clothing-dataset-small and
    deepfashion2/annos, or those of them that somebody has."""
    named = os.environ.get("MINIGRAD_FASHION")
    if not named:
        pytest.skip("MINIGRAD_FASHION names no folder with real photographs")
    return Path(named)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """52 training and 26 validation pictures of drawn garments, of every category. Not to be changed."""
    pytest.importorskip("PIL")
    from minigrad.data.fashion.garments import draw_garments

    return draw_garments(tmp_path_factory.mktemp("drawn"), {"train": 52, "validation": 26}, size=(96, 80))
