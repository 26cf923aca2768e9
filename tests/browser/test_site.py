"""The site in a browser: figures, search, a narrow screen, no faults.

Figures and search are tried from a folder and without network. axe reads the styles of a page anew, which no
browser allows in a folder, so for it a server on this machine has the site.
"""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.docs.building import built_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

TELEPHONE = {"width": 360, "height": 740}
PAGES = (
    "index",
    "lessons/index",
    "lessons/03_chain_rule",
    "examples/index",
    "exercises/lesson_04",
    "guides/how_the_engine_works",
    "api/minigrad.optim",
    "results/measured",
    "glossary",
    "source/lessons/03_chain_rule.py",
)
DRAWN = "images => images.map(i => [i.getAttribute('src'), i.complete && i.naturalWidth > 0])"
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_site(tmp_path_factory)


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Requests are not told."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the server has the site."""
    serve = functools.partial(Silent, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


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


def test_the_first_page_shows_steps_and_graph_beside_one_another(page: "Page", site: Path) -> None:
    """Nobody scrolls within the frame to see what a step does; and what is in a card keeps off its edge."""
    page.set_viewport_size({"width": 1300, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.locator("iframe.scrubber").scroll_into_view_if_needed()
    frame = page.frame_locator("iframe.scrubber")
    frame.locator("#next").click()
    whole, graph = page.locator("iframe.scrubber").bounding_box(), frame.locator("#graph svg").bounding_box()
    assert whole is not None and graph is not None
    assert graph["y"] + graph["height"] <= whole["y"] + whole["height"]
    assert page.locator(".card").first.evaluate("card => parseFloat(getComputedStyle(card).paddingLeft)") > 8


@pytest.mark.parametrize(("system", "chosen"), [("light", "dark"), ("dark", "light")])
def test_what_is_embedded_follows_the_switch(
    page: "Page", site: Path, system: Literal["light", "dark"], chosen: str
) -> None:
    page.emulate_media(color_scheme=system)
    page.goto((site / "lessons/03_chain_rule.html").as_uri())
    page.locator("iframe.scrubber").scroll_into_view_if_needed()
    page.frame_locator("iframe.scrubber").locator("#title").wait_for()

    def turn_to(theme: str) -> None:
        while page.locator("body").get_attribute("data-theme") != theme:
            page.locator(".theme-toggle:visible").first.click()
        page.frames[1].wait_for_function(
            f"getComputedStyle(document.body).backgroundColor === '{PAPER[theme]}'"
        )

    turn_to(chosen)
    page.reload()  # it is remembered
    page.locator("iframe.scrubber").scroll_into_view_if_needed()
    page.frame_locator("iframe.scrubber").locator("#title").wait_for()
    turn_to(chosen)
    turn_to(system)


def test_search_finds_softmax(page: "Page", site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.locator("input[name=q]").first.fill("softmax")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li a")
    found.filter(has_text="Lesson 4: softmax regression").first.wait_for()
    page.get_by_role("heading", name="Search", exact=True, level=1).wait_for()
    pages = [name for name in found.all_inner_texts() if "softmax regression by hand" in name]
    assert len(pages) == len(set(pages))  # a lesson and its exercises can be told apart
    found.filter(has_text="minigrad.nn.functional.softmax").first.click()
    page.wait_for_url("**/api/minigrad.nn.functional.html*")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_a_telephone_or_has_a_serious_fault(
    page: "Page", address: str, axe: Callable[["Page"], list[str]], name: str
) -> None:
    page.set_viewport_size(TELEPHONE)
    page.context.set_offline(False)
    page.goto(f"{address}/{name}.html")
    assert page.evaluate(WIDER) <= 0
    assert axe(page) == []


def test_the_index_of_names_fits_its_page(page: "Page", site: Path) -> None:
    page.set_viewport_size({"width": 1300, "height": 900})
    page.goto((site / "genindex.html").as_uri())
    assert page.evaluate(WIDER) <= 0


@pytest.mark.parametrize("name", ["index", "lessons/03_chain_rule"])
def test_a_dark_page_can_be_read(
    page: "Page", address: str, axe: Callable[["Page"], list[str]], name: str
) -> None:
    page.emulate_media(color_scheme="dark")
    page.context.set_offline(False)
    page.goto(f"{address}/{name}.html")
    assert axe(page) == []
