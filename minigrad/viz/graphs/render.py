"""From DOT to SVG, PNG and PDF: by the program ``dot``, or by the engine in pygraphviz's wheels."""

import atexit
import functools
import html
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_DPI = 192  # of a PNG: sharp on a screen with two pixels per point
_LARGEST = 60  # inches, of a PNG: a larger picture is made smaller, or it would be a gigabyte of pixels


def render(source: str, format: str, largest: int = _LARGEST) -> bytes:
    """The picture of a DOT source as the bytes of an "svg", "png" or "pdf" file.

    ``largest``: the inches that a PNG may be wide and high; a larger picture is made smaller.

    Raises:
        NoEngine: neither engine is there.
        RuntimeError: one is there and does not work.
    """
    options = [f"-Gdpi={_DPI}", f"-Gsize={largest},{largest}"] if format == "png" else []
    reasons = []
    for engine in (_program, _bundled):
        try:
            return engine(source, format, options)
        except _Unusable as reason:
            reasons.append(reason)
    kind = NoEngine if all(isinstance(reason, _Missing) for reason in reasons) else RuntimeError
    raise kind(
        f"graph: there is no engine to lay a graph out: {'; '.join(map(str, reasons))}. Install one: "
        "`pip install --upgrade --force-reinstall pygraphviz` brings it along on Linux, macOS and Windows. "
        "On other systems install Graphviz (`apt install graphviz`, `apk add graphviz`), so that the "
        "program `dot` is found."
    )


class NoEngine(RuntimeError):
    """Graphviz is not here; the message says what to install."""


class _Unusable(Exception):
    """This engine cannot be used here; the message says why."""


class _Missing(_Unusable):
    """This engine is not here."""


def _program(source: str, format: str, options: list[str]) -> bytes:
    path = shutil.which("dot")
    if path is None:
        raise _Missing("no program `dot` is on PATH")
    return _run("dot", [path, f"-T{format}", *options], source)


def _bundled(source: str, format: str, options: list[str]) -> bytes:
    """The engine runs in a Python of its own: it keeps its state in global variables, and it can crash."""
    found = importlib.util.find_spec("pygraphviz")
    if found is None or found.origin is None:
        raise _Missing("pygraphviz is not installed")
    if not sys.executable:
        raise _Missing("pygraphviz needs a Python program to run in, and this one has no sys.executable")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pygraphviz; "
        "graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode()); "
        "sys.stdout.buffer.write(graph.draw(format=sys.argv[2], prog='dot', args=sys.argv[3]))"
    )
    folder = str(Path(found.origin).parent.parent)
    return _run("pygraphviz", [sys.executable, "-c", program, folder, format, " ".join(options)], source)


def _run(name: str, command: list[str], source: str) -> bytes:
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, check=False, env=os.environ | _fonts()
        )
    except OSError as error:
        raise _Unusable(f"{name} does not run ({error})") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise _Unusable(f"{name} failed ({said[-1] if said else f'exit status {done.returncode}'})")
    return done.stdout


@functools.cache
def _fonts() -> dict[str, str]:
    """The setting that makes the engines measure and draw in the fonts that come with matplotlib.

    So a picture is the same on every machine, and has text on one that has no fonts.
    """
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return {}
    fonts = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    folder = tempfile.mkdtemp(prefix="minigrad-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = Path(folder) / "fonts.conf"
    settings.write_text(
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig>"
        f"<dir>{html.escape(str(fonts))}</dir><cachedir>{html.escape(folder)}</cachedir></fontconfig>"
    )
    return {"FONTCONFIG_FILE": str(settings)}
