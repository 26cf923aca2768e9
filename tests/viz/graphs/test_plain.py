"""A picture without Graphviz says what Graphviz' picture says, and a page can step through it."""

import importlib.util
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import minigrad as mg
from minigrad import nn
from minigrad.course.examples.batch import of_three
from minigrad.course.examples.two_paths import two_paths
from minigrad.viz import DARK, Graph, graph
from minigrad.viz.graphs import plain, render
from minigrad.viz.graphs.colours import Colours
from tests.viz.graphs.test_render import SVG


@pytest.fixture
def without_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(
        render.importlib.util, "find_spec", lambda name: None if name == "pygraphviz" else found(name)
    )


def network() -> Graph:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    return graph(model(mg.ones(1, 2)).sum() / 2, backward=True)


def words(svg: str) -> str:
    """All letters of a picture's boxes, in an order of their own."""
    root = ElementTree.fromstring(svg)
    boxes = [group for group in root.iter(f"{SVG}g") if group.get("data-box")]
    said = ["".join(text.itertext()) for group in boxes for text in group.iter(f"{SVG}text")]
    return "".join(sorted("".join(said).replace("\xa0", "").replace(" ", "")))


@pytest.mark.parametrize(
    "picture", [lambda: two_paths.picture(step=2), of_three.picture], ids=["step", "arrays"]
)
def test_boxes_say_the_same(picture: Any, request: pytest.FixtureRequest) -> None:
    by_graphviz = words(picture().svg)
    request.getfixturevalue("without_graphviz")
    assert words(picture().svg) == by_graphviz


def test_the_picture_of_a_step(without_graphviz: None) -> None:
    """Dashed is what waits, orange the one just done; gradients that have come back turn their arrows."""
    picture = two_paths.picture(step=2)
    root = ElementTree.fromstring(picture.svg)
    colours = Colours.of(DARK)
    boxes = {group.get("data-box"): group for group in root.iter(f"{SVG}g")}
    looks = {key: group.find(f"{SVG}path") for key, group in boxes.items()}
    dashed = [key for key, look in looks.items() if look is not None and "stroke-dasharray" in look.attrib]
    assert [picture.description.boxes[key or ""].name for key in dashed] == ["x"]
    arrows = [path for path in root.findall(f"{SVG}path") if path.get("fill") == "none"]
    gradient = looks[picture.description.box("y").key].get("stroke")
    assert [arrow.get("stroke") == gradient for arrow in arrows] == [
        arrow.carried for arrow in picture.description.arrows
    ]
    assert "prefers-color-scheme: dark" in picture.svg and colours.gradient in picture.svg
    assert root.get("role") == "img" and "Computation graph of z" in picture.svg


def test_modules_are_named_in_their_boxes(without_graphviz: None) -> None:
    assert len(re.findall(r">0: Linear<", network().svg)) == 3  # weight, bias, operation


def test_words_stand_in_their_boxes() -> None:
    for picture in (network(), two_paths.picture(), of_three.picture()):
        drawing = plain.draw(picture.description, Colours.of(DARK), right=False, precision=4)
        for outline in drawing.outlines:
            (left, top), (width, height) = outline.corner, outline.size
            assert left > 0 and left + width < drawing.width and top > 0 and top + height < drawing.height
            for line in outline.lines:
                begin = line.x - line.width / 2 if line.middle else line.x
                assert left < begin and begin + line.width < left + width
                assert top < line.y - 0.7 * line.height and line.y + 0.2 * line.height < top + height


def test_a_png_is_painted_in_the_same_colours(without_graphviz: None) -> None:
    picture = two_paths.picture(step=2)
    pixels = np.asarray(Image.open(BytesIO(picture.render(DARK, "png"))).convert("RGB")).astype(int)
    seen = {f"#{colour:06x}" for colour in np.unique(pixels @ [1 << 16, 1 << 8, 1])}
    colours = Colours.of(DARK)
    assert {colours.paper, colours.operation, colours.parameter, colours.current, colours.gradient} <= seen


def test_steady_pictures_have_boxes_of_one_size(without_graphviz: None) -> None:
    x = mg.tensor(2.0, requires_grad=True)
    y = x * 3 + x
    pictures = [graph(y, step=step, steady=True) for step in range(3)]
    sizes = {re.search(r'viewBox="([^"]*)"', picture.svg)[1] for picture in pictures}  # type: ignore[index]
    assert len(sizes) == 1


def test_a_large_graph_says_what_to_install(without_graphviz: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MOST", 2)
    missing = r"no program `dot` is on PATH; pygraphviz is not installed\. Install one"
    with pytest.raises(RuntimeError, match=missing):
        two_paths.picture().save("graph.svg")


def test_a_scrubber_can_be_written(without_graphviz: None, tmp_path: Path) -> None:
    page = two_paths.scrub(tmp_path / "page.html").read_text("utf-8")
    assert page.count("data-box=") >= 4 and plain.NOTE in page
