"""The site in a browser, from a folder and without network: figures, search, a narrow screen, no faults."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.building import built_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

TELEPHONE = {"width": 360, "height": 740}
PAGES = (
    "index",
    "lessons/index",
    "lessons/03_chain_rule",
    "exercises/lesson_04",
    "guides/how_the_engine_works",
    "guides/install",
    "api/minigrad.nn",
    "results/measured",
    "glossary",
    "source/minigrad/engine/op.py",
)
DRAWN = "images => images.map(i => [i.getAttribute('src'), i.complete && i.naturalWidth > 0])"
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_site(tmp_path_factory)


def test_a_lesson_shows_its_figures_and_steps(page: "Page", site: Path) -> None:
    page.goto((site / "lessons/03_chain_rule.html").as_uri())
    for picture in page.locator("article img").all():
        picture.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.querySelectorAll('article img')].every(i => i.complete)")
    drawn = page.locator("article img").evaluate_all(DRAWN)
    assert len(drawn) == 5
    assert all(is_drawn for _, is_drawn in drawn), drawn
    page.locator("iframe.scrubber").scroll_into_view_if_needed()
    frame = page.frame_locator("iframe.scrubber")
    before = frame.locator("#title").inner_text()
    frame.locator("#next").click()
    assert frame.locator("#slider").input_value() == "1"
    assert frame.locator("#title").inner_text() != before


def test_search_finds_softmax(page: "Page", site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.locator("input[name=q]").first.fill("softmax")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").all_inner_texts()
    assert any("softmax" in text.lower() for text in found), found
    assert any("Lesson 4" in text for text in found), found


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_a_telephone_or_has_a_serious_fault(
    page: "Page", site: Path, axe: Callable[["Page"], list[str]], name: str
) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto((site / f"{name}.html").as_uri())
    assert page.evaluate(WIDER) <= 0
    assert axe(page) == []


@pytest.mark.parametrize("name", ["index", "lessons/03_chain_rule"])
def test_a_dark_page_can_be_read(
    page: "Page", site: Path, axe: Callable[["Page"], list[str]], name: str
) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto((site / f"{name}.html").as_uri())
    assert axe(page) == []
