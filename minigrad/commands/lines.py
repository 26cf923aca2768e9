"""Lines of a terminal's width."""

import shutil
import textwrap


def wrapped(line: str) -> str:
    """A line, broken between words where the terminal ends, after 80 columns where there is none.

    What follows is indented by four more. A path or an address stays whole, so that it can be copied.
    """
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line,
        shutil.get_terminal_size((80, 24)).columns,
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
