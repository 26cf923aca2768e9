"""The fixtures find what they are to find."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_axe_finds_a_picture_without_words(page: "Page", axe: Callable[["Page"], list[str]]) -> None:
    page.set_content('<html lang="en"><title>A page</title><main><h1>A page</h1><img src="data:,"></main>')
    (fault,) = axe(page)
    assert fault.startswith("critical, image-alt: ") and "<img" in fault


def test_the_page_has_no_network(page: "Page") -> None:
    assert page.evaluate("navigator.onLine") is False
