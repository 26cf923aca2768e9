"""Garments cut out along their outlines."""

from pathlib import Path

import numpy as np
import pytest

from minigrad.data import fashion
from minigrad.data.fashion.garments import draw_garments
from models.lookbook import cutouts


def test_what_is_outside_of_the_outline_is_white() -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    image[10:30, 20:40] = (200, 0, 0)
    outline = np.array([[20, 10], [40, 10], [40, 30], [20, 30]], float)
    square = np.asarray(cutouts.cut_out(image, [outline], (15, 10, 45, 30)))
    assert square.shape == (33, 33, 3)  # 30, and a margin
    np.testing.assert_array_equal(square[16, 16], (200, 0, 0))
    np.testing.assert_array_equal(square[16, 3], (255, 255, 255))  # in the box, not in the outline
    red = (square[..., 1] < 128).sum()
    assert abs(red - 400) <= 40


def test_the_synthetic_garments_are_cut_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = draw_garments(tmp_path / "drawn", {"train": 40}, 3)
    whole = fashion.DeepFashion2(root)
    monkeypatch.setattr(cutouts, "DeepFashion2", lambda split, drawn: whole)
    found = cutouts.synthetic_garments(tmp_path / "cut", "train")
    expected = [item.category_name for item in whole.records if cutouts.is_whole(item)]
    assert found.classes == sorted(whole.classes) and len(expected) > 10
    assert sorted(found.classes[label] for label in found.targets) == sorted(expected)
    for image, _ in found:
        assert image.shape[0] == image.shape[1]
        corners = image[[0, 0, -1, -1], [0, -1, 0, -1]]
        np.testing.assert_array_equal(corners, 255)
        assert (image.min(2) < 245).mean() > 0.02
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cut").rglob("*.png")}
    cutouts.synthetic_garments(tmp_path / "cut", "train")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cut").rglob("*.png")} == before
    assert "cutting garments out of 40 synthetic pictures" in capsys.readouterr().err
