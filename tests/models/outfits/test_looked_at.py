"""What a network looked at: the head on it says what it said before, and heat lies over the photograph."""

from pathlib import Path

import numpy as np

import minigrad as mg
from minigrad import train
from models.outfits.looked_at import last_maps, looked_at, over, put_head
from models.outfits.trunks import own
from models.outfits.wardrobe import Wardrobe


def test_the_head_learns_on_features_and_judges_photographs(squares: Wardrobe, tmp_path: Path) -> None:
    """Red and maroon ones are called harmonious here: the colours of the squares tell."""
    images = squares.images(tmp_path, 32).data
    trunk = own(squares, images)
    labels = np.array([int(garment.colour in ("Red", "Maroon")) for garment in squares.garments])
    features = trunk.features(images, tmp_path / "features").astype(np.float64)
    put_head(trunk, features, labels, 0)
    answers, pictures = looked_at(trunk, images)
    assert (answers == labels).mean() > 0.9
    assert pictures.shape == images.shape and pictures.dtype == np.uint8
    head = trunk.model.get_submodule(train.head_of(trunk.model))
    with mg.no_grad():
        by_hand = head(mg.tensor(features.astype(np.float32))).numpy().argmax(1)
    np.testing.assert_array_equal(by_hand, answers)
    maps = []
    last_maps(trunk).register_forward_hook(lambda module, inputs, output: maps.append(output.shape))
    trunk.model(trunk.scaled.batch(images[:1]))
    assert maps == [(1, 32, 8, 8)]


def test_heat_is_hot_and_the_rest_is_cold() -> None:
    heat = np.zeros((4, 4), np.float32)
    heat[:2, :2] = 1
    picture = over(np.full((16, 16, 3), 128, np.uint8), heat).astype(int)
    assert picture[2, 2, 0] > picture[2, 2, 2] and picture[13, 13, 2] > picture[13, 13, 0]
