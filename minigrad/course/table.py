"""Tables of text, read and written: one line per row, a bar between two entries."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeVar

T = TypeVar("T")


class ExampleError(ValueError):
    """A worked example cannot be read or computed. The message shows the line and says what to write."""


@dataclass(frozen=True)
class Line:
    """A line of a table: whose it is, its number (the heading is 1), its text and its entries."""

    table: str
    number: int
    text: str
    entries: tuple[str, ...]

    def error(self, problem: str) -> ExampleError:
        """The error for what is wrong in this line, which it shows."""
        return ExampleError(f"{self.table}, line {self.number}: {problem}\n    {self.text}")

    def read(self, reader: Callable[[str], T], entry: str) -> T:
        """``reader(entry)``; what it finds wrong is told with this line."""
        try:
            return reader(entry)
        except ValueError as error:
            raise self.error(str(error)) from None


def read_table(table: str, text: str, headings: Sequence[Sequence[str]]) -> tuple[Sequence[str], list[Line]]:
    """The headings and the lines under them. A Markdown table may be pasted in.

    Args:
        table: how errors call it.
        text: the table.
        headings: the lists of headings it may have.
    """
    lines: list[Line] = []
    for raw in text.splitlines():
        bare = raw.strip()
        if not bare or (set(bare) <= set("|-: ") and "-" in bare):  # the line under a Markdown heading
            continue
        entries = bare.removeprefix("|").removesuffix("|") if bare.startswith("|") else bare
        lines.append(Line(table, len(lines) + 1, bare, tuple(part.strip() for part in entries.split("|"))))
    wanted = "\n".join(f"    {' | '.join(heading)}" for heading in headings)
    if not lines:
        raise ExampleError(f"{table} is empty. It begins with its headings:\n{wanted}")
    heading = lines[0].entries
    if list(heading) not in [list(allowed) for allowed in headings]:
        raise lines[0].error(f"a table begins with its headings,\n{wanted}\nThis one begins with")
    for line in lines[1:]:
        if len(line.entries) != len(heading):
            too_many = len(line.entries) - len(heading)
            bars = " The bars of an absolute value are abs(x)." if too_many == 2 else ""
            raise line.error(
                f"{len(heading)} entries are expected ({', '.join(heading)}), with a bar between one and the "
                f"next; here are {len(line.entries)}.{bars}"
            )
    if len(lines) == 1:
        raise ExampleError(f"{table} has headings and no line under them.")
    return heading, lines[1:]


def as_text(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In columns, for a terminal."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = [headings, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(entry.ljust(width) for entry, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def as_grids(captions: Sequence[str], matrices: Sequence[Sequence[Sequence[str]]]) -> str:
    """Matrices side by side, each under its caption, for a terminal."""
    blocks: list[list[str]] = []
    for caption, matrix in zip(captions, matrices, strict=True):
        width = max(len(entry) for row in matrix for entry in row)
        rows = [caption, *("  ".join(entry.rjust(width) for entry in row) for row in matrix)]
        blocks.append([row.ljust(max(map(len, rows))) for row in rows])
    height = max(map(len, blocks))
    padded = [block + [" " * len(block[0])] * (height - len(block)) for block in blocks]
    return "\n".join("     ".join(row).rstrip() for row in zip(*padded, strict=True))


_INTERPRETED = re.compile(r"[\\`*_<>|~]|(?<=\])\(|&(?=#?\w+;)")


def plain_markdown(text: str) -> str:
    """The text with a backslash before each sign that Markdown would not print as it stands."""
    return _INTERPRETED.sub(r"\\\g<0>", text)


def as_markdown(headings: Sequence[str], rows: Sequence[Sequence[str]], code: Sequence[int] = ()) -> str:
    """A Markdown table; the columns in ``code`` are set as code."""

    def entry(column: int, text: str) -> str:
        if column in code and text:
            return f"`{text}`"  # in code all signs are printed, and an entry of a table has no bar
        return plain_markdown(text)

    body = [" | ".join(entry(i, text) for i, text in enumerate(row)) for row in rows]
    lines = [" | ".join(map(plain_markdown, headings)), " | ".join("---" for _ in headings), *body]
    return "\n".join(f"| {line} |" for line in lines)


def as_html(
    caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]], code: Sequence[int] = ()
) -> str:
    """An HTML table, without style: the page has its own."""

    def entry(column: int, text: str) -> str:
        inner = f"<code>{escape(text)}</code>" if column in code and text else escape(text)
        return f'<th scope="row">{inner}</th>' if column == 0 else f"<td>{inner}</td>"

    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in headings)
    body = "\n".join(f"<tr>{''.join(entry(i, text) for i, text in enumerate(row))}</tr>" for row in rows)
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )
