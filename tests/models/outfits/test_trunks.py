"""Trunks: batch norm that was folded gets statistics again, and the function stays what it was."""

from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.errors import DataError
from models.outfits.trunks import is_folded, norms, own, pretrained, unfold
from models.outfits.wardrobe import Wardrobe


def folded() -> nn.Sequential:
    """Batch norm as it is left when it was folded into the convolutions: y = x + b."""
    mg.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.BatchNorm2d(4)
    )
    with mg.no_grad():
        for layer in norms(model):
            layer.bias.copy_(mg.randn(layer.num_features))
    return model.eval()


def test_the_function_stays_and_statistics_are_those_of_the_images() -> None:
    model = folded()
    x = 3 + 2 * mg.randn(12, 3, 9, 9)
    with mg.no_grad():
        before = model(x).numpy()
        inner = model[0](x).numpy()
        assert is_folded(model)
        unfold(model, [x[:4], x[4:8], x[8:]])
        np.testing.assert_allclose(model(x).numpy(), before, rtol=1e-4, atol=1e-4)
    assert not is_folded(model)
    np.testing.assert_allclose(model[1].running_mean.numpy(), inner.mean((0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(model[1].running_var.numpy(), inner.var((0, 2, 3)), rtol=1e-4)


def test_training_mode_then_keeps_the_scale_of_the_maps() -> None:
    """On all of the images at once the batch's statistics are the images': training does what evaluation
    does. Folded, it gave every map another scale.
    """
    x = 3 + 2 * mg.randn(12, 3, 9, 9)
    model, as_found = folded(), folded()
    unfold(model, [x])
    with mg.no_grad():
        expected = folded()(x).numpy()
        np.testing.assert_allclose(model.train()(x).numpy(), expected, rtol=1e-3, atol=1e-3)
        assert np.abs(as_found.train()(x).numpy() - expected).max() > 0.5


def test_our_own_learns_the_kinds(squares: Wardrobe, tmp_path: Path) -> None:
    """Tops and bottoms of the test's squares differ in colour alone: more than chance is enough."""
    images = squares.images(tmp_path, 32).data
    trunk = own(squares, images)
    with mg.no_grad():
        named = trunk.model(trunk.scaled.batch(images)).numpy().argmax(1)
    kinds = np.array([garment.kind == "top" for garment in squares.garments])
    assert (named == kinds).mean() > 0.8
    assert trunk.features(images, tmp_path / "features").shape == (60, 128)


def test_a_folder_without_weights_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no resnet18.safetensors or resnet18.pth"):
        pretrained("resnet18", tmp_path)
