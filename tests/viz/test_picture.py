"""A picture has the format and the colours that are asked for, and leaves matplotlib's settings alone."""

import os
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from minigrad.viz import DARK, LIGHT, Picture, Theme, lines

HEADS = {"svg": b"<?xml", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF"}


def draw(theme: Theme) -> Figure:
    figure = Figure(figsize=(1, 1))
    figure.subplots().set_title("a title")
    return figure


PICTURE = Picture(draw, "nothing")


def test_a_picture_that_cannot_be_written_leaves_the_former(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "picture.svg"
    PICTURE.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match=r"picture\.svg' cannot be written .*Make room on the disk"):
        PICTURE.save(path, DARK)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["picture.svg"]


@pytest.mark.parametrize("format", HEADS)
def test_formats(format: str, tmp_path: Path) -> None:
    PICTURE.save(tmp_path / f"picture.{format}")
    content = (tmp_path / f"picture.{format}").read_bytes()
    assert content.startswith(HEADS[format])
    assert content == PICTURE.render(format=format)  # the same picture is the same file


def test_it_says_in_words_what_it_shows(tmp_path: Path) -> None:
    picture = Picture(draw, "a curve: Fréchet's < 2 → 1")
    picture.save(tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as image:
        assert image.info["Description"] == picture.alt
    told = ElementTree.fromstring(picture.render(format="svg")).iter(
        "{http://purl.org/dc/elements/1.1/}description"
    )
    assert [element.text for element in told] == [picture.alt]


def test_a_notebook_shows_it() -> None:
    assert PICTURE._repr_png_().startswith(HEADS["png"])


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_colours_are_the_themes(theme: Theme) -> None:
    figure = PICTURE.figure(theme)
    assert figure.get_facecolor()[:3] == pytest.approx(to_rgb(theme.paper))
    (axes,) = figure.axes
    assert axes.title.get_color() == theme.ink


def test_the_settings_of_matplotlib_stay() -> None:
    before = dict(mpl.rcParams)
    PICTURE.render(DARK)
    assert dict(mpl.rcParams) == before


def luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(("name", "least"), [("ink", 7), ("muted", 4.5), ("first", 4.5), ("second", 4.5)])
def test_contrast_is_that_of_the_web_guidelines(theme: Theme, name: str, least: float) -> None:
    """WCAG 2: (lighter + 0.05) / (darker + 0.05), at least 4.5 for text, 7 for much of it."""
    dark, light = sorted((luminance(theme.paper), luminance(getattr(theme, name))))
    assert (light + 0.05) / (dark + 0.05) >= least


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*no'\. Make it first"):
        lines({"a": ([0, 1], [0, 1])}).save(tmp_path / "no" / "a.svg")
