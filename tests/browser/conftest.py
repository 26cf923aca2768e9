"""A browser for the tests in this folder: Chromium or Chrome, driven by Playwright.

``page`` is an empty tab without network; when a test is done, nothing outside this machine may have been
asked for, and no error may stand in the browser's console. ``axe`` looks for faults of accessibility. Where
Playwright or a browser is missing, every test that asks for them is skipped, and the end of the run says so.
"""

import os
from collections.abc import Callable, Iterator
from shutil import which
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The browser of MINIGRAD_CHROMIUM, or the system's, or Playwright's own; one a process."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is missing: pip install -e '.[test]'"
    )
    own = os.environ.get("MINIGRAD_CHROMIUM") or next(filter(None, map(which, NAMES)), None)
    with playwright.sync_playwright() as started:
        try:
            found = started.chromium.launch(executable_path=own, args=["--no-sandbox"])
        except playwright.Error as error:
            if own is not None or "Executable doesn't exist" not in str(error):
                raise
            pytest.skip(
                "there is no Chromium or Chrome. `sh tools/install-browser` gets one where it can, "
                "MINIGRAD_CHROMIUM=/path/to/one names yours"
            )
        yield found
        found.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """An empty tab of a desktop's size, without network.

    ``page.set_viewport_size`` makes it a telephone's, ``page.emulate_media(color_scheme="dark")`` darkens it,
    and ``page.context.set_offline(False)`` lets it ask a server of the test's own.
    """
    context = browser.new_context(viewport={"width": 1000, "height": 800}, offline=True)
    tab = context.new_page()
    errors: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    yield tab
    context.close()
    assert errors == []
    assert [url for url in asked if not _is_here(url)] == []


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("file", "data", "blob") or parts.hostname in ("127.0.0.1", "localhost")


@pytest.fixture
def axe() -> Callable[["Page"], list[str]]:
    """Asks axe about a page as it is now: its serious and critical faults, a line for each element."""
    found = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is missing: pip install -e '.[test]'"
    )

    def faults(page: "Page") -> list[str]:
        return [
            f"{fault['impact']}, {fault['id']}: {fault['help']}: {element['html']}"
            for fault in found.Axe().run(page).response["violations"]
            if fault["impact"] in ("serious", "critical")
            for element in fault["nodes"]
        ]

    return faults
