"""What stands in a box, in the engine's language for tables."""

import re
import textwrap
from html import escape, unescape
from typing import Any

from minigrad.viz.graphs import text
from minigrad.viz.graphs.colours import Colours
from minigrad.viz.graphs.description import Box

APART = "\u2060"
"""An invisible sign, to be put after a backslash: the engine would take ``\\N`` for the name of the box."""

_STATES = {"current": "just done", "partly": "in part done", "waiting": "waits"}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE, _HIGH = 0.61, 1.22  # of a sign in MONO and of a line, in its size
_WIDEST = 28  # characters of a name; the middle of a longer one is left out


def label(box: Box, module: str, number: str, usual: Any, colours: Colours, precision: int) -> str:
    """The text of a box as a table: module, operation, name and shape, its number where it is
    referred to by one, values, gradient."""
    rows = []
    if module:
        rows.append(f'<font color="{colours.muted}" point-size="10">{safe(short(module))}</font>')
    if box.label and box.kind != "constant":
        size = 14 if len(box.label) <= 3 else 12
        first, *more = _broken(box.label) if box.kind == "operation" else [short(box.label)]
        rows.append(f'<b><font point-size="{size}">{safe(first)}</font></b>')
        rows += [f'<font point-size="10">{safe(line)}</font>' for line in more]
    lines = text.numbers(box.value, precision) if box.value is not None else []
    in_line = len(lines) == 1 and len(lines[0]) <= 24 and len(box.shape) < 2  # which says the shape, too
    about = [
        box.label if box.kind == "constant" else "",
        "" if in_line else text.shape_of(box.shape),
        "" if box.dtype is None or box.dtype == usual else str(box.dtype),
        number,
    ]
    head = [f"<b>{safe(short(box.name))}</b>"] if box.name else []
    if any(about):
        head.append(f'<font color="{colours.muted}">{" ".join(filter(None, about))}</font>')
    if in_line:
        rows.append(" ".join([*head, *(["="] if box.name else []), safe(lines[0])]))
    else:
        rows += [" ".join(head)] if head else []
        rows += [_block(lines)] if lines else []
    if box.has_gradient:
        rows += [f'<font color="{colours.gradient}">{row}</font>' for row in _gradient(box, precision)]
    rows += [f'<font color="{colours.muted}" point-size="10">{safe(note)}</font>' for note in box.notes]
    state = _STATES.get(box.state, "") if box.taken is None else f"{box.taken[0]:,} of {box.taken[1]:,} done"
    if state:
        rows.append(f'<font color="{colours.gradient}" point-size="10"><b>{state}</b></font>')
    cells = "".join(f"<tr><td>{row}</td></tr>" for row in rows or ["&nbsp;"])
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{cells}</table>'


def _broken(label: str) -> list[str]:
    """An operation in lines that are not too long: it, then its options, none of them in two if it fits."""
    lines = [""]
    for part in re.split(r" (?=\w+=)", label):
        for piece in textwrap.wrap(part, _WIDEST):
            fits = len(lines[-1]) + 1 + len(piece) <= _WIDEST
            lines[-1:] = [f"{lines[-1]} {piece}".strip()] if fits else [lines[-1], piece]
    return lines


def _gradient(box: Box, precision: int) -> list[str]:
    said = f"grad so far ({box.partial[0]} of {box.partial[1]})" if box.partial else "grad"
    if box.gradient is None:
        return [f"{said} {text.shape_of(box.shape)}"]
    lines = text.numbers(box.gradient, precision)
    if len(lines) == 1 and not box.partial:
        return [f"{said} {safe(lines[0])}"]
    return [said, _block(lines)]


def _block(lines: list[str]) -> str:
    """Lines below each other, each beginning at the same place."""
    if len(lines) == 1:
        return safe(lines[0])
    return "".join(f'{safe(line)}<br align="left"/>' for line in lines)


def safe(words: str) -> str:
    """Text as it may stand in a label: XML's own signs escaped, what XML cannot hold replaced."""
    escaped = escape(clean(words).replace("\\", f"\\{APART}"))
    return escaped.replace("  ", "&nbsp; ").replace("[ ", "[&nbsp;")


def clean(words: str) -> str:
    """Text in one line, with a mark in place of what XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", words).replace("\n", " ")


def short(name: str) -> str:
    """A name without its middle, if it is wider than a box should be."""
    return name if len(name) <= _WIDEST else f"{name[: _WIDEST - 10]}…{name[-9:]}"


def wrapped(note: str, width: int = 64) -> list[str]:
    """The lines of a note, ready for a label."""
    return [safe(line) for line in textwrap.wrap(note, width)]


def size(labels: list[str]) -> dict[str, str]:
    """The least width and height, in inches, of a box that each of the labels fits in."""
    widest = highest = 0.0
    for label in labels:
        height = 0.0
        for row in label.split("</tr>"):
            found = re.search(r'point-size="(\d+)"', row)
            size = int(found[1]) if found else 11
            lines = [unescape(re.sub("<[^>]*>", "", line)) for line in re.split("<br[^>]*>", row)]
            lines = [line for line in lines if line]
            widest = max([widest, *(len(line) * _WIDE * size for line in lines)])
            height += len(lines) * _HIGH * size + 2 * bool(lines)  # the padding of a cell
        highest = max(highest, height)
    return {"width": f"{widest / 72 + 0.25:.2f}", "height": f"{highest / 72 + 0.16:.2f}"}
