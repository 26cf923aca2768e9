"""In a notebook, the pictures and pages that a cell writes are shown under it."""

import base64
import html
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

KINDS = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".html": "text/html"}
LARGEST = 4_000_000  # bytes: what is shown is kept in the notebook's file
MOST = 8  # files of one cell
FRAME = 'sandbox="allow-scripts" width="100%" height="640"'

_watching: list[tuple[str, Callable[[Any], None]]] = []


def show_saved(folder: str | os.PathLike[str] = "output") -> None:
    """From now on, show under each cell of a notebook the pictures and pages that it wrote into a folder.

    Those are .png, .svg, .jpg and .html, in ``folder`` or in a folder in it. Of one cell eight are shown, and
    none above 4 MB, as they become part of the notebook; the others are named. Called again, it looks into
    the new folder alone. Outside of a notebook it does nothing.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    while _watching:
        shell.events.unregister(*_watching.pop())
    seen = _files(Path(folder))

    def before(cell: Any) -> None:
        seen.update(_files(Path(folder)))

    def after(result: Any) -> None:
        new = [path for path, moment in _files(Path(folder)).items() if seen.get(path) != moment]
        shown = [path for path in new if path.stat().st_size <= LARGEST][:MOST]
        for path in shown:
            _show(path)
        others = [str(path) for path in new if path not in shown]
        if others:
            sys.stdout.write(f"Written and not shown here: {', '.join(others)}\n")

    _watching.extend([("pre_run_cell", before), ("post_run_cell", after)])
    for event, watcher in _watching:
        shell.events.register(event, watcher)


def _files(folder: Path) -> dict[Path, int]:
    """The pictures and pages in a folder, with when each was written."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in KINDS and path.is_file())
    return {path: path.stat().st_mtime_ns for path in found}


def _show(path: Path) -> None:
    display = import_module("IPython.display")
    name = html.escape(path.as_posix())
    if path.suffix == ".html":  # in a frame: its styles are not to meet the notebook's
        page = html.escape(path.read_text(encoding="utf-8"))
        shown = f'<iframe srcdoc="{page}" title="{name}" {FRAME}></iframe>'
    else:
        numbers = base64.b64encode(path.read_bytes()).decode()
        shown = f'<img src="data:{KINDS[path.suffix]};base64,{numbers}" alt="{name}" style="max-width: 100%">'
    display.display(display.HTML(shown))
