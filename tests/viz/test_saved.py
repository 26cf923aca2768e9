"""What a cell of a notebook writes is shown under it, once, and large files are named instead."""

import re
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from minigrad import viz
from minigrad.viz import saved


class Notebook:
    """As much of IPython as there is to it: events around a cell, and a display."""

    def __init__(self) -> None:
        self.watchers: dict[str, list[Callable[[Any], None]]] = {"pre_run_cell": [], "post_run_cell": []}
        self.events = SimpleNamespace(
            register=lambda event, watcher: self.watchers[event].append(watcher),
            unregister=lambda event, watcher: self.watchers[event].remove(watcher),
        )
        self.shown: list[str] = []

    def run(self, cell: Callable[[], object]) -> list[str]:
        """What is shown under a cell."""
        self.shown.clear()
        for event in ("pre_run_cell", "post_run_cell"):
            for watcher in list(self.watchers[event]):
                watcher(SimpleNamespace())
            if event == "pre_run_cell":
                cell()
        return list(self.shown)


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(saved, "_watching", [])
    made = Notebook()
    shell, display = ModuleType("IPython"), ModuleType("IPython.display")
    shell.get_ipython = lambda: made  # type: ignore[attr-defined]
    display.HTML = str  # type: ignore[attr-defined]
    display.display = made.shown.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return made


def test_what_a_cell_writes_is_shown_under_it(notebook: Notebook, tmp_path: Path) -> None:
    folder = tmp_path / "output" / "lesson"
    folder.mkdir(parents=True)
    (folder / "before.png").write_bytes(b"1")
    viz.show_saved()
    assert notebook.run(lambda: None) == []
    (picture,) = notebook.run(lambda: (folder / "new.svg").write_bytes(b"<svg/>"))
    assert picture == (
        '<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="output/lesson/new.svg" style="max-width: 100%">'
    )
    page = '<p title="a">1 & 2</p>'
    (frame,) = notebook.run(lambda: (folder / "page.html").write_text(page))
    (held,) = re.findall(r'srcdoc="([^"]*)"', frame)
    assert unescape(held) == page and 'sandbox="allow-scripts"' in frame
    assert notebook.run(lambda: None) == []


def test_many_and_large_files_are_named(
    notebook: Notebook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    viz.show_saved("here")

    def cell() -> None:
        (tmp_path / "here").mkdir()
        for name in "abcdefghi":
            (tmp_path / "here" / f"{name}.png").write_bytes(b"1")
        (tmp_path / "here" / "a.png").write_bytes(bytes(4_000_001))

    assert len(notebook.run(cell)) == 8
    assert capsys.readouterr().out == "Written and not shown here: here/a.png\n"


def test_called_again_it_looks_elsewhere(notebook: Notebook, tmp_path: Path) -> None:
    viz.show_saved("one")
    viz.show_saved("other")
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    assert notebook.run(lambda: (tmp_path / "one" / "a.png").write_bytes(b"1")) == []
    assert len(notebook.run(lambda: (tmp_path / "other" / "a.png").write_bytes(b"1"))) == 1


def test_outside_of_a_notebook_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    viz.show_saved()
    assert saved._watching == []
