"""The scrubber's page in a browser: keys, mouse, a narrow screen, for those who do not see it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from minigrad.course.examples.convolution import slides_pooled
from minigrad.course.examples.network import zeros
from minigrad.course.examples.two_paths import two_paths
from tests.viz.scrubbing.pages import record
from tests.viz.scrubbing.test_training import three_pictures

if TYPE_CHECKING:
    from playwright.sync_api import Page

TELEPHONE = {"width": 360, "height": 740}


@pytest.fixture
def path(page: "Page", tmp_path: Path) -> Path:
    """The page of an example of lesson 3, open on a telephone."""
    path = two_paths.scrub(tmp_path / "page.html")
    page.set_viewport_size(TELEPHONE)
    page.goto(path.as_uri())
    return path


def test_keys_buttons_slider_and_list_lead_to_the_steps(page: "Page", path: Path) -> None:
    steps = record(path)["steps"]

    def shows(number: int) -> None:
        step = steps[number]
        assert page.locator("#title").inner_text() == step["title"]
        assert page.locator("#said").inner_text() == step["text"]
        assert page.locator("#slider").input_value() == str(number)
        current = page.locator("#graph .current").evaluate_all("found => found.map(e => e.dataset.box)")
        assert current == ([] if step["box"] is None else [step["box"]])

    shows(0)
    for number in range(1, len(steps)):
        page.keyboard.press("ArrowRight")
        shows(number)
    page.keyboard.press("ArrowRight")
    shows(len(steps) - 1)
    for number in reversed(range(len(steps) - 1)):
        page.keyboard.press("ArrowLeft")
        shows(number)
    page.keyboard.press("End")
    shows(len(steps) - 1)
    page.locator("#first").click()
    page.locator("#next").click()
    shows(1)
    page.locator("#slider").focus()
    page.keyboard.press("ArrowRight")
    shows(2)
    page.locator("#turn").click()
    shows(4)
    page.locator("#order button").nth(1).click()
    shows(6)
    page.locator('#graph [data-box="op0"]').last.click()
    shows(7)


def test_the_sum_stands_there(page: "Page", path: Path) -> None:
    """By hand: 3 x 3 = 9 comes to a after 6 x 1 = 6, which makes 15."""
    page.keyboard.press("End")
    numbers = page.locator("#arrays .number").all_inner_texts()
    assert numbers == ["3", "3", "9", "6", "9", "15"]
    assert page.locator("#gradients .number").all_inner_texts() == ["15"]


def test_forward_alone_ends_with_the_result(page: "Page", tmp_path: Path) -> None:
    """By hand: the greatest number in each window of 3 x 3."""
    path = slides_pooled.scrub(tmp_path / "page.html")
    page.goto(path.as_uri())
    page.keyboard.press("End")
    last = len(record(path)["steps"]) - 1
    assert page.locator("#place").inner_text() == f"{last} of {last}"
    assert page.locator("#title").inner_text().startswith("Forward")
    result = page.locator("#arrays table").last.locator("td").all_inner_texts()
    assert result == ["3", "3", "3", "3", "3", "3", "3", "2", "3"]
    page.locator("#first").click()
    page.locator("#graph [data-box]").last.click()
    assert page.locator("#slider").input_value() != "0"
    assert page.get_by_text("backward").count() == 0


def test_a_training_can_be_gone_through(page: "Page", tmp_path: Path) -> None:
    path = three_pictures().save(tmp_path / "training.html")
    page.set_viewport_size(TELEPHONE)
    page.goto(path.as_uri())

    def shows(number: int) -> None:
        assert page.locator("#said").inner_text() == f"step {number}"
        visible = page.locator("img:visible")
        assert visible.count() == 1 and visible.get_attribute("alt").startswith(f"picture {number}")
        assert visible.evaluate("image => image.complete && image.naturalWidth > 0")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360

    shows(0)
    page.keyboard.press("ArrowRight")
    shows(1)
    page.keyboard.press("End")
    shows(2)
    page.locator("#back").click()
    shows(1)
    page.locator("#slider").focus()
    page.keyboard.press("ArrowLeft")
    shows(0)


def test_in_a_frame_it_is_as_dark_as_the_page_around_it_says(page: "Page", tmp_path: Path) -> None:
    two_paths.scrub(tmp_path / "graph.html")
    three_pictures().save(tmp_path / "training.html")
    around = tmp_path / "around.html"
    around.write_text('<iframe src="graph.html"></iframe><iframe src="training.html"></iframe>')
    page.emulate_media(color_scheme="light")
    page.goto(around.as_uri())
    graph, training = page.frames[1:]

    def looks() -> tuple[str, str, bool]:
        """Of the paper, a result in the graph, and the picture of a training: is it the dark one?"""
        paper = graph.evaluate("getComputedStyle(document.body).backgroundColor")
        box = graph.evaluate("getComputedStyle(document.querySelector('#graph [data-box] > path')).fill")
        dark = "document.querySelector('img').currentSrc === document.querySelector('source').srcset"
        training.wait_for_function("[...document.images].every(image => image.complete)")
        return paper, box, training.evaluate(dark)

    def say(theme: str) -> None:
        """And wait until both have heard it: they take what they are told in order."""
        page.evaluate("theme => [0, 1].forEach(i => frames[i].postMessage({ theme }, '*'))", theme)
        for frame in (graph, training):
            frame.evaluate("new Promise(resolve => setTimeout(resolve, 50))")

    light = looks()
    say("dark")
    dark = looks()
    assert all(a != b for a, b in zip(light, dark, strict=True)) and dark[-1]
    page.emulate_media(color_scheme="dark")
    say("auto")
    assert looks() == dark
    say("light")
    assert looks() == light
    say("something else")
    assert looks() == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen(
    scheme: Literal["light", "dark"], page: "Page", axe: Callable[["Page"], list[str]], tmp_path: Path
) -> None:
    path = zeros.scrub(tmp_path / "page.html")
    page.set_viewport_size(TELEPHONE)
    page.emulate_media(color_scheme=scheme)
    page.goto(path.as_uri())
    for _ in record(path)["steps"]:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.keyboard.press("ArrowRight")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]
    assert axe(page) == []
