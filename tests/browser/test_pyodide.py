"""Lessons in Python that runs in the browser: Pyodide, where MINIGRAD_PYODIDE names a folder with its files.

That is what Pyodide's releases hold: pyodide.mjs and packages. NumPy, matplotlib and Pillow are used.
"""

import functools
import io
import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
PYODIDE = os.environ.get("MINIGRAD_PYODIDE")

pytestmark = pytest.mark.skipif(
    PYODIDE is None, reason="MINIGRAD_PYODIDE=/path/to/pyodide names no folder of Pyodide's"
)

PAGE = b"""<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Pyodide</title>
<script type="module">
import { loadPyodide } from "/pyodide.mjs";
const py = await loadPyodide({ indexURL: "/" });
await py.loadPackage(["numpy", "matplotlib", "pillow"]);
py.unpackArchive(await (await fetch("/minigrad.zip")).arrayBuffer(), "zip", { extractDir: "/minigrad" });
py.runPython(`import os, sys; sys.path.insert(0, "/minigrad"); os.environ["MPLBACKEND"] = "Agg"`);
window.runLesson = (name) => {
  let said = "";
  py.setStdout({ batched: (line) => { said += line + "\\n" } });
  py.globals.set("lesson", name);
  py.runPython(`
import runpy
os.makedirs("/home/learner", exist_ok=True); os.chdir("/home/learner"); sys.argv = [lesson]
runpy.run_path(f"/minigrad/lessons/{lesson}.py", run_name="__main__")
`);
  return [said, py.runPython("sorted(os.listdir(f'output/{lesson}'))").toJs()];
};
window.ready = true;
</script>"""


class Handler(SimpleHTTPRequestHandler):
    """Pyodide's files, and the checkout as an archive."""

    def do_GET(self) -> None:
        own = {"/": PAGE, "/minigrad.zip": checkout()}.get(self.path)
        if own is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "application/zip")
        self.end_headers()
        self.wfile.write(own)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@functools.cache
def checkout() -> bytes:
    """The package and the lessons, as pure Python as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for folder in ("minigrad", "lessons"):
            for path in (ROOT / folder).rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts:
                    archive.write(path, path.relative_to(ROOT))
    return buffer.getvalue()


@pytest.fixture
def address() -> Iterator[str]:
    handler = functools.partial(Handler, directory=str(PYODIDE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def pyodide(page: "Page", address: str) -> "Page":
    page.context.set_offline(False)  # this machine's own server is asked, and no other
    page.goto(address)
    page.wait_for_function("window.ready === true", timeout=180_000)
    return page


def test_the_first_lessons_run_in_the_browser(pyodide: "Page") -> None:
    said, files = pyodide.evaluate("runLesson('00_engine')")
    assert (
        "and all 41 gradients are the same." in said and "Exercise: order() is still to be written." in said
    )
    assert files == ["step0.png", "step1.png", "step2.png"]
    said, files = pyodide.evaluate("runLesson('01_perceptron')")
    assert "Checked: it has learned exclusive or" in said
    assert files == ["representation.png", "two_layers.png", "units.png"]
