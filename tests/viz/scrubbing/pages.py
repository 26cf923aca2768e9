"""What tests read off a page: the record in it, its sentences, its elements."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.record, self._inside = "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = (tag, "data") == (tag, dict(attrs).get("id"))

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.record += data


def _read(page: Path) -> _Elements:
    parser = _Elements()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


def elements(page: Path) -> list[tuple[str, dict[str, str | None]]]:
    """Each element's tag and attributes, as a browser's parser finds them."""
    return _read(page).found


def record(page: Path) -> dict[str, Any]:
    """The data in the page."""
    read: dict[str, Any] = json.loads(_read(page).record)
    return read


def sentences(page: Path) -> str:
    """The text of all steps."""
    return " ".join(step["text"] for step in record(page)["steps"])


def array(shown: dict[str, Any]) -> Any:
    """An array of the record as NumPy's."""
    stored = shown["array"]
    return np.array(stored["numbers"], stored["dtype"]).reshape(stored["shape"])


def sent(page: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """All contributions, in order, each with its step."""
    return [(step, way) for step in record(page)["steps"] for way in step.get("ways", [])]
