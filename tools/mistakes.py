"""Fill in docs/mistakes.md what its programs say.

    python tools/mistakes.py

Every entry of the page has a program with a mistake, what it says, and the program as it is meant, with what
it prints. You write the programs and the words between them; this runs them and writes the outputs.
tests/test_mistakes.py compares the page with what the programs say today.
"""

import contextlib
import io
import re
import textwrap
import warnings
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[1] / "docs/mistakes.md"
_CODE, _OUTPUT = r"```python\n(.*?)```\n", r"```text\n(.*?)```\n"
_ENTRY = re.compile(rf"### ([^\n]+)\n\n{_CODE}\n{_OUTPUT}(.*?){_CODE}\n{_OUTPUT}", re.DOTALL)


class Entry(NamedTuple):
    """A mistake: the program, what it says, why, and the program as it is meant, with what it prints."""

    title: str
    wrong: str
    said: str
    why: str
    right: str
    printed: str


class Said(NamedTuple):
    """What a program printed, with its warnings and its error as Python shows them, and their kinds."""

    text: str
    warned: list[type[Warning]]
    raised: type[Exception] | None


def read(page: str) -> tuple[str, list[Entry]]:
    """The lines that every program of the page begins with, and the entries."""
    beginning = re.search(_CODE, page, re.DOTALL)
    assert beginning is not None
    return beginning[1], [Entry(*match.groups()) for match in _ENTRY.finditer(page)]


def run(beginning: str, program: str) -> Said:
    """Run a program of the page."""
    names: dict[str, object] = {"__name__": "program"}
    printed, error = io.StringIO(), None
    exec(beginning, names)
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always", UserWarning)
        try:
            exec(compile(program, "program.py", "exec"), names)
        except Exception as raised:  # noqa: BLE001  # whatever it is, the page shows it
            error = raised
    lines = [f"{type(error).__name__}: {error}"] if error is not None else []
    lines = [f"{warning.category.__name__}: {warning.message}" for warning in caught] + lines
    text = printed.getvalue() + "".join(f"{line}\n" for line in lines)
    return Said(text, [warning.category for warning in caught], None if error is None else type(error))


def folded(text: str) -> str:
    """``text`` with its long lines broken, to be read on a page."""
    lines = (textwrap.wrap(line, 110, subsequent_indent="    ") or [""] for line in text.splitlines())
    return "".join(f"{line}\n" for lines_of_one in lines for line in lines_of_one)


def filled(page: str) -> str:
    """The page with what its programs say today."""
    beginning, _ = read(page)

    def fill(match: re.Match[str]) -> str:
        entry = Entry(*match.groups())
        said, printed = (folded(run(beginning, code).text) for code in (entry.wrong, entry.right))
        return (
            f"### {entry.title}\n\n```python\n{entry.wrong}```\n\n```text\n{said}```\n{entry.why}"
            f"```python\n{entry.right}```\n\n```text\n{printed}```\n"
        )

    return _ENTRY.sub(fill, page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
