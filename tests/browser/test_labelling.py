"""The labelling page: keys and buttons, answers on the disk at once, a program that is killed, two tabs."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.outfits.labelling import Labels, Server
from models.outfits.outfits import drawn_pairs
from models.outfits.tables import read_table
from models.outfits.wardrobe import Wardrobe
from tests.models.outfits.conftest import make_wardrobe

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
CUT = "CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|CONTENT_LENGTH_MISMATCH"
EXPECTED = re.compile(rf"status of 409 |net::ERR_({CUT})")  # of a refusal, of a program that is killed


@pytest.fixture
def tab(browser: "Browser") -> Iterator[Callable[[str], "Page"]]:
    """Opens an address in a tab of its own, on a telephone. No error may occur but those in ``EXPECTED``."""
    context = browser.new_context(viewport={"width": 360, "height": 640})
    errors: list[str] = []

    def opened(address: str) -> "Page":
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        return page

    yield opened
    context.close()
    assert [error for error in errors if not EXPECTED.search(error)] == []


@pytest.fixture
def wardrobe(tmp_path: Path) -> Wardrobe:
    """Five tops and five bottoms in two folders."""
    return make_wardrobe(tmp_path / "clothes", 1)


@pytest.fixture
def address(wardrobe: Wardrobe, tmp_path: Path) -> Iterator[str]:
    """Of the page with five pairs, served from here."""
    with Server(Labels(wardrobe, drawn_pairs(wardrobe, 5), tmp_path / "labels.csv")) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.address
        server.shutdown()
        thread.join()


def says(page: "Page", text: str) -> None:
    """The page comes to say it."""
    page.wait_for_function("text => document.getElementById('told').textContent === text", arg=text)


def test_each_key_is_an_answer_that_is_saved_at_once(
    address: str,
    tab: Callable[[str], "Page"],
    axe: Callable[["Page"], list[str]],
    tmp_path: Path,
) -> None:
    page = tab(address)
    says(page, "0 of 5 answered")
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth === 20)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe(page) == []

    def answers() -> list[int | None]:
        return list(read_table(tmp_path / "labels.csv").values())

    for number, (key, answer) in enumerate((("ArrowRight", 1), ("ArrowLeft", 0), (" ", None)), 1):
        page.keyboard.press(key)
        says(page, f"{number} of 5 answered")
        assert answers()[-1] == answer and len(answers()) == number
    page.keyboard.press("Backspace")  # the skipped one, again
    says(page, "3 of 5 answered; this one was called: skip")
    page.locator("[data-answer=harmonious]").click()
    says(page, "3 of 5 answered")
    assert answers() == [1, 0, 1]
    page.keyboard.press(" ")  # the button has the focus, and it is a skip all the same
    says(page, "4 of 5 answered")
    page.keyboard.press("x")
    page.keyboard.press("Control+ArrowLeft")
    page.keyboard.press("ArrowLeft")
    says(page, "5 of 5 answered. That is all; every answer is saved, and this page can be closed.")
    assert answers() == [1, 0, 1, None, 0] and not page.locator("#asking").is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Backspace")
    says(page, "5 of 5 answered; this one was called: clashing")
    assert answers() == [1, 0, 1, None, 0]


def test_two_tabs_do_not_overwrite_each_other_unseen(
    address: str, tab: Callable[[str], "Page"], tmp_path: Path
) -> None:
    table = tmp_path / "labels.csv"
    first, second = tab(address), tab(address)
    second.keyboard.press("ArrowRight")
    says(second, "1 of 5 answered")
    first.keyboard.press("ArrowLeft")
    told = (
        "1 of 5 answered; this one was called: harmonious. That was changed elsewhere meanwhile: not saved. "
    )
    says(first, f"{told}Answer again to change it.")
    assert list(read_table(table).values()) == [1]
    first.keyboard.press("ArrowLeft")
    says(first, "1 of 5 answered")
    second.keyboard.press(" ")
    says(second, "2 of 5 answered")
    assert list(read_table(table).values()) == [0, None]
    table.write_text("my diary\n")
    first.keyboard.press(" ")
    says(first, "Not saved: labels.csv: expected the first line top,bottom,label, found 'my diary\\n'.")
    assert table.read_text() == "my diary\n"


def test_a_program_that_was_killed_goes_on(
    wardrobe: Wardrobe, tab: Callable[[str], "Page"], tmp_path: Path
) -> None:
    table = tmp_path / "labels.csv"
    command = [sys.executable, "-u", "-m", "models.outfits.labelling", "--no-browser", "--count", "5"]
    command += ["--folder", str(tmp_path / "clothes"), "--labels", str(table)]

    def start() -> tuple[subprocess.Popen[str], str]:
        """The program as in a terminal, and the address that it prints."""
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\S+", line):
                return process, found[0]
        raise AssertionError(f"it ended with {process.wait()}")

    process, address = start()
    with process:
        page = tab(address)
        page.keyboard.press("ArrowRight")
        says(page, "1 of 5 answered")
        process.kill()
    page.keyboard.press("ArrowLeft")
    says(page, "Not saved: the program does not answer. Is it still running? Try again.")
    with table.open("a") as file:
        file.write("clothes/top/half a li")
    process, address = start()
    with process:
        page = tab(address)
        says(page, "1 of 5 answered")
        page.keyboard.press("ArrowLeft")
        says(page, "2 of 5 answered")
        process.kill()
    assert list(read_table(table).values()) == [1, 0]
