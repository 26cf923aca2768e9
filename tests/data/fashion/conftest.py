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
